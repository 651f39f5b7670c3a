import type { DeviceClock, Timer } from "../../emulator/devices/bus.ts";

/** A clock that a test moves by hand; timers fire on the way, in the order of their deadlines. */
export class FakeClock implements DeviceClock {
  private time = 0;
  private readonly timers: FakeTimer[] = [];

  now(): number {
    return this.time;
  }

  createTimer(_name: string, fire: () => void): Timer {
    const timer = new FakeTimer(this, fire);
    this.timers.push(timer);
    return timer;
  }

  advance(units: number): void {
    this.advanceTo(this.time + units);
  }

  advanceTo(time: number): void {
    for (;;) {
      const next = this.timers.reduce((a, b) => (b.deadline < a.deadline ? b : a));
      if (next.deadline > time) break;
      this.time = next.deadline;
      next.deadline = Infinity;
      next.fire();
    }
    this.time = time;
  }
}

class FakeTimer implements Timer {
  deadline = Infinity;
  constructor(
    private readonly clock: FakeClock,
    readonly fire: () => void,
  ) {}
  arm(time: number): void {
    this.deadline = Math.max(time, this.clock.now() + 1);
  }
  disarm(): void {
    this.deadline = Infinity;
  }
}

/** Records the levels of a wire. */
export class Wire {
  level = false;
  risingEdges = 0;
  readonly drive = (level: boolean): void => {
    if (level && !this.level) this.risingEdges++;
    this.level = level;
  };
}
