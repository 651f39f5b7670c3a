// What a guest prints: "go", "done", "NAME checksum". The time between the first two is the result.

export interface Measurement {
  /** Between "go" and "done", by the host's clock. */
  seconds: number;
  /** The same in processor time of the emulator's main thread; only where it can be had. */
  processorSeconds?: number;
  /** Eight hexadecimal digits. */
  checksum: string;
  /** Guest instructions retired between the two lines; only where they are counted. */
  instructions?: number;
}

/** Counters that only a process that measures itself can read. */
export interface Counters {
  /** Guest instructions retired so far. */
  instructions?(): number;
  /** Processor time used so far in milliseconds; NaN where the host does not tell. */
  processorTime?(): number;
}

interface Moment {
  time: number;
  instructions: number;
  processorTime: number;
}

export class Transcript {
  private line = "";
  private start: Moment | null = null;
  private end: Moment | null = null;
  private checksum: string | null = null;

  constructor(private readonly counters: Counters = {}) {}

  /** Takes a byte of output at the moment it comes. */
  put(byte: number): void {
    if (byte !== 10) {
      this.line += String.fromCharCode(byte);
      return;
    }
    // A firmware may have spoken before, on the same line even.
    if (this.line.endsWith("go")) this.start = this.now();
    else if (this.line === "done") this.end = this.now();
    else if (this.end) this.checksum = /^\S+ ([0-9a-f]{8})\r?$/.exec(this.line)?.[1] ?? null;
    this.line = "";
  }

  /** What was measured, or null as long as the last line has not come. */
  get result(): Measurement | null {
    const { start, end, checksum } = this;
    if (!start || !end || checksum === null) return null;
    const result: Measurement = { seconds: (end.time - start.time) / 1000, checksum };
    const processorSeconds = (end.processorTime - start.processorTime) / 1000;
    const instructions = end.instructions - start.instructions;
    if (!Number.isNaN(processorSeconds)) result.processorSeconds = processorSeconds;
    if (!Number.isNaN(instructions)) result.instructions = instructions;
    return result;
  }

  private now(): Moment {
    return {
      time: performance.now(),
      instructions: this.counters.instructions?.() ?? NaN,
      processorTime: this.counters.processorTime?.() ?? NaN,
    };
  }
}
