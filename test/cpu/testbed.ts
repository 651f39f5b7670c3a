import { Arena } from "../../emulator/cpu/arena.ts";
import type { CpuBus } from "../../emulator/cpu/bus.ts";
import { Cpu, ExceptionKind, type StopReason } from "../../emulator/cpu/cpu.ts";
import { assemble } from "../../scripts/toolchain/assembler/index.ts";

/** Physical = linear addresses of the testbed's tables. Free for tests: 10000h and up. */
export const At = {
  GDT: 0x1000,
  IDT: 0x1800,
  TSS: 0x2000,
  /** One HLT per vector, 16 bytes apart: where exceptions go unless a test sets a gate. */
  STUBS: 0x7000,
  PAGE_DIRECTORY: 0x3000,
  /** Page tables are taken from here. */
  PAGE_TABLES: 0x4000,
  /** Top of the ring 0 stack that the TSS names, and of the one that code at ring 0 starts with. */
  RING0_STACK: 0x9000,
  KERNEL_STACK: 0xa000,
  USER_STACK: 0xc000,
  CODE: 0x10000,
} as const;

export const Selector = {
  CODE0: 0x08,
  DATA0: 0x10,
  CODE3: 0x1b,
  DATA3: 0x23,
  TSS: 0x28,
  /** Free slots for tests: 30h .. 78h. */
  FREE: 0x30,
} as const;

/** Page table bits. */
export const Page = { P: 1, W: 2, U: 4, A: 0x20, D: 0x40, PS: 0x80, G: 0x100 } as const;

export interface Exception {
  vector: number;
  /** -1 when none is pushed. */
  errorCode: number;
  kind: ExceptionKind;
  eip: number;
  cr2: number;
  cpl: number;
  /** Instructions retired before. */
  count: number;
}

export interface PortAccess {
  port: number;
  size: number;
  value: number;
  count: number;
  write: boolean;
}

/**
 * A processor in flat 32-bit protected mode with a GDT, an IDT whose gates lead to HLT, and a TSS. Code is assembly text;
 * a run ends at HLT, on shutdown or after `limit` instructions.
 */
export class Testbed {
  readonly arena: Arena;
  readonly cpu: Cpu;
  readonly exceptions: Exception[] = [];
  readonly ports: PortAccess[] = [];
  /** Overrides for tests that need a device. */
  readonly bus: CpuBus;
  private nextTable: number = At.PAGE_TABLES;

  constructor(bus: Partial<CpuBus> = {}) {
    this.arena = new Arena(0x100000);
    this.bus = {
      readPort: (port, size) => {
        this.ports.push({ port, size, value: 0, count: this.cpu.instructionCount, write: false });
        return 0xffffffff;
      },
      writePort: (port, size, value) => {
        this.ports.push({ port, size, value, count: this.cpu.instructionCount, write: true });
      },
      readPhysical: () => 0xffffffff,
      writePhysical: () => {},
      acknowledgeInterrupt: () => 0x20,
      ...bus,
    };
    this.cpu = new Cpu(this.arena, this.bus);
    this.cpu.hooks.onException = (vector, errorCode, hasErrorCode, kind) => {
      this.exceptions.push({
        vector,
        errorCode: hasErrorCode ? errorCode : -1,
        kind,
        eip: this.cpu.eip,
        cr2: this.cpu.readRegister("cr2"),
        cpl: this.cpu.cpl,
        count: this.cpu.instructionCount,
      });
    };
    this.setUpTables();
    this.enterProtectedMode();
  }

  /** As new, but for guest RAM from 10000h on: cheaper than a new one. */
  reset(): void {
    this.cpu.reset();
    this.cpu.instructionCount = 0;
    this.exceptions.length = 0;
    this.ports.length = 0;
    this.arena.ram8.fill(0, 0, At.CODE);
    this.nextTable = At.PAGE_TABLES;
    this.setUpTables();
    this.enterProtectedMode();
  }

  // --- Memory ---

  write32(address: number, value: number): void {
    this.cpu.writePhysicalMemory(address, new Uint8Array(Uint32Array.of(value).buffer));
  }

  read32(address: number): number {
    return new DataView(this.arena.ram8.buffer, this.arena.ram8.byteOffset).getUint32(address, true);
  }

  read16(address: number): number {
    return this.read32(address) & 0xffff;
  }

  /** A code or data descriptor; `access` as SegmentField.ACCESS: access byte, and G D/B AVL in bits 12-15. */
  descriptor(selector: number, base: number, limit: number, access: number): void {
    const at = At.GDT + (selector & ~7);
    this.write32(at, ((base & 0xffff) << 16) | (limit & 0xffff));
    this.write32(at + 4, ((base >>> 16) & 0xff) | ((access & 0xf0ff) << 8) | (limit & 0xf0000) | (base & 0xff000000));
  }

  gate(vector: number, selector: number, offset: number, access: number): void {
    this.writeGate(At.IDT + vector * 8, selector, offset, access, 0);
  }

  /** A call gate in the GDT. */
  callGate(slot: number, selector: number, offset: number, access: number, parameters = 0): void {
    this.writeGate(At.GDT + (slot & ~7), selector, offset, access, parameters);
  }

  private writeGate(at: number, selector: number, offset: number, access: number, parameters: number): void {
    this.write32(at, (selector << 16) | (offset & 0xffff));
    this.write32(at + 4, (offset & 0xffff0000) | (access << 8) | parameters);
  }

  private setUpTables(): void {
    this.descriptor(Selector.CODE0, 0, 0xfffff, 0xc09a);
    this.descriptor(Selector.DATA0, 0, 0xfffff, 0xc092);
    this.descriptor(Selector.CODE3, 0, 0xfffff, 0xc0fa);
    this.descriptor(Selector.DATA3, 0, 0xfffff, 0xc0f2);
    this.descriptor(Selector.TSS, At.TSS, 0x67, 0x8b);
    for (let vector = 0; vector < 256; vector++) {
      this.gate(vector, Selector.CODE0, At.STUBS + vector * 16, 0x8e);
      this.cpu.writePhysicalMemory(At.STUBS + vector * 16, Uint8Array.of(0xf4));
    }
    this.write32(At.TSS + 4, At.RING0_STACK);
    this.write32(At.TSS + 8, Selector.DATA0);
    this.write32(At.TSS + 0x64, 0x68 << 16);
  }

  private enterProtectedMode(): void {
    const cpu = this.cpu;
    cpu.writeRegister("gdtr.base", At.GDT);
    cpu.writeRegister("gdtr.limit", 0x7f);
    cpu.writeRegister("idtr.base", At.IDT);
    cpu.writeRegister("idtr.limit", 0x7ff);
    cpu.writeRegister("cr0", 0x00000011);
    cpu.setSegment("tr", { selector: Selector.TSS, base: At.TSS, limit: 0x67, access: 0x8b });
    cpu.setSegment("ldtr", { selector: 0, base: 0, limit: 0, access: 0 });
    this.ring0();
  }

  // --- Paging ---

  /** Maps one page; the directory entry allows everything. */
  map(linear: number, physical: number, flags: number): void {
    this.write32(this.tableEntry(linear), physical | flags);
  }

  /** Physical address of the table entry for a page. */
  tableEntry(linear: number): number {
    const directory = At.PAGE_DIRECTORY + ((linear >>> 22) << 2);
    if (this.read32(directory) === 0) {
      this.write32(directory, this.nextTable | Page.P | Page.W | Page.U);
      this.nextTable += 0x1000;
    }
    return (this.read32(directory) & ~0xfff) + ((linear >>> 10) & 0xffc);
  }

  /** Turns paging on with the first 64 KiB mapped to themselves for ring 0, code at CODE.. for all, and CR0.WP. */
  enablePaging(): void {
    for (let page = 0; page < 0x10; page++) this.map(page << 12, page << 12, Page.P | Page.W);
    this.map(At.USER_STACK - 0x1000, At.USER_STACK - 0x1000, Page.P | Page.W | Page.U);
    for (let page = 0x10; page < 0x14; page++) this.map(page << 12, page << 12, Page.P | Page.W | Page.U);
    this.cpu.writeRegister("cr3", At.PAGE_DIRECTORY);
    this.cpu.writeRegister("cr0", 0x80010011);
  }

  // --- Running ---

  /** Assembles 32-bit code to an address (default CODE) and returns its length. */
  load(source: string, org: number = At.CODE, bits: 16 | 32 = 32): number {
    const result = assemble(`bits ${bits}\norg ${org}\n${source}`, { bits, file: "test.asm" });
    if (result.errors) throw new Error(result.errors.join("\n"));
    this.cpu.writePhysicalMemory(org, result.bytes);
    return result.bytes.length;
  }

  /** Registers for code at ring 0, EIP at CODE. */
  ring0(): void {
    this.flat(Selector.CODE0, Selector.DATA0, 0xc09b, 0xc093, At.KERNEL_STACK);
  }

  ring3(): void {
    this.flat(Selector.CODE3, Selector.DATA3, 0xc0fb, 0xc0f3, At.USER_STACK);
  }

  private flat(code: number, data: number, codeAccess: number, dataAccess: number, esp: number): void {
    const view = { selector: data, base: 0, limit: 0xffffffff, access: dataAccess };
    for (const name of ["es", "ss", "ds", "fs", "gs"] as const) this.cpu.setSegment(name, view);
    this.cpu.setSegment("cs", { selector: code, base: 0, limit: 0xffffffff, access: codeAccess });
    this.cpu.writeRegister("esp", esp);
    this.cpu.writeRegister("eip", At.CODE);
  }

  run(limit = 100_000): StopReason {
    return this.cpu.run(limit);
  }

  /** Loads code at CODE, runs it, and returns the exceptions it raised. */
  execute(source: string, limit = 100_000): Exception[] {
    this.load(source);
    this.exceptions.length = 0;
    this.run(limit);
    return this.exceptions;
  }

  get(name: Parameters<Cpu["readRegister"]>[0]): number {
    return this.cpu.readRegister(name);
  }

  set(name: Parameters<Cpu["writeRegister"]>[0], value: number): void {
    this.cpu.writeRegister(name, value);
  }
}
