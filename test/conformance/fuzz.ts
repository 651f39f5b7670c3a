import { Arena } from "../../emulator/cpu/arena.ts";
import type { CpuBus } from "../../emulator/cpu/bus.ts";
import { Cpu, type RegisterName, StopReason } from "../../emulator/cpu/cpu.ts";
import { instructions } from "../../emulator/cpu/instructions.ts";
import { Region, TlbBit } from "../../emulator/cpu/layout.ts";
import { Random } from "../cpu/fpu/random.ts";
import { anyValue } from "./values.ts";

/*
 * Random bytes as code: whatever it is, the processor must not throw, must come back after the instructions it was
 * given, and must not reach beyond guest memory.
 */

export const FUZZ_MODES = ["ring 3", "ring 0", "real mode", "virtual-8086 mode"] as const;
export type FuzzMode = (typeof FUZZ_MODES)[number];

/** Ends in the middle of a WebAssembly page, so that there is arena behind guest memory that must stay as it is. */
export const FUZZ_MEMORY = 0x81000;

// Physical = linear.
const GDT = 0x1000;
const LDT = 0x1400;
const IDT = 0x1800;
const TSS = 0x2000;
const TSS_LIMIT = 0x2068;
const OTHER_TSS = 0x4800;
const DIRECTORY = 0x5000;
const TABLE = 0x6000;
const STUBS = 0x7000;
const STACK_TOP = 0x9000;
const CODE = 0x10000;
const CODE_SIZE = 0x10000;
const DATA = 0x20000;
const READ_ONLY = 0x38000;
const MISSING = 0x40000;

const SELECTORS = { code0: 0x08, data0: 0x10, code3: 0x1b, data3: 0x23, tss: 0x28, ldt: 0x30 };
const GDT_ENTRIES = 24;

/** Instructions a start may execute, exceptions it may raise, bus accesses it may make. */
const MAX_INSTRUCTIONS = 120;
const MAX_EXCEPTIONS = 12;
const MAX_ACCESSES = 20_000;

const FINGERPRINT: RegisterName[] = [
  ...(["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags"] as const),
  ...(["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr", "cr0", "cr2", "cr3", "cr4", "dr6", "dr7"] as const),
];

export class FuzzBed {
  readonly cpu: Cpu;
  private readonly image = new Uint8Array(FUZZ_MEMORY);
  private readonly words = new Uint32Array(this.image.buffer);
  private exceptions = 0;
  private accesses = 0;
  private limit = 0;
  /** What went wrong, for the message. */
  private readonly complaints: string[] = [];

  /** @param stepwise run one instruction at a time */
  constructor(
    private readonly arena: Arena = new Arena(FUZZ_MEMORY),
    private readonly stepwise = false,
  ) {
    this.cpu = new Cpu(arena, this.makeBus());
    this.cpu.hooks.onException = () => {
      if (++this.exceptions >= MAX_EXCEPTIONS) this.cpu.requestStop();
    };
  }

  /** A bus that answers anything, and watches what it is asked. */
  private makeBus(): CpuBus {
    const count = (): void => {
      if (++this.accesses >= MAX_ACCESSES) this.cpu.requestStop();
    };
    const physical = (address: number, size: number): void => {
      count();
      if (address < FUZZ_MEMORY) this.complaints.push(`the bus is asked for guest memory at ${address.toString(16)}`);
      if (!(address >= 0 && address + size <= 0x100000000 && Number.isInteger(address))) {
        this.complaints.push(`the bus is asked for ${address}`);
      }
    };
    const port = (number: number): void => {
      count();
      if (!(number >= 0 && number <= 0xffff)) this.complaints.push(`port ${number}`);
    };
    return {
      readPort: (number) => {
        port(number);
        return 0xa5a5a5a5;
      },
      writePort: (number) => port(number),
      readPhysical: (address, size) => {
        physical(address, size);
        return 0x5a5a5a5a;
      },
      writePhysical: (address, size) => physical(address, size),
      acknowledgeInterrupt: () => 0x20,
      timestamp: () => this.cpu.instructionCount,
    };
  }

  // --- The machine ---

  private descriptor(address: number, low: number, high: number): void {
    this.words[address >>> 2] = low;
    this.words[(address + 4) >>> 2] = high;
  }

  private segment(address: number, base: number, limit: number, access: number): void {
    const low = ((base & 0xffff) << 16) | (limit & 0xffff);
    const high = (base & 0xff000000) | ((access & 0xf000) << 8) | (limit & 0xf0000) | ((access & 0xff) << 8);
    this.descriptor(address, low, high | ((base >>> 16) & 0xff));
  }

  private gate(address: number, selector: number, offset: number, type: number): void {
    this.descriptor(address, (selector << 16) | (offset & 0xffff), (offset & 0xffff0000) | type);
  }

  /** Fresh tables, with every kind of descriptor within reach, and random bytes and instructions as code and data. */
  prepare(random: Random): void {
    const { words, image } = this;
    image.fill(0);
    this.segment(GDT + SELECTORS.code0, 0, 0xfffff, 0xc09a);
    this.segment(GDT + SELECTORS.data0, 0, 0xfffff, 0xc092);
    this.segment(GDT + (SELECTORS.code3 & ~3), 0, 0xfffff, 0xc0fa);
    this.segment(GDT + (SELECTORS.data3 & ~3), 0, 0xfffff, 0xc0f2);
    this.segment(GDT + SELECTORS.tss, TSS, TSS_LIMIT, 0x0089);
    this.segment(GDT + SELECTORS.ldt, LDT, 0x7f, 0x0082);
    this.segment(GDT + 0x38, OTHER_TSS, 0x67, 0x00e9);
    this.segment(GDT + 0x40, CODE, 0xffff, 0x40fe);
    this.segment(GDT + 0x48, CODE, 0xffff, 0x00fa);
    this.segment(GDT + 0x50, DATA, 0xffff, 0x00f2);
    this.segment(GDT + 0x58, DATA, 0x7fff, 0x40f6);
    this.segment(GDT + 0x60, DATA, 0xffff, 0x00f0);
    this.segment(GDT + 0x68, CODE, 0xffff, 0x009a);
    this.gate(GDT + 0x70, SELECTORS.code0, CODE, 0xec03);
    this.gate(GDT + 0x78, SELECTORS.code0, CODE, 0xe401);
    this.gate(GDT + 0x80, 0x38, 0, 0xe500);
    this.segment(GDT + 0x88, OTHER_TSS, 0x2b, 0x00e1);
    for (let i = 0; i < 16; i++) this.segment(LDT + 8 * i, random.bits(), random.bits(), random.bits());
    for (let vector = 0; vector < 256; vector++) this.drawGate(random, vector);
    this.drawTasks(random);
    for (let page = 0; page < FUZZ_MEMORY >>> 12; page++) {
      const address = page << 12;
      const missing = address >= MISSING && address < MISSING + 0x4000;
      const user = address >= CODE && address < 0x50000;
      const writable = address < READ_ONLY || address >= MISSING;
      words[(TABLE >>> 2) + page] = address | (missing ? 0 : 1) | (writable ? 2 : 0) | (user ? 4 : 0);
    }
    words[DIRECTORY >>> 2] = TABLE | 7;
    // A large page where no memory is, a table that is the directory, one outside of memory, and reserved bits.
    words[(DIRECTORY >>> 2) + 1] = 0x00400087;
    words[(DIRECTORY >>> 2) + 0x3ff] = DIRECTORY | 7;
    words[(DIRECTORY >>> 2) + 0x200] = 0xfffff007;
    words[(DIRECTORY >>> 2) + 0x201] = 0x00402087;
    this.drawCode(random);
    for (let i = DATA; i < MISSING; i += 4) words[i >>> 2] = anyValue(random);
  }

  private drawGate(random: Random, vector: number): void {
    const dpl = random.chance(30) ? 0x60 : 0;
    const handler = random.chance(60) ? STUBS : CODE + random.below(CODE_SIZE);
    const type = random.chance(90) ? random.pick([0x8e, 0x8f]) : random.pick([0x86, 0x87, 0x85, 0x0e, 0x8c]);
    this.gate(IDT + 8 * vector, type === 0x85 ? 0x38 : SELECTORS.code0, handler, (type | dpl) << 8);
    // Real mode's vectors lie at 0.
    this.words[vector] = random.chance(60) ? STUBS : ((CODE >>> 4) << 16) | random.below(0xffff);
  }

  private drawTasks(random: Random): void {
    const { words, image } = this;
    words[(TSS + 4) >>> 2] = STACK_TOP - 0x400;
    words[(TSS + 8) >>> 2] = SELECTORS.data0;
    words[(TSS + 0x64) >>> 2] = 0x68 << 16;
    // The I/O permission bitmap.
    for (let i = TSS + 0x68; i < TSS + TSS_LIMIT; i++) image[i] = random.chance(50) ? 0 : random.bits();
    words.set([0, STACK_TOP - 0x800, SELECTORS.data0, 0, 0, 0, 0, DIRECTORY], OTHER_TSS >>> 2);
    const state = [CODE + random.below(CODE_SIZE), random.bits() & 0x24fd5, 0, 0, 0, 0, STACK_TOP - 0x100, 0, 0, 0];
    words.set(state, (OTHER_TSS + 0x20) >>> 2);
    const { code0, data0 } = SELECTORS;
    words.set(
      [data0, code0, data0, data0, data0, data0, random.chance(50) ? 0 : SELECTORS.ldt],
      (OTHER_TSS + 0x48) >>> 2,
    );
    words[(OTHER_TSS + 0x64) >>> 2] = 0x68 << 16;
    // Handlers: HLT, or IRET with and without an error code.
    image.set(random.pick([[0xf4], [0xcf], [0x83, 0xc4, 0x04, 0xcf], [0x83, 0x04, 0x24, 0x01, 0xcf]]), STUBS);
  }

  /** Half of it random bytes, half of it random instructions of the table. */
  private drawCode(random: Random): void {
    const { image } = this;
    for (let at = CODE; at < CODE + CODE_SIZE;) {
      if (random.chance(50)) {
        for (let i = 0; i < 16 && at < CODE + CODE_SIZE; i++) image[at++] = random.bits();
      } else {
        const bytes = randomInstruction(random).slice(0, CODE + CODE_SIZE - at);
        image.set(bytes, at);
        at += bytes.length;
      }
    }
  }

  // --- A start ---

  /** Back to what prepare() made; cheaper than a new machine. */
  private restore(): void {
    const { cpu, arena } = this;
    cpu.reset();
    cpu.instructionCount = 0;
    arena.ram8.set(this.image);
    cpu.stateReplaced();
    cpu.setA20(true);
    cpu.interruptLine = false;
  }

  /** Runs from a random place in a random state. */
  start(mode: FuzzMode, random: Random): StopReason {
    this.restore();
    this.exceptions = 0;
    this.accesses = 0;
    const { cpu } = this;
    for (const name of ["eax", "ecx", "edx", "ebx", "ebp", "esi", "edi"] as RegisterName[]) {
      cpu.writeRegister(name, random.chance(40) ? DATA + random.below(0x28000) : anyValue(random));
    }
    if (mode === "real mode") this.enterRealMode(random);
    else this.enterProtectedMode(mode, random);
    this.limit = cpu.instructionCount + MAX_INSTRUCTIONS;
    if (!this.stepwise) return cpu.run(this.limit);
    let reason = StopReason.Limit;
    while (reason === StopReason.Limit && cpu.instructionCount < this.limit) {
      reason = cpu.run(cpu.instructionCount + 1);
    }
    return reason;
  }

  private enterRealMode(random: Random): void {
    const { cpu } = this;
    for (const name of ["ds", "es", "ss", "fs", "gs"] as const) {
      cpu.writeRegister(name, random.chance(50) ? DATA >>> 4 : random.bits() & 0xffff);
    }
    cpu.writeRegister("cs", CODE >>> 4);
    cpu.writeRegister("idtr.base", 0);
    cpu.writeRegister("esp", random.chance(80) ? 0x8000 : anyValue(random));
    cpu.writeRegister("eip", random.below(CODE_SIZE));
    cpu.writeRegister("eflags", drawFlags(random) & 0xffff);
  }

  /** By way of ring 0: to ring 3 and virtual-8086 mode an IRETD leads, which is the first instruction. */
  private enterProtectedMode(mode: FuzzMode, random: Random): void {
    const { cpu, arena } = this;
    const { code0, data0, code3, data3, tss, ldt } = SELECTORS;
    cpu.writeRegister("gdtr.base", GDT);
    cpu.writeRegister("gdtr.limit", GDT_ENTRIES * 8 - 1);
    cpu.writeRegister("idtr.base", IDT);
    cpu.writeRegister("idtr.limit", 0x7ff);
    cpu.writeRegister("cr3", DIRECTORY);
    cpu.writeRegister("cr4", random.chance(70) ? 0x90 : 0);
    const paging = random.chance(80) ? 0x80000000 : 0;
    cpu.writeRegister("cr0", (paging | 0x31 | (random.chance(50) ? 0x10000 : 0) | (random.chance(5) ? 8 : 0)) >>> 0);
    cpu.setSegment("ldtr", { selector: ldt, base: LDT, limit: 0x7f, access: 0x82 });
    cpu.setSegment("tr", { selector: tss, base: TSS, limit: TSS_LIMIT, access: 0x8b });
    for (const name of ["ds", "es", "ss", "fs", "gs"] as const) cpu.writeRegister(name, data0);
    cpu.writeRegister("cs", code0);
    const eip = CODE + random.below(CODE_SIZE);
    const esp = random.chance(85) ? DATA + 0x8000 : anyValue(random);
    if (mode === "ring 0") {
      cpu.writeRegister("esp", random.chance(85) ? STACK_TOP : anyValue(random));
      cpu.writeRegister("eip", eip);
      cpu.writeRegister("eflags", drawFlags(random));
      return;
    }
    const virtual = mode === "virtual-8086 mode";
    const word = (): number => (random.chance(60) ? DATA >>> 4 : random.bits() & 0xffff);
    const flags = drawFlags(random) | (virtual ? 0x20000 : 0);
    const frame = virtual
      ? [eip - CODE, CODE >>> 4, flags, random.below(0x10000), word(), word(), word(), word(), word()]
      : [eip, code3, flags, esp, data3];
    const at = STACK_TOP - 4 * frame.length;
    arena.ram32.set(frame, at >>> 2);
    arena.ram8[STUBS + 0x100] = 0xcf;
    for (const name of ["ds", "es", "fs", "gs"] as const) cpu.writeRegister(name, data3);
    cpu.writeRegister("esp", at);
    cpu.writeRegister("eip", STUBS + 0x100);
    cpu.writeRegister("eflags", 2);
  }

  /** A number for everything the guest could tell: registers, memory, the count. */
  fingerprint(): number {
    const { cpu, arena } = this;
    let hash = cpu.instructionCount | 0;
    const mix = (value: number): void => {
      hash = Math.imul(hash ^ value, 0x01000193) ^ (hash >>> 15);
    };
    for (const name of FINGERPRINT) mix(cpu.readRegister(name));
    for (const word of arena.ram32) mix(word);
    return hash;
  }

  // --- Checks ---

  /** What is wrong after a start; empty when nothing is. */
  check(): string[] {
    const { cpu, complaints } = this;
    if (cpu.instructionCount > this.limit)
      complaints.push(`ran ${cpu.instructionCount - this.limit} instructions too far`);
    if (!(cpu.cpl >= 0 && cpu.cpl <= 3)) complaints.push(`privilege level ${cpu.cpl}`);
    if ((cpu.readRegister("eflags") & 0x802a) !== 2) complaints.push("fixed bits of EFLAGS changed");
    return complaints.splice(0);
  }

  /** What is wrong with the arena: too much to look at after every start. */
  checkArena(): string[] {
    const { arena } = this;
    const complaints: string[] = [];
    const behind = arena.bytes.subarray(Region.RAM + FUZZ_MEMORY);
    if (behind.some((byte) => byte !== 0)) complaints.push("the arena behind guest memory was written");
    for (let page = 0; page < Region.TLB_BYTES / 4; page++) {
      const entry = arena.words[Region.TLB_WORD + page];
      if ((entry & TlbBit.EMPTY) === TlbBit.EMPTY) continue;
      const position = ((entry & ~0xfff) ^ (page << 12)) >>> 0;
      if (position < Region.RAM || position >= Region.RAM + FUZZ_MEMORY) {
        complaints.push(`the TLB entry of page ${page.toString(16)} leads to ${position.toString(16)} in the arena`);
      }
    }
    return complaints;
  }
}

function drawFlags(random: Random): number {
  const flags = (random.bits() & 0x3cd5) | 2;
  return flags | (random.chance(5) ? 0x100 : 0) | (random.chance(5) ? 0x4000 : 0) | (random.chance(10) ? 0x40000 : 0);
}

/** A row of the table with random operands: it goes further than random bytes do. */
function randomInstruction(random: Random): number[] {
  const row = random.pick(instructions);
  const code: number[] = [];
  if (random.chance(12)) code.push(0x66);
  if (random.chance(8)) code.push(0x67);
  if (random.chance(8)) code.push(random.pick([0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]));
  if (row.opcode >= 0x100) code.push(0x0f);
  code.push((row.opcode & 0xff) + (row.registerInOpcode ? random.below(8) : 0));
  if (row.hasModRm) {
    const reg = row.digit === -1 ? random.below(8) : row.digit;
    if (random.chance(40)) code.push(0xc0 | (reg << 3) | random.below(8));
    else if (random.chance(50))
      code.push((reg << 3) | 5, random.bits() & 0xff, random.bits() & 0xff, random.below(5), 0);
    else code.push(((random.below(3) << 6) | (reg << 3) | random.below(8)) & 0xff, random.bits() & 0xff);
  }
  for (const kind of row.immediates) {
    const length = { ib: 1, ibs: 1, cb: 1, iw: 2, p: 6, mo: 4 }[kind] ?? 4;
    if (kind === "p")
      code.push(random.bits() & 0xff, random.bits() & 0xff, random.below(4), 0, random.below(24) * 8, 0);
    else if (kind === "cb" || kind === "cv") code.push(random.bits() & 0xff, ...new Array<number>(length - 1).fill(0));
    else for (let i = 0; i < length; i++) code.push(random.bits() & 0xff);
  }
  return code.map((byte) => byte & 0xff);
}

/** Starts that share code and tables, and the seed that names them in messages. */
const GROUP = 64;

export interface FuzzReport {
  starts: number;
  instructions: number;
  halted: number;
  shutDown: number;
  /** First few things that went wrong; empty when nothing did. */
  failures: string[];
}

/** `ended` is called after each start with its number. */
export function fuzz(
  bed: FuzzBed,
  mode: FuzzMode,
  starts: number,
  seed: number,
  ended?: (start: number) => void,
): FuzzReport {
  const report: FuzzReport = { starts: 0, instructions: 0, halted: 0, shutDown: 0, failures: [] };
  for (let group = 0; report.starts < starts && report.failures.length < 3; group++) {
    const groupSeed = (seed + group * 0x9e3779b1) | 0;
    const random = new Random(groupSeed);
    bed.prepare(random);
    for (let i = 0; i < GROUP && report.starts < starts; i++) {
      const name = `${mode}, seed ${groupSeed}, start ${i}`;
      try {
        const reason = bed.start(mode, random);
        if (reason === StopReason.Halt) report.halted++;
        if (reason === StopReason.Shutdown) report.shutDown++;
      } catch (error) {
        report.failures.push(`${name}: ${(error as Error).stack}`);
        break;
      }
      ended?.(report.starts);
      report.starts++;
      report.instructions += bed.cpu.instructionCount;
      for (const complaint of bed.check()) report.failures.push(`${name}: ${complaint}`);
    }
    if (group % 16 === 0)
      for (const complaint of bed.checkArena()) report.failures.push(`${mode}, seed ${groupSeed}: ${complaint}`);
  }
  return report;
}
