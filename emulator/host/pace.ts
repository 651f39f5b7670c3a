// Real time for a guest that somebody watches: while it waits in HLT, the host sleeps as long as the guest does.
import { CLOCK_HZ } from "../devices/bus.ts";

const UNITS_PER_MS = CLOCK_HZ / 1000;
/** Shorter waits are saved up, so that a guest with a fast timer does not wake the host for each tick. */
const SHORTEST_SLEEP_MS = 20;
/** The guest makes up for delays (oversleeping, slow stretches) up to this long; a longer one is forgotten. */
const MOST_BEHIND_MS = 50;
const LONGEST_SLEEP_MS = 60_000;

export class Pace {
  /** Milliseconds that the guest's clock is ahead of the host's; negative when it is behind. */
  private ahead = 0;
  private wakeUp: (() => void) | null = null;

  constructor(private readonly hostNow: () => number = () => performance.now()) {}

  /** Ends the current sleep. */
  wake(): void {
    this.wakeUp?.();
  }

  /** The guest ran for `units` of its clock, which took the host `ms`. */
  ran(units: number, ms: number): void {
    this.ahead = Math.max(this.ahead + Math.min(0, units / UNITS_PER_MS - ms), -MOST_BEHIND_MS);
  }

  /**
   * The guest waits for `units`. Sleeps as long as it takes, or until wake(). Returns how many of them have passed;
   * a promise only if there was something to sleep.
   */
  wait(units: number): number | Promise<number> {
    const total = this.ahead + units / UNITS_PER_MS;
    if (total >= SHORTEST_SLEEP_MS) return this.sleep(units, Math.min(total, LONGEST_SLEEP_MS));
    this.ahead = total;
    return units;
  }

  private async sleep(units: number, ms: number): Promise<number> {
    const start = this.hostNow();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = null;
    const slept = this.hostNow() - start;
    const passed = Math.max(0, Math.min(units, Math.floor((slept - this.ahead) * UNITS_PER_MS)));
    this.ahead = Math.max(this.ahead + passed / UNITS_PER_MS - slept, -MOST_BEHIND_MS);
    return passed;
  }
}
