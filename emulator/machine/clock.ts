// The machine's only clock (DESIGN 1.2): one unit is one retired instruction, nominally 10 ns; HLT retires nothing, so
// the time skipped while halted is counted apart. Everything that happens later is a timer of this clock.
import type { DeviceClock, Timer } from "../devices/bus.ts";

/** What the clock needs of the processor. */
export interface InstructionCounter {
  readonly instructionCount: number;
  /** Makes the current run() stop no later than at `limit` instructions. */
  shortenLimit(limit: number): void;
}

/** Order of timers that are due at one time. Input comes last, so that a replay can do the same. */
const enum Phase {
  DEVICE = 0,
  INPUT = 1,
}

export class Clock implements DeviceClock {
  /** Units that passed while the processor was halted. */
  idleTicks = 0;
  /** Time of the next timer, Infinity if none is armed. */
  next = Infinity;
  private readonly timers: ClockTimer[][] = [[], []];

  constructor(private readonly counter: InstructionCounter) {}

  now(): number {
    return this.counter.instructionCount + this.idleTicks;
  }

  createTimer(name: string, fire: () => void): Timer {
    return this.add(Phase.DEVICE, name, fire);
  }

  /** A timer that fires after all device timers of the same time: for input from outside. */
  createInputTimer(name: string, fire: () => void): Timer {
    return this.add(Phase.INPUT, name, fire);
  }

  /** Fires every timer that is due, in order of time, then phase, then creation. */
  fireDueTimers(): void {
    while (this.next <= this.now()) {
      const due = this.earliest()!;
      due.deadline = Infinity;
      this.next = this.earliest()?.deadline ?? Infinity;
      due.fire();
    }
  }

  /** Names and times of what is to come, earliest first. */
  pending(): { name: string; deadline: number }[] {
    const armed = this.timers.flat().filter((timer) => timer.deadline < Infinity);
    return armed.map(({ name, deadline }) => ({ name, deadline })).sort((a, b) => a.deadline - b.deadline);
  }

  /** A timer has changed: the run must not go past a new earliest time. */
  deadlineChanged(deadline: number, before: number): void {
    if (deadline < this.next) {
      this.next = deadline;
      this.counter.shortenLimit(deadline - this.idleTicks);
    } else if (before === this.next) {
      this.next = this.earliest()?.deadline ?? Infinity;
    }
  }

  private add(phase: Phase, name: string, fire: () => void): Timer {
    const timer = new ClockTimer(this, name, fire);
    this.timers[phase].push(timer);
    return timer;
  }

  /** A PC has about ten timers: a scan beats a heap. */
  private earliest(): ClockTimer | undefined {
    let earliest: ClockTimer | undefined;
    for (const timers of this.timers) {
      for (const timer of timers) {
        if (timer.deadline < (earliest?.deadline ?? Infinity)) earliest = timer;
      }
    }
    return earliest;
  }
}

class ClockTimer implements Timer {
  deadline = Infinity;

  constructor(
    private readonly clock: Clock,
    readonly name: string,
    readonly fire: () => void,
  ) {}

  arm(time: number): void {
    this.set(Math.max(time, this.clock.now() + 1));
  }

  disarm(): void {
    this.set(Infinity);
  }

  private set(deadline: number): void {
    const before = this.deadline;
    if (deadline === before) return;
    this.deadline = deadline;
    this.clock.deadlineChanged(deadline, before);
  }
}
