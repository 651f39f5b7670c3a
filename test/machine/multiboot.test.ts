import { beforeEach, describe, expect, it } from "vitest";
import type { Cpu } from "../../emulator/cpu/cpu.ts";
import { startMultiboot, type MultibootRequest } from "../../emulator/machine/multiboot.ts";
import { UserError } from "../../emulator/machine/user_error.ts";
import { elf, multibootHeader, type TestSegment } from "./elf.ts";
import { guest } from "./guest.ts";

const MIB = 1 << 20;

/** Memory and registers as the loader leaves them. */
class Target {
  readonly memory: Uint8Array;
  readonly registers: Record<string, number> = {};
  readonly segments: Record<string, { selector: number; base: number; limit: number; access: number }> = {};
  readonly arena: { memoryBytes: number };
  readonly cpu: Cpu;

  constructor(memoryBytes: number) {
    this.memory = new Uint8Array(memoryBytes);
    this.arena = { memoryBytes };
    this.cpu = {
      writePhysicalMemory: (address: number, bytes: Uint8Array) => this.memory.set(bytes, address),
      writeRegister: (name: string, value: number) => (this.registers[name] = value),
      setSegment: (name: string, view: Target["segments"][string]) => (this.segments[name] = view),
    } as unknown as Cpu;
  }

  word(address: number): number {
    return new DataView(this.memory.buffer).getUint32(address, true);
  }

  text(address: number): string {
    return new TextDecoder().decode(this.memory.subarray(address, this.memory.indexOf(0, address)));
  }

  info(index: number): number {
    return this.word(this.registers.ebx + index * 4);
  }
}

let target: Target;
const load = (kernel: Uint8Array, rest: Partial<MultibootRequest> = {}) =>
  startMultiboot(target, { kernel, name: "k.elf", commandLine: "k.elf a=b", ...rest });

const code = Uint8Array.of(...multibootHeader(), 0xfa, 0xf4);
const plain = (segment: Partial<TestSegment> = {}) =>
  elf(0x10000c, [{ virtual: MIB, physical: MIB, bytes: code, ...segment }]);

beforeEach(() => {
  target = new Target(16 * MIB);
});

describe("multiboot loader", () => {
  it("sets the machine state of the specification", () => {
    load(plain());
    expect(target.registers).toMatchObject({ eax: 0x2badb002, cr0: 0x11, eflags: 2, eip: 0x10000c });
    expect(target.segments.cs).toEqual({ selector: 8, base: 0, limit: 0xffffffff, access: 0xc09b });
    for (const name of ["ds", "es", "fs", "gs", "ss"]) {
      expect(target.segments[name]).toEqual({ selector: 0x10, base: 0, limit: 0xffffffff, access: 0xc093 });
    }
    const gdt = target.registers["gdtr.base"];
    expect([target.word(gdt + 12), target.word(gdt + 20)]).toEqual([0x00cf9a00, 0x00cf9200]);
  });

  it("places segments at their physical addresses and clears what the file does not fill", () => {
    target.memory.fill(0xcc);
    load(plain({ memorySize: 100 }));
    expect([...target.memory.subarray(MIB, MIB + code.length)]).toEqual([...code]);
    expect(target.memory.subarray(MIB + code.length, MIB + 100).every((byte) => byte === 0)).toBe(true);
    expect(target.memory[MIB + 100]).toBe(0xcc);
  });

  it("loads a kernel whose linker put the ELF header into the page below 1 MiB, as ld -Ttext 0x100000 does", () => {
    const header = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);
    load(
      elf(0x10000c, [
        { virtual: 0xff000, physical: 0xff000, bytes: header },
        { virtual: MIB, physical: MIB, bytes: code },
      ]),
    );
    expect([...target.memory.subarray(0xff000, 0xff004)]).toEqual([...header]);
    expect(target.registers.eip).toBe(0x10000c);
  });

  it("starts a kernel that is linked high at its physical entry point", () => {
    load(elf(0xc010000c, [{ virtual: 0xc0100000, physical: MIB, bytes: code }]));
    expect(target.registers.eip).toBe(0x10000c);
  });

  it("tells command line, memory and loader", () => {
    load(plain());
    expect(target.info(0)).toBe(0x24f);
    expect([target.info(1), target.info(2)]).toEqual([639, 15 * 1024 - 128]);
    expect(target.text(target.info(4))).toBe("k.elf a=b");
    expect(target.text(target.info(16))).toBe("faultline");
    const map = target.info(12);
    expect(target.info(11)).toBe(6 * 24);
    expect([0, 1, 2, 3, 4, 5].map((i) => target.word(map + 3 * 24 + i * 4))).toEqual([
      20,
      MIB,
      0,
      15 * MIB - 0x20000,
      0,
      1,
    ]);
  });

  it("places modules on pages after the kernel, each with its string", () => {
    const modules = [
      { bytes: Uint8Array.of(1, 2, 3), string: "one arg" },
      { bytes: new Uint8Array(5000).fill(7), string: "two" },
    ];
    load(plain(), { modules });
    expect(target.info(5)).toBe(2);
    const at = target.info(6);
    expect([target.word(at), target.word(at + 4)]).toEqual([0x102000, 0x102003]);
    expect([target.word(at + 16), target.word(at + 20)]).toEqual([0x103000, 0x103000 + 5000]);
    expect([target.text(target.word(at + 8)), target.text(target.word(at + 24))]).toEqual(["one arg", "two"]);
    expect([...target.memory.subarray(0x102000, 0x102003)]).toEqual([1, 2, 3]);
    expect(target.memory[0x103000 + 4999]).toBe(7);
  });

  it("hands over symbols with an address for each section that was not loaded", () => {
    const sections = [
      { type: 2, bytes: Uint8Array.of(9, 8, 7, 6) },
      { type: 3, bytes: new TextEncoder().encode("\0main\0") },
    ];
    load(elf(0x10000c, [{ virtual: MIB, physical: MIB, bytes: code }], sections));
    expect(target.info(0)).toBe(0x26f);
    const [count, size, table, strings] = [7, 8, 9, 10].map((i) => target.info(i));
    expect([count, size, strings]).toEqual([3, 40, 2]);
    const address = (section: number) => target.word(table + section * 40 + 12);
    expect(target.word(address(1))).toBe(0x06070809);
    expect(target.text(address(2) + 1)).toBe("main");
  });

  it("loads by the header's address fields whatever the format, and clears the bss", () => {
    const file = guest("exit 1");
    target.memory.fill(0xcc);
    load(file);
    expect([...target.memory.subarray(MIB, MIB + file.length)]).toEqual([...file]);
    expect(target.memory[MIB + file.length]).toBe(0);
    expect(target.registers.eip).toBe(new DataView(file.buffer, file.byteOffset).getUint32(28, true));
  });

  it("keeps its information out of a kernel that lies in low memory", () => {
    load(elf(0x800c, [{ virtual: 0x8000, physical: 0x8000, bytes: code, memorySize: 0x4000 }]));
    expect(target.registers.ebx).toBeGreaterThan(MIB);
    expect(target.text(target.info(4))).toBe("k.elf a=b");
  });
});

describe("multiboot loader refuses in one line", () => {
  const message = (kernel: Uint8Array, rest?: Partial<MultibootRequest>) => {
    try {
      load(kernel, rest);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      expect((error as Error).message).not.toContain("\n");
      return (error as Error).message;
    }
    return "loaded";
  };
  const changed = (offset: number, ...bytes: number[]) => {
    const file = plain();
    file.set(bytes, offset);
    return file;
  };

  it("a file that is not ELF", () => {
    expect(message(new TextEncoder().encode("#!/bin/sh\n"))).toBe("k.elf: not an ELF file");
    expect(message(new Uint8Array(0))).toBe("k.elf: not an ELF file");
  });

  it("another machine's ELF", () => {
    expect(message(changed(18, 62))).toBe("k.elf: not an i386 ELF file (it is 32-bit, x86-64)");
    expect(message(changed(4, 2, 1, 1, 0))).toMatch(/not an i386 ELF file \(it is 64-bit/);
    expect(message(changed(5, 2))).toMatch(/not an i386 ELF file/);
  });

  it("a truncated ELF, wherever it was cut", () => {
    const file = plain();
    const end = 52 + 32 + code.length;
    for (let length = 4; length < end; length++)
      expect(message(file.subarray(0, length))).toMatch(/truncated ELF file/);
  });

  it("an object file", () => {
    expect(message(changed(16, 1))).toMatch(/not an executable/);
  });

  it("an ELF without a multiboot header, or with a wrong checksum", () => {
    expect(message(plain({ bytes: Uint8Array.of(0xf4) }))).toMatch(/no multiboot header/);
    expect(message(plain({ bytes: Uint8Array.of(...multibootHeader().subarray(0, 11), 0) }))).toMatch(
      /no multiboot header/,
    );
  });

  it("a requirement it does not know", () => {
    expect(message(plain({ bytes: multibootHeader(0x0103) }))).toMatch(/flags 0100h/);
  });

  it("a segment outside of memory", () => {
    expect(message(plain({ physical: 0x40000000 }))).toBe(
      "k.elf: segment 40000000h-4000000Eh lies outside of memory (16M)",
    );
    expect(message(plain({ physical: 0xa0000 }))).toMatch(/video and firmware area/);
    expect(message(plain({ physical: 0xef000 }))).toMatch(/video and firmware area/);
  });

  it("memory that is too small, and says how much is needed", () => {
    expect(message(plain({ memorySize: 20 * MIB }))).toBe(
      "k.elf: does not fit in 16M of memory; it needs --memory 22M",
    );
    const modules = [{ bytes: new Uint8Array(16 * MIB), string: "initrd" }];
    expect(message(plain(), { modules })).toBe("k.elf: does not fit in 16M of memory; it needs --memory 18M");
  });

  it("anything at all, for random damage, without failing otherwise", () => {
    const file = elf(
      0x10000c,
      [{ virtual: MIB, physical: MIB, bytes: code }],
      [{ type: 3, bytes: Uint8Array.of(0, 1) }],
    );
    for (let i = 0; i < file.length; i++) {
      for (const value of [0, 0x7f, 0xff]) {
        const damaged = file.slice();
        damaged[i] = value;
        message(damaged); // loads, or throws a UserError
      }
    }
  });
});
