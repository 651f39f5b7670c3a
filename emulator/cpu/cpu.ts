import type { Arena } from "./arena.ts";
import type { CpuBus } from "./bus.ts";
import type { PageWalk, SegmentView, TlbEntry } from "./inspect.ts";
import type { PageKind } from "./layout.ts";

/** Why run() returned. */
export const enum StopReason {
  /** instructionCount reached the limit. */
  Limit = 0,
  /** HLT: nothing happens until an interrupt. run() again returns Halt at once while no interrupt can be taken. */
  Halt = 1,
  /** Triple fault: the processor needs reset(). */
  Shutdown = 2,
  /** requestStop() was called. */
  StopRequested = 3,
  /** The next instruction has a breakpoint. run() again executes it. */
  Breakpoint = 4,
  /** The instruction just retired touched a watched range; `watchHit` says which. */
  Watchpoint = 5,
}

/** Observation points: null costs nothing, a hook can not change the run (other than by requestStop()). */
export interface CpuHooks {
  /**
   * An exception, interrupt or INT n is about to be delivered (before anything is pushed). `instructionCount` is exact;
   * `cpu.eip`, CS and the registers are those that delivery will save: the faulting instruction for a fault, the next
   * one for a trap, an interrupt and INT n. For vector 14 CR2 is already set.
   */
  onException: ((vector: number, errorCode: number, hasErrorCode: boolean, kind: ExceptionKind) => void) | null;
  /** An opcode the emulator knows but does not implement raised #UD. `bytes`: the instruction, from its first prefix. */
  onUnimplemented: ((eip: number, bytes: Uint8Array, name: string) => void) | null;
  /** CR3 is loaded (MOV CR3 or task switch), after the load. */
  onAddressSpace: ((cr3: number) => void) | null;
}

export const enum ExceptionKind {
  /** Raised by the instruction at cpu.eip, which did not retire. */
  Fault = 0,
  /** Raised after an instruction (single step, data breakpoint). */
  Trap = 1,
  /** From the interrupt line. */
  External = 2,
  /** INT n, INT3, INTO. */
  Software = 3,
  /** NMI. */
  Nmi = 4,
}

/** Names for readRegister and writeRegister. */
export type RegisterName =
  | ("eax" | "ecx" | "edx" | "ebx" | "esp" | "ebp" | "esi" | "edi" | "eip" | "eflags")
  | ("es" | "cs" | "ss" | "ds" | "fs" | "gs" | "ldtr" | "tr")
  | ("cr0" | "cr2" | "cr3" | "cr4")
  | ("dr0" | "dr1" | "dr2" | "dr3" | "dr6" | "dr7")
  | ("gdtr.base" | "gdtr.limit" | "idtr.base" | "idtr.limit");

/**
 * An i386 processor. All architectural state is in the arena; decoded code is derived state, dropped by
 * stateReplaced() after a restore.
 */
export interface CpuInterface {
  readonly arena: Arena;
  readonly bus: CpuBus;
  readonly hooks: CpuHooks;

  /**
   * Instructions retired since power-on. Exact at every bus call, hook and return from run(). A REP string
   * instruction retires once, when it completes; interrupts are sampled between its iterations. May be assigned
   * between runs (restore).
   */
  instructionCount: number;
  /** EIP of the current instruction (in a hook or bus call) or the next one (between runs), unsigned. */
  readonly eip: number;
  /** 0..3. */
  readonly cpl: number;

  /** Executes until instructionCount === limit exactly, or earlier for another reason. Never throws for guest errors. */
  run(limit: number): StopReason;
  /** INTR from the 8259: level, sampled at instruction boundaries. */
  interruptLine: boolean;
  /** Edge on the NMI pin. */
  raiseNmi(): void;
  /** run() returns StopRequested at the next instruction boundary. */
  requestStop(): void;
  /** From a bus call: run() stops at `limit` if that is earlier than its own limit. Not below instructionCount. */
  shortenLimit(limit: number): void;
  /** Power-on state: real mode at FFFF:FFF0 (CS base FFFF0000h). Memory is not touched. */
  reset(): void;
  /** The architectural state in the arena was replaced (restore, loader): drop everything derived from it. */
  stateReplaced(): void;

  /** Declares what backs physical pages [first, first + count). Pages beyond guest RAM always go to the bus. */
  mapPages(first: number, count: number, kind: PageKind): void;
  /** A20 gate: when off, physical address bit 20 is zero. */
  setA20(enabled: boolean): void;
  /** DMA, loaders, debugger: copies bytes into guest RAM and drops code decoded from there. */
  writePhysicalMemory(address: number, bytes: Uint8Array): void;
  /** Guest RAM [address, address + length) was changed behind the processor's back (through arena.ram8). */
  physicalMemoryChanged(address: number, length: number): void;
  /** Linear write by the debugger: page rights are not checked, A/D not set. False when not mapped. */
  poke(linear: number, bytes: Uint8Array): boolean;

  /** Page walk without side effects (no A/D bits, no TLB fill, TLB not consulted): physical address or -1. */
  translate(linear: number): number;
  /** Guest memory at a linear address as the page tables map it now, or null when some page is not RAM or not mapped. */
  peek(linear: number, length: number): Uint8Array | null;
  /** All steps of the walk, for the page-walk explainer. */
  walk(linear: number): PageWalk;
  /** What the TLB holds for the page of `linear`, or null. */
  tlbEntry(linear: number): TlbEntry | null;
  /** Selectors for segment registers; eflags with the lazy flags worked out. Unsigned 32-bit. */
  readRegister(name: RegisterName): number;
  /** Writes a register between runs. Writing a segment register in protected mode loads its descriptor unchecked. */
  writeRegister(name: RegisterName, value: number): void;
  /** A segment register with its hidden part. */
  segment(name: "es" | "cs" | "ss" | "ds" | "fs" | "gs" | "ldtr" | "tr"): SegmentView;
  /** Sets the hidden part too (a loader that starts a kernel in protected mode). */
  setSegment(name: "es" | "cs" | "ss" | "ds" | "fs" | "gs" | "ldtr" | "tr", view: SegmentView): void;

  /** Execution breakpoint at a linear address: run() stops before the instruction there. */
  addBreakpoint(linear: number): void;
  removeBreakpoint(linear: number): void;
  /** Stops after an instruction that reads and/or writes any byte of [linear, linear + length), 1..4096 bytes. */
  addWatchpoint(linear: number, length: number, access: WatchAccess): void;
  removeWatchpoint(linear: number, length: number, access: WatchAccess): void;
  /** The access that ended the last run() with Watchpoint. */
  readonly watchHit: { linear: number; size: number; write: boolean } | null;
}

export const enum WatchAccess {
  Write = 1,
  Read = 2,
  ReadWrite = 3,
}

/** Interpreter: being built; the types are the contract. */
export declare class Cpu implements CpuInterface {
  constructor(arena: Arena, bus: CpuBus);

  readonly arena: Arena;
  readonly bus: CpuBus;
  readonly hooks: CpuHooks;

  instructionCount: number;
  readonly eip: number;
  readonly cpl: number;

  run(limit: number): StopReason;
  interruptLine: boolean;
  raiseNmi(): void;
  requestStop(): void;
  shortenLimit(limit: number): void;
  reset(): void;
  stateReplaced(): void;

  mapPages(first: number, count: number, kind: PageKind): void;
  setA20(enabled: boolean): void;
  writePhysicalMemory(address: number, bytes: Uint8Array): void;
  physicalMemoryChanged(address: number, length: number): void;
  poke(linear: number, bytes: Uint8Array): boolean;

  translate(linear: number): number;
  peek(linear: number, length: number): Uint8Array | null;
  walk(linear: number): PageWalk;
  tlbEntry(linear: number): TlbEntry | null;
  readRegister(name: RegisterName): number;
  writeRegister(name: RegisterName, value: number): void;
  segment(name: "es" | "cs" | "ss" | "ds" | "fs" | "gs" | "ldtr" | "tr"): SegmentView;
  setSegment(name: "es" | "cs" | "ss" | "ds" | "fs" | "gs" | "ldtr" | "tr", view: SegmentView): void;

  addBreakpoint(linear: number): void;
  removeBreakpoint(linear: number): void;
  addWatchpoint(linear: number, length: number, access: WatchAccess): void;
  removeWatchpoint(linear: number, length: number, access: WatchAccess): void;
  readonly watchHit: { linear: number; size: number; write: boolean } | null;
}
