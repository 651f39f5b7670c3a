import { describe, expect, test } from "vitest";
import { StopReason } from "../../emulator/cpu/cpu.ts";
import { State } from "../../emulator/cpu/layout.ts";
import { instructions } from "../../emulator/cpu/instructions.ts";
import { At, Page, Testbed } from "./testbed.ts";

const UD = 6;
const NM = 7;
const SS = 12;
const GP = 13;
const PF = 14;
const MF = 16;

const NE = 0x31;
/** Divides 1 by 0 with the exception unmasked: pending afterwards. */
const DIVIDE = "fninit\nmov word [20000h], 037bh\nfldcw [20000h]\nfld1\nfldz\nfdivp st1, st0\n";

/** The architectural state: without the operand latches. */
function x87(bed: Testbed): number[] {
  const state = bed.arena.words.slice(State.FPU_REGISTERS, State.FPU_IGNORE_ERRORS + 1);
  state.fill(0, State.FPU_LATCH_A - State.FPU_REGISTERS, State.FPU_CONTROL - State.FPU_REGISTERS);
  return [...state];
}

function words(bed: Testbed, address: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => bed.read32(address + 4 * i));
}

describe("the x87's instructions", () => {
  test("calculate on registers, memory, flags and AX", () => {
    const bed = new Testbed();
    bed.execute(`fninit
      mov dword [20000h], 9
      fild dword [20000h]
      fsqrt
      fist dword [20004h]
      fld1
      fcomi st0, st1
      setb bl
      fcomp st1
      fnstsw ax
      fstp qword [20008h]
      hlt`);
    expect(bed.exceptions).toEqual([]);
    expect(bed.read32(0x20004)).toBe(3);
    expect(bed.get("ebx") & 0xff).toBe(1);
    expect(bed.get("eax") & 0x4700).toBe(0x100);
    expect(words(bed, 0x20008, 2)).toEqual([0, 0x40080000]);
  });

  test("every row of the table is decoded as itself, what is in none is #UD", () => {
    const named = new Set<number>();
    for (const row of instructions)
      for (let i = 0; i < row.modRmCount; i++) named.add(row.opcode * 256 + row.modRm + i);
    const bed = new Testbed();
    for (let opcode = 0xd8; opcode <= 0xdf; opcode++) {
      for (let modRm = 0xc0; modRm <= 0xff; modRm++) {
        bed.reset();
        bed.cpu.writePhysicalMemory(At.CODE, Uint8Array.of(opcode, modRm, 0xf4));
        bed.run(1);
        const defined = named.has(opcode * 256 + modRm);
        expect(bed.exceptions[0]?.vector, `${opcode.toString(16)} ${modRm.toString(16)}`).toBe(
          defined ? undefined : UD,
        );
      }
    }
  });

  test("LOCK is #UD, and so before #NM", () => {
    for (const code of ["db 0f0h, 0d8h, 03h", "db 0f0h, 0d9h, 0d1h", "db 0f0h, 0fh, 0aeh, 03h", "db 0f0h, 9bh"]) {
      const bed = new Testbed();
      bed.set("cr0", 0x1f);
      expect(bed.execute(code)[0], code).toMatchObject({ vector: UD, count: 0 });
    }
  });

  test("are #NM with CR0.EM or TS, undefined ones too; CLTS lets them through", () => {
    for (const cr0 of [0x15, 0x19]) {
      for (const code of ["fnop", "fld dword [0f0000000h]", "db 0d9h, 0d1h", "fxsave [20001h]", "fxrstor [20001h]"]) {
        const bed = new Testbed();
        bed.set("cr0", cr0);
        expect(bed.execute(code)[0], code).toMatchObject({ vector: NM, errorCode: -1, count: 0, eip: At.CODE });
      }
    }
    const bed = new Testbed();
    bed.set("cr0", 0x19);
    expect(bed.execute("clts\nfninit\nhlt")).toEqual([]);
  });

  test("record where they are and what they address: selectors and offsets, prefixes included", () => {
    const bed = new Testbed();
    bed.execute("fninit\nmov ebx, 20000h\nhere: es fld dword [ebx + 8]\nfnstenv [20100h]\nmov eax, here\nhlt");
    const [, , , ip, cs, dp, ds] = words(bed, 0x20100, 7);
    expect([ip, cs >>> 16, cs & 0xffff, dp, ds & 0xffff]).toEqual([bed.get("eax"), 0x143, 8, 0x20008, 0x10]);
  });

  test("use the layout of mode and operand size", () => {
    const bed = new Testbed();
    bed.arena.ram8.fill(0xee, 0x20000, 0x20100);
    bed.execute("fninit\nfnstenv [20000h]\no16 fnstenv [20040h]\nfnsave [20080h]\nhlt");
    expect(words(bed, 0x20000, 3)).toEqual([0xffff037f, 0xffff0000, 0xffffffff]);
    expect(words(bed, 0x20040, 2)).toEqual([0x0000037f, 0x0000ffff]);
    expect(bed.read32(0x2001c)).toBe(0xeeeeeeee);
    expect(bed.read16(0x2004e)).toBe(0xeeee);
    const real = new Testbed();
    real.set("cr0", 0x10);
    for (const name of ["ds", "ss", "es"] as const) {
      real.cpu.setSegment(name, { selector: 0x1234, base: 0x12340, limit: 0xffff, access: 0x93 });
    }
    real.cpu.setSegment("cs", { selector: 0x1000, base: 0x10000, limit: 0xffff, access: 0x93 });
    real.set("eip", 0);
    real.load("fninit\nfld dword [8]\nfnstenv [100h]\no32 fnstenv [200h]\nhlt", At.CODE, 16);
    real.run(6);
    // Linear 10002h and 12348h, the opcode of FLD m32 [disp16].
    expect(words(real, 0x12440, 3).concat(real.read16(0x1244c))).toEqual([0x3800037f, 0x00027fff, 0x23481106, 0x1000]);
    expect(words(real, 0x12540 + 12, 4)).toEqual([0xffff0002, 0x1106, 0xffff2348, 0x1000]);
  });

  test("cut addresses to 16 bits where that is the address size", () => {
    const bed = new Testbed();
    bed.write32(0x0008, 0x3f800000);
    bed.execute("fninit\nmov ebx, 12340010h\nfld dword [bx - 8]\nfstp dword [20000h]\nhlt");
    expect(bed.exceptions).toEqual([]);
    expect(bed.read32(0x20000)).toBe(0x3f800000);
  });
});

describe("a fault of an x87 memory operand", () => {
  const sources = [
    "fadd qword [edi]",
    "fild qword [edi]",
    "fstp tword [edi]",
    "fbstp [edi]",
    "fnsave [edi]",
    "frstor [edi]",
  ];

  test("leaves the x87 and the memory as they were, at the end of a page", () => {
    for (const source of [...sources, "fnstenv [edi]", "fldenv [edi]", "fistp qword [edi]"]) {
      const bed = new Testbed();
      bed.enablePaging();
      bed.map(0x20000, 0x20000, Page.P | Page.W | Page.U);
      bed.arena.ram8.fill(0x5a, 0x20f00, 0x21000);
      bed.execute("fninit\nfldpi\nfld1\nfldl2e\nhlt");
      const before = x87(bed);
      bed.ring0();
      bed.set("edi", 0x20ffe);
      const errorCode = /^f(n?st|bst|ist|nsave)/.test(source) ? 2 : 0;
      expect(bed.execute(`nop\n${source}`)[0], source).toMatchObject({
        ...{ vector: PF, errorCode, cr2: 0x21000, eip: At.CODE + 1 },
      });
      expect(x87(bed), source).toEqual(before);
      expect(bed.read16(0x20ffe), source).toBe(0x5a5a);
    }
  });

  test("is #GP(0) beyond a limit or without the right, #SS(0) through SS", () => {
    const bed = new Testbed();
    bed.execute("fninit\nfldpi\nhlt");
    const before = x87(bed);
    for (const [segment, vector] of [
      ["fs", GP],
      ["ss", SS],
    ] as const) {
      for (const source of ["fld qword", "fstp qword", "fnsave", "fxsave"]) {
        bed.ring0();
        bed.cpu.setSegment(segment, { selector: 0x10, base: 0x20000, limit: 0x1003, access: 0x4093 });
        bed.set("edi", 0x1000);
        // (Delivery on the cut SS fails as well: only the first exception counts.)
        expect(bed.execute(`${source} [${segment}:edi]`, bed.cpu.instructionCount + 1)[0], source).toMatchObject({
          ...{ vector, errorCode: 0 },
        });
        expect(x87(bed)).toEqual(before);
        if (segment === "ss") break;
      }
    }
    const code = new Testbed();
    expect(code.execute("fninit\nfnstcw [cs:20000h]")[0]).toMatchObject({ vector: GP, errorCode: 0, count: 1 });
  });
});

describe("an unmasked exception", () => {
  test("with CR0.NE is #MF at the next waiting instruction, WAIT included, and not at the others", () => {
    for (const source of ["fwait", "fld1", "fldcw [20000h]"]) {
      const bed = new Testbed();
      bed.set("cr0", NE);
      const [exception] = bed.execute(`${DIVIDE}fnstsw ax\nfnstcw [20010h]\nmov ebx, here\nhere: ${source}`);
      expect(exception, source).toMatchObject({ vector: MF, errorCode: -1, count: 9, eip: bed.get("ebx") });
      expect(bed.get("eax") & 0x80ff).toBe(0x8084);
    }
    const cleared = new Testbed();
    cleared.set("cr0", NE);
    expect(cleared.execute(`${DIVIDE}fnclex\nfwait\nfld1\nhlt`)).toEqual([]);
  });

  test("WAIT is #NM with MP and TS, before #MF", () => {
    const bed = new Testbed();
    bed.set("cr0", NE);
    expect(bed.execute(`${DIVIDE}mov eax, cr0\nor al, 0ah\nmov cr0, eax\nfwait`)[0].vector).toBe(NM);
  });

  test("without CR0.NE asserts FERR# and waits for the interrupt; IGNNE# lets instructions through", () => {
    const levels: boolean[] = [];
    const bed = new Testbed({
      floatingPointError: (level) => {
        levels.push(level);
        if (level) bed.cpu.interruptLine = true;
        else bed.cpu.ignoreFloatingPointErrors = false;
      },
      acknowledgeInterrupt: () => {
        bed.cpu.interruptLine = false;
        return 0x75;
      },
      writePort: () => {
        bed.cpu.ignoreFloatingPointErrors = true;
      },
    });
    bed.load("out 0f0h, al\nfst dword [20010h]\nfnclex\ninc ecx\niret", 0x8000);
    bed.gate(0x75, 0x08, 0x8000, 0x8e);
    bed.execute(`xor ecx, ecx\nsti\n${DIVIDE}mov ebx, here\nhere: fst dword [20014h]\nhlt`);
    expect(bed.exceptions).toMatchObject([{ vector: 0x75, eip: bed.get("ebx") }]);
    expect([bed.get("ecx"), levels]).toEqual([1, [true, false]]);
    expect(bed.read32(0x20014)).toBe(bed.read32(0x20010));
  });

  test("without CR0.NE and without interrupts stops the processor, which is kept in a snapshot", () => {
    const bed = new Testbed();
    bed.load(`${DIVIDE}fwait\nhlt`);
    expect(bed.run()).toBe(StopReason.Halt);
    const { eip, instructionCount } = bed.cpu;
    expect(instructionCount).toBe(6);
    const other = new Testbed();
    other.arena.architectural.set(bed.arena.architectural);
    other.arena.ram8.set(bed.arena.ram8);
    other.cpu.stateReplaced();
    expect(other.run()).toBe(StopReason.Halt);
    expect(other.cpu.eip).toBe(eip);
    expect(x87(other)).toEqual(x87(bed));
  });
});

describe("FXSAVE and FXRSTOR", () => {
  test("save and restore everything, MXCSR and the XMM registers with CR4.OSFXSR", () => {
    const bed = new Testbed();
    bed.arena.ram8.fill(0xee, 0x20000, 0x20400);
    bed.execute("fninit\nfldpi\nfld1\nfxsave [20000h]\nmov eax, 200h\nmov cr4, eax\nfxsave [20200h]\nhlt");
    expect(bed.read32(0x20018 + 0xa0)).toBe(0xeeeeeeee);
    expect(bed.read32(0x20200 + 0x18)).toBe(0x1f80);
    expect(bed.read32(0x20200 + 0xa0)).toBe(0);
    const before = x87(bed);
    bed.ring0();
    bed.execute("fninit\nfldz\nfldz\nfldz\nfxrstor [20200h]\nhlt");
    expect(bed.exceptions).toEqual([]);
    expect(x87(bed)).toEqual(before);
  });

  test("are #GP(0) off 16 bytes, #GP(0) for a reserved bit of MXCSR, #UD with a register", () => {
    for (const code of ["fxsave [20008h]", "fxrstor [20001h]"]) {
      expect(new Testbed().execute(code)[0], code).toMatchObject({ vector: GP, errorCode: 0, count: 0 });
    }
    const bed = new Testbed();
    bed.set("cr4", 0x200);
    bed.write32(0x20018, 0x10000);
    expect(bed.execute("fxrstor [20000h]")[0]).toMatchObject({ vector: GP, errorCode: 0, count: 0 });
    expect(new Testbed().execute("db 0fh, 0aeh, 0c0h")[0].vector).toBe(UD);
  });

  test("fault on any of their 512 bytes, with nothing changed", () => {
    for (const [source, errorCode] of [
      ["fxsave [20f00h]", 2],
      ["fxrstor [20f00h]", 0],
    ] as const) {
      const bed = new Testbed();
      bed.enablePaging();
      bed.map(0x20000, 0x20000, Page.P | Page.W | Page.U);
      bed.arena.ram8.fill(0x5a, 0x20f00, 0x21000);
      const before = x87(bed);
      expect(bed.execute(source)[0]).toMatchObject({ vector: PF, errorCode, cr2: 0x21000 });
      expect(x87(bed)).toEqual(before);
      expect(bed.read32(0x20f00)).toBe(0x5a5a5a5a);
    }
  });
});

test("after power-on the x87 has the manual's state, and CR0.ET is set for good", () => {
  const bed = new Testbed();
  bed.execute("fnstenv [20000h]\nxor eax, eax\nmov eax, 1\nmov cr0, eax\nmov ebx, cr0\nhlt");
  expect(words(bed, 0x20000, 3)).toEqual([0xffff0040, 0xffff0000, 0xffff5555]);
  expect(bed.get("ebx")).toBe(0x11);
});
