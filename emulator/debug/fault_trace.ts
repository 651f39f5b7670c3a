import { type CpuHooks, ExceptionKind } from "../cpu/cpu.ts";
import type { PageWalk } from "../cpu/inspect.ts";
import type { FaultRing, KernelFault } from "./fault_ring.ts";
import type { LinearMemory } from "./guest_memory.ts";
import { observeExceptions } from "./observers.ts";

/** A page fault as the processor delivered it. Addresses are linear, unsigned. */
export interface CpuFault {
  /** Instructions retired before the one that faulted. */
  readonly instruction: number;
  readonly cs: number;
  readonly eip: number;
  readonly cpl: number;
  readonly cr2: number;
  readonly errorCode: number;
  /** Directory and table entry of CR2 at the time, -1 where the walk did not reach. */
  readonly pde: number;
  readonly pte: number;
}

/** One page fault: what the processor saw and what the kernel did about it. Either part may be missing, not both. */
export interface Fault {
  readonly cpu: CpuFault | null;
  readonly kernel: KernelFault | null;
}

/** The part of the processor that tracing needs. */
export interface TracedCpu extends LinearMemory {
  readonly hooks: CpuHooks;
  readonly instructionCount: number;
  readonly eip: number;
  readonly cpl: number;
  readRegister(name: "cs" | "cr2"): number;
  walk(linear: number): PageWalk;
}

const PAGE_FAULT = 14;

interface Pair {
  cpu: CpuFault | null;
  kernel: KernelFault | null;
  /** Which fault of the kernel's count it is, once joined. */
  index: number;
}

/**
 * Records every #PF of a run. The kernel's record of a fault is read at the next fault and at the end, so that its ring never overflows
 * between two readings. Observation only: nothing here changes the run.
 */
export class FaultTrace {
  readonly #cpu: TracedCpu;
  readonly #ring: FaultRing | undefined;
  readonly #pairs: Pair[] = [];
  /** Processor faults without a kernel record yet, oldest first. */
  #open: Pair[] = [];
  /** Joined, but the kernel was possibly still writing when its record was read. */
  #unfinished: Pair[] = [];
  #collected = 0;
  readonly #stop: () => void;

  constructor(cpu: TracedCpu, ring?: FaultRing) {
    this.#cpu = cpu;
    this.#ring = ring;
    this.#stop = observeExceptions(cpu.hooks, (vector, errorCode, _has, kind) => {
      if (vector === PAGE_FAULT && kind === ExceptionKind.Fault) this.#record(errorCode);
    });
  }

  /** The faults so far, in the order the processor raised them. May be called at any time between runs. */
  faults(): readonly Fault[] {
    this.#collect();
    return this.#pairs;
  }

  /** Collects what the kernel wrote last and lets go of the processor. */
  finish(): readonly Fault[] {
    this.#stop();
    return this.faults();
  }

  #record(errorCode: number): void {
    this.#collect();
    const cpu = this.#cpu;
    const cr2 = cpu.readRegister("cr2");
    const walk = cpu.walk(cr2);
    const pair: Pair = {
      cpu: {
        instruction: cpu.instructionCount,
        cs: cpu.readRegister("cs"),
        eip: cpu.eip,
        cpl: cpu.cpl,
        cr2,
        errorCode,
        pde: walk.directoryEntry,
        pte: walk.tableEntry,
      },
      kernel: null,
      index: -1,
    };
    this.#pairs.push(pair);
    if (!this.#ring) return;
    this.#open.push(pair);
    // What the kernel has not recorded within one ring's time it never will.
    if (this.#open.length > this.#ring.capacity) this.#open.shift();
  }

  #collect(): void {
    const ring = this.#ring;
    if (!ring) return;
    const count = ring.count();
    if (count < 0) return;
    // The machine was reset and its kernel counts from zero again.
    if (count < this.#collected) this.#startOver();
    this.#reread(ring, count);
    for (let index = Math.max(this.#collected, count - ring.capacity); index < count; index++) {
      const kernel = ring.read(index);
      if (!kernel) break;
      this.#join(kernel, index);
    }
    this.#collected = count;
  }

  #startOver(): void {
    this.#collected = 0;
    this.#open = [];
    this.#unfinished = [];
  }

  #join(kernel: KernelFault, index: number): void {
    const at = this.#open.findIndex(
      ({ cpu }) =>
        cpu !== null && cpu.cr2 === kernel.cr2 && cpu.eip === kernel.eip && cpu.errorCode === kernel.errorCode,
    );
    const [pair = { cpu: null, kernel: null, index }] = at < 0 ? [] : this.#open.splice(at, 1);
    // The kernel recorded a fault that was delivered before tracing began.
    if (at < 0) this.#pairs.push(pair);
    pair.kernel = kernel;
    pair.index = index;
    this.#unfinished.push(pair);
  }

  /** Reads again what the kernel may have completed since: everything without an action, and the newest record. */
  #reread(ring: FaultRing, count: number): void {
    const still: Pair[] = [];
    for (const pair of this.#unfinished) {
      if (count - pair.index > ring.capacity) continue;
      pair.kernel = ring.read(pair.index) ?? pair.kernel;
      if (pair.kernel?.action === "none") still.push(pair);
    }
    this.#unfinished = still;
  }
}
