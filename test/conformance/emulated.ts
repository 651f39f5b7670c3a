import { Arena } from "../../emulator/cpu/arena.ts";
import type { CpuBus } from "../../emulator/cpu/bus.ts";
import { Cpu, StopReason } from "../../emulator/cpu/cpu.ts";
import { type Outcome, REGISTER_NAMES, SEGMENT_NAMES, type TestCase } from "./case.ts";
import { type Area, areas, type FlatSelectors, initialContents, PAGE, Protection } from "./layout.ts";
import { allPatches } from "./record.ts";
import { ldtWords } from "./segments.ts";
import type { RegisterName } from "../../emulator/cpu/cpu.ts";

/* The emulated side: a processor in protected mode with paging, at privilege level 3, in the same address space. */

/** The kernel's own pages, for the supervisor only. */
const KERNEL = 0xc0000000;
const GDT = KERNEL;
const LDT = KERNEL + 0x400;
const TSS = KERNEL + 0x800;
const IDT = KERNEL + 0x1000;
const KERNEL_STACK_TOP = KERNEL + 0x3000;
/** Where every gate leads. Nothing is executed there: the run ends at the first exception. */
const HANDLER = KERNEL + 0x3000;
const KERNEL_PAGES = 4;

const GDT_ENTRIES = 16;
const KERNEL_CODE = 0x08;
const KERNEL_DATA = 0x10;
const TSS_SELECTOR = 0x40;
const LDT_SELECTOR = 0x50;

const DIRECTORY = 0x1000;
const FIRST_FRAME = 0x2000;
const MEMORY = 0x80000;

const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;

/** PE, MP, ET, NE, WP, AM and PG, as Linux sets them; CR4: DE, PSE, PGE. */
const CR0 = 0x80050033;
const CR4 = 0x98;

/** A case is an instruction or a few of them and ends with an exception. */
const MAX_INSTRUCTIONS = 2000;

/** Cases that share the translations of the one before. */
const CASES_PER_TLB = 5;

/** User mode reaches no port and no device. */
const bus: CpuBus = {
  readPort: () => 0xffffffff,
  writePort: () => {},
  readPhysical: () => 0xffffffff,
  writePhysical: () => {},
  acknowledgeInterrupt: () => 0,
};

interface MappedArea extends Area {
  /** In guest RAM, a frame for each page: they don't follow each other there. */
  pages: { linear: number; now: Int32Array; bytes: Uint8Array; before: Int32Array; beforeBytes: Uint8Array }[];
}

export class EmulatedProcessor {
  readonly cpu: Cpu;
  private readonly arena = new Arena(MEMORY);
  private readonly frames = new Map<number, number>();
  /** Positions in ram32 and values of the page table entries, A and D clear. */
  private readonly entries: [number, number][] = [];
  private casesRun = 0;
  private readonly mapped: MappedArea[];
  private nextFrame = FIRST_FRAME;
  private trap = -1;
  private errorCode = 0;

  constructor(private readonly flat: FlatSelectors) {
    this.cpu = new Cpu(this.arena, bus);
    this.mapKernel();
    this.mapped = areas.map((area) => this.mapArea(area));
    this.enterProtectedMode();
    this.cpu.hooks.onException = (vector, errorCode) => {
      this.trap = vector;
      this.errorCode = errorCode;
      this.cpu.requestStop();
    };
  }

  // --- Set-up ---

  private allocateFrame(): number {
    const frame = this.nextFrame;
    this.nextFrame += PAGE;
    return frame;
  }

  private map(linear: number, rights: number): number {
    const { ram32 } = this.arena;
    const directoryEntry = (DIRECTORY >>> 2) + (linear >>> 22);
    if (ram32[directoryEntry] === 0) ram32[directoryEntry] = this.allocateFrame() | PRESENT | WRITABLE | USER;
    const table = ram32[directoryEntry] & ~0xfff;
    const frame = this.allocateFrame();
    const entry = (table >>> 2) + ((linear >>> 12) & 0x3ff);
    ram32[entry] = frame | PRESENT | rights;
    this.entries.push([entry, ram32[entry]]);
    this.frames.set(linear >>> 12, frame);
    return frame;
  }

  private mapKernel(): void {
    for (let i = 0; i < KERNEL_PAGES; i++) this.map(KERNEL + i * PAGE, WRITABLE);
    const { flat } = this;
    this.writeDescriptor(GDT + KERNEL_CODE, 0x0000ffff, 0x00cf9b00);
    this.writeDescriptor(GDT + KERNEL_DATA, 0x0000ffff, 0x00cf9300);
    this.writeDescriptor(GDT + (flat.cs & ~7), 0x0000ffff, 0x00cffb00);
    this.writeDescriptor(GDT + (flat.ds & ~7), 0x0000ffff, 0x00cff300);
    this.writeDescriptor(GDT + TSS_SELECTOR, ((TSS & 0xffff) << 16) | 0x67, systemHigh(TSS, 0x89));
    this.writeDescriptor(GDT + LDT_SELECTOR, ((LDT & 0xffff) << 16) | (ldtWords.length * 8 - 1), systemHigh(LDT, 0x82));
    ldtWords.forEach(([low, high], i) => this.writeDescriptor(LDT + 8 * i, low, high));
    for (let vector = 0; vector < 256; vector++) {
      // Breakpoint and overflow may be raised by user mode.
      const dpl = vector === 3 || vector === 4 ? 3 : 0;
      const high = (HANDLER & 0xffff0000) | 0x8e00 | (dpl << 13);
      this.writeDescriptor(IDT + 8 * vector, (KERNEL_CODE << 16) | (HANDLER & 0xffff), high);
    }
    this.writeWord(TSS + 4, KERNEL_STACK_TOP);
    this.writeWord(TSS + 8, KERNEL_DATA);
    // No I/O permission bitmap.
    this.writeWord(TSS + 0x64, 0x00680000);
  }

  private writeDescriptor(linear: number, low: number, high: number): void {
    this.writeWord(linear, low);
    this.writeWord(linear + 4, high);
  }

  private writeWord(linear: number, value: number): void {
    this.arena.ram32[this.physical(linear) >>> 2] = value;
  }

  private readWord(linear: number): number {
    return this.arena.ram32[this.physical(linear) >>> 2] >>> 0;
  }

  private physical(linear: number): number {
    return (this.frames.get(linear >>> 12) as number) | (linear & 0xfff);
  }

  private mapArea(area: Area): MappedArea {
    const contents = initialContents(area);
    const pages: MappedArea["pages"] = [];
    const rights = USER | ((area.protection & Protection.WRITE) !== 0 ? WRITABLE : 0);
    // From the last page to the first, so that an access across two can't take them for neighbours.
    for (let offset = area.length - PAGE; offset >= 0; offset -= PAGE) {
      const linear = area.address + offset;
      const frame = this.map(linear, rights);
      const bytes = this.arena.ram8.subarray(frame, frame + PAGE);
      bytes.set(contents.subarray(offset, offset + PAGE));
      const beforeBytes = bytes.slice();
      const now = this.arena.ram32.subarray(frame >>> 2, (frame + PAGE) >>> 2);
      pages.unshift({ linear, now, bytes, before: new Int32Array(beforeBytes.buffer), beforeBytes });
    }
    return { ...area, pages };
  }

  private enterProtectedMode(): void {
    const { cpu } = this;
    cpu.writeRegister("gdtr.base", GDT);
    cpu.writeRegister("gdtr.limit", GDT_ENTRIES * 8 - 1);
    cpu.writeRegister("idtr.base", IDT);
    cpu.writeRegister("idtr.limit", 0x7ff);
    cpu.writeRegister("cr3", DIRECTORY);
    cpu.writeRegister("cr0", CR0);
    cpu.writeRegister("cr4", CR4);
    cpu.setSegment("ldtr", { selector: LDT_SELECTOR, base: LDT, limit: ldtWords.length * 8 - 1, access: 0x82 });
    cpu.setSegment("tr", { selector: TSS_SELECTOR, base: TSS, limit: 0x67, access: 0x8b });
  }

  // --- Running ---

  /** Runs a case from its state to its first exception; memory is then as before. */
  run(test: TestCase): Outcome {
    const patches = allPatches(test);
    for (const { address, bytes } of patches) this.writeMemory(address, bytes);
    this.load(test);
    this.trap = -1;
    const { cpu } = this;
    const reason = cpu.run(cpu.instructionCount + MAX_INSTRUCTIONS);
    const outcome = this.outcome(reason === StopReason.StopRequested);
    outcome.changes = this.collectChanges();
    for (const { address, bytes } of patches) this.restoreMemory(address, bytes.length);
    return outcome;
  }

  /** Accesses take the way through the page tables again, and set A and D there. */
  private forgetTranslations(): void {
    for (const [entry, value] of this.entries) this.arena.ram32[entry] = value;
    this.cpu.writeRegister("cr3", DIRECTORY);
  }

  private load(test: TestCase): void {
    const { cpu } = this;
    if (this.casesRun++ % CASES_PER_TLB === 0) this.forgetTranslations();
    for (let i = 0; i < 6; i++) cpu.writeRegister(SEGMENT_NAMES[i], test.segments[i]);
    for (let i = 0; i < 8; i++) cpu.writeRegister(REGISTER_NAMES[i] as RegisterName, test.registers[i]);
    cpu.writeRegister("eip", test.eip);
    cpu.writeRegister("eflags", test.eflags);
  }

  private outcome(stopped: boolean): Outcome {
    const { cpu } = this;
    const registers = REGISTER_NAMES.map((name) => cpu.readRegister(name as RegisterName));
    const segments = SEGMENT_NAMES.map((name) => cpu.readRegister(name));
    const cr2 = cpu.readRegister("cr2");
    if (!stopped || this.trap === -1) {
      const [eip, eflags] = [cpu.eip, cpu.readRegister("eflags")];
      return { registers, eip, eflags, segments, trap: -1, errorCode: 0, cr2, changes: [] };
    }
    // What was pushed: EIP, CS, EFLAGS, ESP, SS up to the top.
    const [eip, cs, eflags, esp, ss] = [20, 16, 12, 8, 4].map((below) => this.readWord(KERNEL_STACK_TOP - below));
    registers[4] = esp;
    segments[1] = cs & 0xffff;
    segments[2] = ss & 0xffff;
    return { registers, eip, eflags, segments, trap: this.trap, errorCode: this.errorCode, cr2, changes: [] };
  }

  private writeMemory(address: number, bytes: ArrayLike<number>): void {
    const { ram8 } = this.arena;
    let physical = -1;
    for (let i = 0; i < bytes.length; i++) {
      const linear = address + i;
      if (i === 0 || (linear & 0xfff) === 0) {
        const frame = this.frames.get(linear >>> 12);
        physical = frame === undefined ? -1 : frame | (linear & 0xfff);
        if (physical !== -1)
          this.cpu.physicalMemoryChanged(physical, Math.min(bytes.length - i, PAGE - (linear & 0xfff)));
      }
      if (physical !== -1) ram8[physical++] = bytes[i];
    }
  }

  private restoreMemory(address: number, length: number): void {
    for (let i = 0; i < length; i++) {
      const linear = address + i;
      for (const area of this.mapped) {
        if (linear < area.address || linear >= area.address + area.length) continue;
        const page = area.pages[(linear - area.address) >>> 12];
        const byte = page.beforeBytes[linear & 0xfff];
        if (page.bytes[linear & 0xfff] !== byte) this.writeMemory(linear, [byte]);
      }
    }
  }

  /** Reports what differs in writable areas, and restores it. */
  private collectChanges(): number[] {
    const changes: number[] = [];
    for (const area of this.mapped) {
      if ((area.protection & Protection.WRITE) === 0) continue;
      for (const { linear, now, before, bytes, beforeBytes } of area.pages) {
        if (Buffer.compare(bytes, beforeBytes) === 0) continue;
        for (let i = 0; i < now.length; i++) {
          if (now[i] === before[i]) continue;
          changes.push(linear + 4 * i, now[i] >>> 0);
          now[i] = before[i];
        }
        this.cpu.physicalMemoryChanged(this.physical(linear), PAGE);
      }
    }
    return changes;
  }
}

function systemHigh(base: number, access: number): number {
  return ((base & 0xff000000) | (access << 8) | ((base >>> 16) & 0xff)) >>> 0;
}
