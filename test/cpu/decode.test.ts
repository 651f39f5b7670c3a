import { describe, expect, test } from "vitest";
import { instructionMap, instructions } from "../../emulator/cpu/instructions.ts";
import { At, Testbed } from "./testbed.ts";

const UD = 6;
const NM = 7;
const GP = 13;

function bytes(bed: Testbed, ...code: number[]): void {
  bed.cpu.writePhysicalMemory(At.CODE, Uint8Array.from([...code, 0xf4, 0xf4]));
}

describe("the instruction table", () => {
  test("has one row for an encoding, and no two rows for the same", () => {
    const seen = new Set<string>();
    for (const row of instructions) {
      expect(seen.has(row.encoding), row.encoding).toBe(false);
      seen.add(row.encoding);
    }
    expect(instructions.length).toBeGreaterThan(390);
  });

  test("decodes every row, with a register and with memory, without an undefined opcode", () => {
    const bed = new Testbed();
    for (const row of instructions) {
      if (row.mnemonic === "UD2" || row.modRm !== -1) continue;
      for (const modRm of row.hasModRm ? (row.memoryOnly ? [0x03] : [0x03, 0xc3]) : [-1]) {
        bed.reset();
        bed.set("ebx", 0x20000);
        bed.set("edx", 0x80);
        bed.set("ecx", 1);
        const code = row.opcode >= 0x100 ? [0x0f, row.opcode & 0xff] : [row.opcode];
        // CR1, DR4 and the like aside, register 3 of every kind exists.
        if (modRm !== -1) code.push(modRm | ((row.digit === -1 ? 3 : row.digit) << 3));
        for (const kind of row.immediates) {
          const length = { ib: 1, ibs: 1, cb: 1, iw: 2, p: 6 }[kind] ?? 4;
          for (let i = 0; i < length; i++) code.push(i === 0 ? 1 : 0);
        }
        bytes(bed, ...code);
        bed.run(2);
        expect(bed.exceptions[0]?.vector, `${row.encoding} ${row.mnemonic} ${modRm}`).not.toBe(UD);
      }
    }
  });

  test("leaves what no processor of the family has undefined, without a word on the host", () => {
    const bed = new Testbed();
    const named: string[] = [];
    bed.cpu.hooks.onUnimplemented = (_eip, _code, name) => named.push(name);
    for (const code of [
      [0x0f, 0x0b],
      [0x0f, 0xff],
      [0x0f, 0x04],
      [0x0f, 0xa6],
      [0xc6, 0xc8, 0],
      [0xfe, 0xd0],
      [0xff, 0xf8],
      [0x0f, 0x00, 0xf0],
      [0x8f, 0xc8],
      [0x0f, 0xc7, 0xc8],
      [0x8d, 0xc0],
      [0x62, 0xc0],
      [0xc5, 0xc0],
      [0x0f, 0x01, 0xc8],
    ]) {
      const one = new Testbed();
      one.cpu.hooks.onUnimplemented = bed.cpu.hooks.onUnimplemented;
      bytes(one, ...code);
      one.run(5);
      expect(one.exceptions[0], code.join()).toMatchObject({ vector: UD, eip: At.CODE, count: 0 });
    }
    expect(named).toEqual([]);
  });

  test("every opcode is defined, undefined or named as unimplemented", () => {
    const bed = new Testbed();
    for (let opcode = 0; opcode < 0x200; opcode++) {
      if ([0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3].includes(opcode)) continue;
      bed.reset();
      let named = 0;
      bed.cpu.hooks.onUnimplemented = () => named++;
      bytes(bed, ...(opcode >= 0x100 ? [0x0f, opcode & 0xff] : [opcode]), 0xc0, 1, 0, 0, 0, 0);
      bed.run(2);
      if (instructionMap[opcode] === null) expect(bed.exceptions[0]?.vector, opcode.toString(16)).toBe(UD);
      if (named > 0) expect(bed.exceptions[0].vector).toBe(UD);
    }
  });
});

describe("prefixes", () => {
  test("LOCK is allowed on the instructions that may have it, with memory, and on nothing else", () => {
    const bed = new Testbed();
    for (const row of instructions) {
      if (row.modRm !== -1) continue;
      for (const modRm of row.hasModRm ? [0x03, 0xc3] : [-1]) {
        bed.reset();
        bed.set("ebx", 0x20000);
        const code = row.opcode >= 0x100 ? [0xf0, 0x0f, row.opcode & 0xff] : [0xf0, row.opcode];
        if (modRm !== -1) code.push(modRm | (Math.max(row.digit, 0) << 3));
        for (const kind of row.immediates) {
          const length = { ib: 1, ibs: 1, cb: 1, iw: 2, p: 6 }[kind] ?? 4;
          for (let i = 0; i < length; i++) code.push(1);
        }
        bytes(bed, ...code);
        bed.run(1);
        const legal = row.lockable && modRm === 0x03;
        expect(bed.exceptions[0]?.vector === UD, `lock ${row.encoding} ${row.mnemonic} ${modRm}`).toBe(!legal);
      }
    }
  });

  test("an instruction of 15 bytes runs, one of 16 is #GP(0)", () => {
    const bed = new Testbed();
    bytes(bed, ...new Array<number>(14).fill(0x66), 0x90);
    bed.run(1);
    expect(bed.exceptions).toEqual([]);
    expect(bed.get("eip")).toBe(At.CODE + 15);
    for (const prefixes of [15, 16, 20]) {
      const long = new Testbed();
      bytes(long, ...new Array<number>(prefixes).fill(0x66), 0x90);
      long.run(5);
      expect(long.exceptions[0]).toMatchObject({ vector: GP, errorCode: 0, eip: At.CODE, count: 0 });
    }
    const operand = new Testbed();
    bytes(operand, ...new Array<number>(10).fill(0x3e), 0xc7, 0x05, 0, 0, 2, 0, 1, 0, 0, 0);
    operand.run(5);
    expect(operand.exceptions[0]).toMatchObject({ vector: GP, errorCode: 0 });
  });

  test("the last segment override wins, operand and address size combine", () => {
    const bed = new Testbed();
    bed.cpu.setSegment("fs", { selector: 0x10, base: 0x30000, limit: 0xffff, access: 0x4093 });
    bed.write32(0x30010, 0x12345678);
    bytes(bed, 0x26, 0x3e, 0x64, 0x66, 0x67, 0xa1, 0x10, 0x00);
    bed.run(1);
    expect(bed.get("eax")).toBe(0x5678);
  });
});

describe("16-bit code in protected mode", () => {
  test("uses 16-bit operands and addresses by default", () => {
    const bed = new Testbed();
    bed.descriptor(0x30, At.CODE, 0xffff, 0x009a);
    bed.load(
      `mov eax, 12345678h
       mov bx, 0ffffh
       mov si, 21h
       mov [bx + si - 20h], ax      ; wraps to offset 0
       push ax
       call next
       next: pop cx
       pop dx
       lea edi, [bx + si]
       mov cx, 3
       again: inc bp
       loop again
       hlt`,
      At.CODE,
      16,
    );
    bed.cpu.setSegment("cs", { selector: 0x30, base: At.CODE, limit: 0xffff, access: 0x009b });
    bed.cpu.setSegment("ds", { selector: 0x10, base: 0x20000, limit: 0xffff, access: 0x0093 });
    bed.set("eip", 0);
    bed.run();
    expect(bed.exceptions).toEqual([]);
    expect(bed.read32(0x20000)).toBe(0x5678);
    expect(bed.get("edx") & 0xffff).toBe(0x5678);
    expect(bed.get("edi")).toBe(0x20);
    expect(bed.get("ebp")).toBe(3);
    expect(bed.get("esp")).toBe(At.KERNEL_STACK);
  });
});

describe("opcodes that are not implemented", () => {
  test("raise #UD and are named to the host with EIP and bytes", () => {
    const bed = new Testbed();
    const reports: [number, number, string][] = [];
    bed.cpu.hooks.onUnimplemented = (eip, code, name) => reports.push([eip, code[1], name]);
    bytes(bed, 0x90, 0x0f, 0xfc, 0xc1);
    bed.run(10);
    expect(bed.exceptions[0]).toMatchObject({ vector: UD, eip: At.CODE + 1, count: 1 });
    expect(reports).toEqual([[At.CODE + 1, 0xfc, "MMX/SSE"]]);
  });

  test("ESC is #NM with CR0.EM or CR0.TS, WAIT with CR0.MP and CR0.TS", () => {
    for (const [cr0, code, vector] of [
      [0x15, 0xd9, NM],
      [0x19, 0xd9, NM],
      [0x1b, 0x9b, NM],
      [0x19, 0x9b, -1],
      [0x13, 0x9b, -1],
    ]) {
      const bed = new Testbed();
      bed.set("cr0", cr0);
      bytes(bed, code, 0xc0);
      bed.run(1);
      expect(bed.exceptions[0]?.vector ?? -1).toBe(vector);
    }
  });
});
