// Drives a machine in slices between which the host's events are served: input, signals, a reader that is slow.
import { ConsoleFeed } from "../machine/console_feed.ts";
import { IdleWatch } from "../machine/idle_watch.ts";
import type { Machine } from "../machine/machine.ts";
import type { RunOutcome } from "../machine/outcome.ts";
import type { Endpoint, InputReceiver } from "./endpoint.ts";
import { Pace } from "./pace.ts";

/** Clock units per slice: the first is short, so that the first output comes early; about 20 ms of work later on. */
const FIRST_SLICE = 100_000;
const LONGEST_SLICE = 3_000_000;
/** Bytes of input that wait for the guest before the host is asked to hold back, and below which it is asked for more. */
const PLENTY = 256 * 1024;
const SCARCE = 64 * 1024;

export const DEFAULT_IDLE_LIMIT = 120;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = (typeof SIGNALS)[number];

export type RunEnd =
  | Exclude<RunOutcome, { kind: "time" | "idle" }>
  /** The person at the terminal typed Ctrl-A x. */
  | { kind: "left" }
  | { kind: "signal"; signal: Signal }
  /** The reader of our output has gone. */
  | { kind: "output-closed" };

export interface RunnerOptions {
  machine: Machine;
  /** Host ends of COM1 and COM2; the machine's output must go to their put(). */
  serial: readonly [Endpoint, Endpoint];
  /** More outputs to flush (the debug console). */
  outputs?: readonly Endpoint[];
  /** Seconds of guest time without output or work after which a guest that nobody can reach ends; 0: never. */
  idleLimit?: number;
}

/** Runs until the machine ends or somebody ends it. Everything is closed, flushed and restored when it returns. */
export async function runMachine(options: RunnerOptions): Promise<RunEnd> {
  const runner = new Runner(options);
  try {
    return await runner.run();
  } finally {
    await runner.close();
  }
}

/** A serial port with input from outside. */
interface Line {
  endpoint: Endpoint;
  feed: ConsoleFeed;
  /** The endpoint was asked to hold back. */
  paused: boolean;
}

/** True when somebody may type at any time. While a script has lines left, nobody needs to wait for the next. */
function isWatched({ endpoint, feed, paused }: Line): boolean {
  return endpoint.live && (endpoint.input === "typed" || (feed.pending === 0 && !paused));
}

class Runner {
  private readonly machine: Machine;
  private readonly endpoints: readonly Endpoint[];
  private readonly lines: Line[] = [];
  private readonly pace = new Pace();
  private readonly watch: IdleWatch;
  /** What has come since the last slice, in order; it takes effect between slices only. */
  private arrivals: (() => void)[] = [];
  private arrivedBytes = 0;
  private stop: RunEnd | null = null;
  private stopped!: () => void;
  private readonly whenStopped = new Promise<void>((resolve) => (this.stopped = resolve));
  private readonly signals = SIGNALS.map((signal) => ({ signal, handler: () => this.end({ kind: "signal", signal }) }));

  constructor(options: RunnerOptions) {
    const { machine, serial } = options;
    this.machine = machine;
    this.endpoints = [...serial, ...(options.outputs ?? [])];
    const taken = (): number => this.lines.reduce((sum, { feed }) => sum + feed.delivered, 0);
    this.watch = new IdleWatch(machine, options.idleLimit || Infinity, taken);
    for (const [port, endpoint] of serial.entries()) {
      if (endpoint.input === null) continue;
      this.lines.push({ endpoint, feed: new ConsoleFeed(machine, port, endpoint.input), paused: false });
    }
  }

  async run(): Promise<RunEnd> {
    for (const { signal, handler } of this.signals) process.on(signal, handler);
    for (const line of this.lines) await line.endpoint.open(this.receiver(line));
    for (let slice = FIRST_SLICE; ; slice = Math.min(slice * 2, LONGEST_SLICE)) {
      await this.takeInput();
      if (this.stop) return this.stop;
      const live = this.lines.some(isWatched);
      if (!live) this.watch.start();
      const outcome = this.runSlice(slice, live);
      await this.flush();
      if (outcome.kind === "idle") await this.idle();
      else if (outcome.kind === "time") await new Promise((resolve) => setImmediate(resolve));
      else return outcome;
    }
  }

  async close(): Promise<void> {
    for (const endpoint of this.endpoints) await endpoint.close();
    for (const { signal, handler } of this.signals) process.off(signal, handler);
  }

  private end(end: RunEnd): void {
    this.stop ??= end;
    this.stopped();
    this.pace.wake();
  }

  /** The guest's waiting is real time only while somebody may reach it; otherwise it costs nothing. */
  private runSlice(slice: number, live: boolean): RunOutcome {
    const time = this.machine.clock.now();
    const start = performance.now();
    const outcome = this.machine.run(slice, live);
    if (live) this.pace.ran(this.machine.clock.now() - time, performance.now() - start);
    return outcome;
  }

  private async idle(): Promise<void> {
    const { clock } = this.machine;
    const passed = this.pace.wait(clock.next - clock.now());
    this.machine.advanceIdle(typeof passed === "number" ? passed : await passed);
  }

  private async flush(): Promise<void> {
    for (const endpoint of this.endpoints) {
      const slow = endpoint.flush();
      if (slow) await Promise.race([slow, this.whenStopped]);
    }
  }

  private receiver(line: Line): InputReceiver {
    const arrive = (action: () => void): void => {
      this.arrivals.push(action);
      this.pace.wake();
    };
    const port = this.lines.indexOf(line);
    return {
      data: (bytes) => {
        this.arrivedBytes += bytes.length;
        if (!line.paused && line.feed.pending + this.arrivedBytes > PLENTY) {
          line.paused = true;
          line.endpoint.pause();
        }
        arrive(() => line.feed.push(bytes));
      },
      end: () => arrive(() => line.feed.end()),
      break: () => arrive(() => this.machine.inject({ kind: "serial-break", port })),
      exit: () => this.end({ kind: "left" }),
      hangUp: () => this.end({ kind: "signal", signal: "SIGHUP" }),
      outputClosed: () => this.end({ kind: "output-closed" }),
    };
  }

  private async takeInput(): Promise<void> {
    this.arrive();
    for (const line of this.lines) {
      if (!line.paused || line.feed.pending > SCARCE) continue;
      // The guest's time stands still meanwhile: what it is given must not depend on how fast the host reads.
      line.paused = false;
      await Promise.race([line.endpoint.more(), this.whenStopped]);
      this.arrive();
    }
  }

  private arrive(): void {
    const arrivals = this.arrivals;
    this.arrivals = [];
    this.arrivedBytes = 0;
    for (const action of arrivals) action();
  }
}
