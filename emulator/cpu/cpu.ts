import type { Arena } from "./arena.ts";
import { flushCode, invalidateCode } from "./block_cache.ts";
import type { CpuBus } from "./bus.ts";
import { Decoder } from "./decode.ts";
import { Fpu } from "./fpu/fpu.ts";
import { OperandPort } from "./fpu/operand_port.ts";
import * as inspect from "./inspect.ts";
import type { PageWalk, RegisterName, SegmentName, SegmentView, TlbEntry } from "./inspect.ts";
import { Mode, type PageKind, Region, Segment, SegmentField, State } from "./layout.ts";
import { Op, Record } from "./operation.ts";
import { reset } from "./reset.ts";
import { run } from "./run.ts";
import { tlbFlushAll, tlbRefresh } from "./tlb.ts";
import { warmUp } from "./warm_up.ts";

export type { PageWalk, RegisterName, SegmentName, SegmentView, TlbEntry } from "./inspect.ts";

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

export const enum WatchAccess {
  Write = 1,
  Read = 2,
  ReadWrite = 3,
}

/** For the processor that warm_up.ts runs. */
const SILENT_BUS: CpuBus = {
  readPort: () => 0,
  writePort() {},
  readPhysical: () => 0,
  writePhysical() {},
  acknowledgeInterrupt: () => 0,
};

/**
 * An i386 processor. All architectural state is in the arena; decoded code is derived state, dropped by
 * stateReplaced().
 *
 * Public to the rooms above: what has a description with its unit. The fields under "Internal" belong to emulator/cpu.
 */
export class Cpu {
  readonly arena: Arena;
  readonly bus: CpuBus;
  readonly hooks: CpuHooks = { onException: null, onUnimplemented: null, onAddressSpace: null };
  /** The access that ended the last run() with Watchpoint. */
  watchHit: { linear: number; size: number; write: boolean } | null = null;

  // --- Internal: views of the arena ---
  readonly m: Int32Array;
  readonly m8: Uint8Array;
  readonly m16: Uint16Array;

  // --- Internal: the x87 ---
  readonly fpuPort = new OperandPort(this);
  readonly fpu: Fpu;

  // --- Internal: the run ---
  /** Operation that is being executed, 0 outside blocks: where EIP and the count come from in the middle of a block. */
  p = 0;
  /** instructionCount when State.BUDGET is used up. */
  sliceEnd = 0;
  limit = 0;
  /** Something for the run loop to look at before the next instruction. */
  attention = false;
  stopRequested = false;
  /** Only one instruction is to be executed. */
  alone = false;
  taskTrap = false;
  trapSuppressed = false;
  /** An operation replaced by RESYNC for a moment, to leave the block there, and what it was; see interject(). */
  patchAt = 0;
  private patchedWord = 0;

  // --- Internal: decoded code ---
  readonly decoder: Decoder;
  readonly fetchBuffer = new Uint8Array(16);
  readonly codePages: number[] = [];
  codeEnd = 0;
  codeGeneration = 0;

  // --- Internal: results of functions that have more than one ---
  descriptorLow = 0;
  descriptorHigh = 0;
  descriptorAddress = 0;
  farOffset = 0;
  farSelector = 0;
  innerSs = 0;
  innerEsp = 0;
  quotient = 0;
  remainder = 0;
  readonly frame = new Int32Array(64);
  readonly scratch = new Int32Array(16);

  // --- Internal: the debugger's breakpoints and watchpoints ---
  private readonly breakpoints = new Set<number>();
  /** Offsets in the page of all breakpoints; null when there are none. */
  breakpointOffsets: Set<number> | null = null;
  private lastBreakpoint = { linear: -1, count: -1 };
  private readonly watchpoints: { linear: number; length: number; access: WatchAccess }[] = [];
  /** Linear pages with a watchpoint; null when there are none. */
  watchedPages: Set<number> | null = null;

  /** Starts in the power-on state. */
  constructor(arena: Arena, bus: CpuBus) {
    this.arena = arena;
    this.bus = bus;
    this.m = arena.words;
    this.m8 = arena.bytes;
    this.m16 = arena.halves;
    this.fpu = new Fpu(this.m, this.fpuPort);
    this.decoder = new Decoder(this.m);
    this.reset();
    warmUp((scratch) => new Cpu(scratch, SILENT_BUS));
  }

  // --- Running ---

  /**
   * Instructions retired since power-on. Exact at every bus call, hook and return from run(). A REP string
   * instruction retires once, when it completes (and once for each 65536 iterations of a longer one, see string.ts);
   * interrupts are sampled between its iterations. May be assigned between runs (restore).
   */
  get instructionCount(): number {
    const m = this.m;
    const left = m[State.BUDGET] + (this.p !== 0 ? m[this.p + Record.META] >>> 16 : 0);
    return this.sliceEnd - left;
  }

  set instructionCount(count: number) {
    this.sliceEnd = count;
    this.m[State.BUDGET] = 0;
  }

  /** EIP of the current instruction (in a hook or bus call) or the next one (between runs), unsigned. */
  get eip(): number {
    const m = this.m;
    return (m[State.EIP] + (this.p !== 0 ? m[this.p + Record.META] & 0xfff : 0)) >>> 0;
  }

  /** Current privilege level, 0..3. */
  get cpl(): number {
    return this.m[State.CPL];
  }

  /**
   * Executes until instructionCount === limit exactly, or earlier for another reason. Never throws for anything the
   * guest does.
   */
  run(limit: number): StopReason {
    return run(this, limit);
  }

  /** INTR from the 8259: a level, sampled at instruction boundaries. */
  get interruptLine(): boolean {
    return this.m[State.INTERRUPT_LINE] !== 0;
  }

  set interruptLine(level: boolean) {
    const m = this.m;
    const value = level ? 1 : 0;
    if (m[State.INTERRUPT_LINE] === value) return;
    m[State.INTERRUPT_LINE] = value;
    if (level) this.interject();
  }

  /** IGNNE#: with CR0.NE clear, x87 instructions execute although an unmasked exception is pending. */
  set ignoreFloatingPointErrors(level: boolean) {
    this.fpu.ignoreErrors = level;
  }

  /** An edge on the NMI pin. */
  raiseNmi(): void {
    this.m[State.NMI] |= 1;
    this.interject();
  }

  /** run() returns StopRequested at the next instruction boundary (the current instruction completes). */
  requestStop(): void {
    this.stopRequested = true;
    this.interject();
  }

  /**
   * From a bus call or hook: run() stops at `limit` if that is earlier than its own limit, but not before the current
   * instruction has retired.
   */
  shortenLimit(limit: number): void {
    if (limit >= this.limit) return;
    this.limit = limit;
    this.interject();
  }

  /**
   * Internal: comes back to the run loop at the next instruction boundary, so that it can look around: the rest of the
   * slice is cut off (the run loop starts another).
   */
  interject(): void {
    this.attention = true;
    const m = this.m;
    const boundary = this.instructionCount + (this.p !== 0 ? 1 : 0);
    const cut = this.sliceEnd - boundary;
    if (cut > 0) {
      this.sliceEnd = boundary;
      m[State.BUDGET] -= cut;
    }
    this.leaveBlock();
  }

  /**
   * Internal: the block that is being executed is left after the current instruction, because its next instruction is
   * replaced by RESYNC for a moment. (After its last instruction it is over anyway.)
   */
  leaveBlock(): void {
    const m = this.m;
    if (this.p === 0 || this.patchAt !== 0) return;
    const left = m[this.p + Record.META] >>> 16;
    if (left <= 1) return;
    let next = this.p;
    while (m[next + Record.META] >>> 16 === left) next += Record.WORDS;
    this.patchAt = next;
    this.patchedWord = m[next];
    m[next] = (m[next] & ~Record.OP_MASK) | Op.RESYNC;
  }

  /** Internal: undoes what interject() did to the block. */
  unpatch(): void {
    if (this.patchAt === 0) return;
    this.m[this.patchAt] = this.patchedWord;
    this.patchAt = 0;
  }

  /** Internal: the T bit of the task just switched to. */
  pendTaskTrap(): void {
    this.taskTrap = true;
    this.attention = true;
  }

  /** Power-on state: real mode at FFFF:FFF0 (CS base FFFF0000h). Memory is not touched, nor is instructionCount. */
  reset(): void {
    const count = this.instructionCount;
    reset(this);
    this.instructionCount = count;
    this.stateReplaced();
  }

  /** The state in the arena was replaced (restore): drops everything derived from it. */
  stateReplaced(): void {
    this.p = 0;
    this.patchAt = 0;
    this.taskTrap = false;
    this.m[State.FAULT] = 0;
    flushCode(this);
    tlbRefresh(this);
  }

  // --- Physical memory ---

  /**
   * Declares what backs the physical pages [first, first + count) below the end of guest RAM (the others always go to
   * the bus).
   */
  mapPages(first: number, count: number, kind: PageKind): void {
    this.arena.pageKinds.fill(kind, first, first + count);
    flushCode(this);
    tlbRefresh(this);
    this.interject();
  }

  /** A20 gate: when off, physical address bit 20 is zero. */
  setA20(enabled: boolean): void {
    const mask = enabled ? -1 : ~0x100000;
    if (this.m[State.A20_MASK] === mask) return;
    this.m[State.A20_MASK] = mask;
    tlbFlushAll(this);
    this.interject();
  }

  /**
   * DMA, loaders, debugger: copies bytes into guest RAM (whatever kind of page it is) and drops code decoded from there.
   */
  writePhysicalMemory(address: number, bytes: Uint8Array): void {
    this.arena.ram8.set(bytes, address);
    this.physicalMemoryChanged(address, bytes.length);
  }

  /** Guest RAM [address, address + length) was changed behind the processor's back (through arena.ram8). */
  physicalMemoryChanged(address: number, length: number): void {
    const end = Math.min(address + length, this.arena.memoryBytes);
    for (let at = address; at < end;) {
      const next = Math.min(end, (Math.floor(at / 0x1000) + 1) * 0x1000);
      if (this.m[Region.CODE_PAGE_WORD + (at >>> 12)] !== 0) invalidateCode(this, at, next - at);
      at = next;
    }
  }

  // --- For the debugger: no side effects on the run ---

  /** Page walk without A/D bits, TLB fill or use of the TLB: the physical address, or -1. */
  translate(linear: number): number {
    return inspect.walk(this, linear).physical;
  }

  /** All steps of the walk. */
  walk(linear: number): PageWalk {
    return inspect.walk(this, linear);
  }

  /** What the TLB holds for the page of `linear`, or null. */
  tlbEntry(linear: number): TlbEntry | null {
    return inspect.tlbEntry(this, linear);
  }

  /** Guest memory at a linear address as the page tables map it now; null when a page is not mapped or not memory. */
  peek(linear: number, length: number): Uint8Array | null {
    return inspect.peek(this, linear, length);
  }

  /** Linear write by the debugger: page rights are not checked, A/D not set. False when not all of it is RAM. */
  poke(linear: number, bytes: Uint8Array): boolean {
    return inspect.poke(this, linear, bytes);
  }

  /** Unsigned. Segment registers give the selector; eflags has the lazy flags worked out. */
  readRegister(name: RegisterName): number {
    return inspect.readRegister(this, name);
  }

  /** Between runs. A segment register written in protected mode loads its descriptor without checks. */
  writeRegister(name: RegisterName, value: number): void {
    inspect.writeRegister(this, name, value);
  }

  /** A segment register with its hidden part. */
  segment(name: SegmentName): SegmentView {
    return inspect.segment(this, name);
  }

  /** Sets the hidden part too: for a loader that starts a kernel in protected mode. CS also sets the CPL. */
  setSegment(name: SegmentName, view: SegmentView): void {
    inspect.setSegmentView(this, name, view);
  }

  /** Execution breakpoint at a linear address: run() stops before the instruction there. */
  addBreakpoint(linear: number): void {
    this.breakpoints.add(linear >>> 0);
    this.breakpointsChanged();
  }

  removeBreakpoint(linear: number): void {
    this.breakpoints.delete(linear >>> 0);
    this.breakpointsChanged();
  }

  private breakpointsChanged(): void {
    this.breakpointOffsets = this.breakpoints.size === 0 ? null : new Set([...this.breakpoints].map((b) => b & 0xfff));
    flushCode(this);
  }

  /** Internal: true when the run stops before the instruction at `linear`. Running on from there doesn't stop again. */
  breakpointHit(linear: number): boolean {
    if (!this.breakpoints.has(linear >>> 0)) return false;
    const last = this.lastBreakpoint;
    const count = this.instructionCount;
    if (last.linear === linear && last.count === count) return false;
    last.linear = linear;
    last.count = count;
    return true;
  }

  /** Stops after an instruction that reads or writes any byte of [linear, linear + length). */
  addWatchpoint(linear: number, length: number, access: WatchAccess): void {
    this.watchpoints.push({ linear: linear >>> 0, length, access });
    this.watchpointsChanged();
  }

  removeWatchpoint(linear: number, length: number, access: WatchAccess): void {
    const at = this.watchpoints.findIndex(
      (w) => w.linear === linear >>> 0 && w.length === length && w.access === access,
    );
    if (at !== -1) this.watchpoints.splice(at, 1);
    this.watchpointsChanged();
  }

  private watchpointsChanged(): void {
    this.watchedPages = this.watchpoints.length === 0 ? null : new Set<number>();
    for (const { linear, length } of this.watchpoints) {
      for (let page = linear >>> 12; page <= (linear + length - 1) >>> 12; page++) this.watchedPages?.add(page);
    }
    tlbRefresh(this);
  }

  /** Internal: an access to a watched page. */
  watch(linear: number, size: number, write: boolean): void {
    const first = linear >>> 0;
    const kind = write ? WatchAccess.Write : WatchAccess.Read;
    for (const w of this.watchpoints) {
      if ((w.access & kind) !== 0 && first < w.linear + w.length && first + size > w.linear) {
        this.watchHit ??= { linear: first, size, write };
        this.interject();
        return;
      }
    }
  }

  // --- Internal ---

  /** Linear address of an offset in the code segment. */
  linearOf(eip: number): number {
    const m = this.m;
    if ((m[State.MODE] & Mode.FLAT_CS) !== 0) return eip;
    return (m[State.SEGMENTS + Segment.CS * SegmentField.WORDS + SegmentField.BASE] + eip) | 0;
  }

  /** An opcode that is not implemented is about to raise #UD. */
  reportUnimplemented(name: string): void {
    const hook = this.hooks.onUnimplemented;
    if (hook === null) return;
    const bytes = this.peek(this.linearOf(this.eip), 15) ?? new Uint8Array(0);
    hook(this.eip, bytes, name);
  }
}
