// Ends a machine that nobody can reach any more: its input is over, and all it does is wait.
import { CLOCK_HZ } from "../devices/bus.ts";
import type { Timer } from "../devices/bus.ts";
import type { Machine } from "./machine.ts";

const SECOND = CLOCK_HZ;
/** A second counts as idle when the processor was halted for this share of it. */
const IDLE_SHARE = 0.9;
/** A second of looking at an empty receiver this often counts as idle, too, ... */
const POLLS_PER_SECOND = 10_000;
/** ... and for this many, since such a second costs the host as much as one of work. */
const POLLED_SECOND = 10;

export class IdleWatch {
  private readonly timer: Timer;
  private quietSeconds = 0;
  private outputs = 0;
  private inputs = 0;
  private idleTicks = 0;
  private polls = 0;

  /**
   * @param limitSeconds of machine time without output or work, after which the machine ends with "idle-for-good"
   * @param inputTaken how many bytes of its input the guest has taken
   */
  constructor(
    private readonly machine: Machine,
    private readonly limitSeconds: number,
    private readonly inputTaken: () => number,
  ) {
    this.timer = machine.clock.createInputTimer("idle watch", () => this.check());
  }

  start(): void {
    if (this.timer.deadline !== Infinity) return;
    this.quietSeconds = 0;
    this.mark();
    this.timer.arm(this.machine.clock.now() + SECOND);
  }

  private check(): void {
    const { machine } = this;
    const idle = machine.clock.idleTicks - this.idleTicks >= SECOND * IDLE_SHARE;
    const polling = this.pollCount() - this.polls >= POLLS_PER_SECOND;
    const active = machine.outputCount !== this.outputs || this.inputTaken() !== this.inputs;
    if (active || !(idle || polling)) this.quietSeconds = 0;
    else this.quietSeconds += idle ? 1 : POLLED_SECOND;
    if (this.quietSeconds >= this.limitSeconds) {
      machine.end({ kind: "idle-for-good", seconds: this.quietSeconds });
      return;
    }
    this.mark();
    this.timer.arm(machine.clock.now() + SECOND);
  }

  private mark(): void {
    this.outputs = this.machine.outputCount;
    this.inputs = this.inputTaken();
    this.idleTicks = this.machine.clock.idleTicks;
    this.polls = this.pollCount();
  }

  private pollCount(): number {
    return this.machine.uarts[0].pollCount + this.machine.uarts[1].pollCount;
  }
}
