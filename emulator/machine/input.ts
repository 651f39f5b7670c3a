// Everything that reaches the machine from outside, with the clock time at which it did. A run is a function of its
// images and this log: with the log, it can be repeated exactly.
import type { Timer } from "../devices/bus.ts";
import type { Clock } from "./clock.ts";

/** One outside event. `port`: 0 is COM1, 1 is COM2. */
export type Input = { kind: "serial"; port: number; byte: number } | { kind: "serial-break"; port: number };

export type InputEvent = Input & { time: number };

/**
 * The log and its play head. Behind the head is what has happened; events ahead of it (from another run, or from this
 * one before a snapshot was restored) happen again at their times.
 */
export class InputLog {
  readonly events: InputEvent[];
  private head = 0;
  private readonly timer: Timer;

  constructor(
    private readonly clock: Clock,
    replay: readonly InputEvent[],
    private readonly apply: (input: Input) => void,
  ) {
    this.events = [...replay];
    this.timer = clock.createInputTimer("input log", () => this.replayDue());
  }

  /** Number of events that have happened. */
  get position(): number {
    return this.head;
  }

  /** True while events are still to be repeated: no new input can come in. */
  get replaying(): boolean {
    return this.head < this.events.length;
  }

  /** New input, now: recorded and applied. Only between instructions (between runs, or from an input timer). */
  add(input: Input): void {
    if (this.replaying) throw new Error("input during a replay");
    this.events.push({ ...input, time: this.clock.now() });
    this.head++;
    this.apply(input);
  }

  /** Moves the head to where it was when a snapshot was taken; what follows will be repeated. */
  rewind(position: number): void {
    this.head = position;
  }

  /** Drops the events ahead: the run goes on with new input. */
  forgetFuture(): void {
    this.events.length = this.head;
    this.armTimer();
  }

  /** Repeats what is due and sets the timer for the rest. Called before a run goes on. */
  replayDue(): void {
    while (this.replaying && this.events[this.head].time <= this.clock.now()) this.apply(this.events[this.head++]);
    this.armTimer();
  }

  private armTimer(): void {
    if (this.replaying) this.timer.arm(this.events[this.head].time);
    else this.timer.disarm();
  }
}
