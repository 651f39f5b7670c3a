// One counter of an Intel 8254. It is evaluated lazily: every method takes the current time in counter clocks
// (1193182 Hz, an integer), and the counting element is worked out from the time it was loaded.
// Section names are those of the data sheet (Intel 231164).
import type { DeviceState } from "./bus.ts";

/** RW1/RW0 of the control word. */
const enum Access {
  LATCH = 0,
  LOW = 1,
  HIGH = 2,
  LOW_HIGH = 3,
}

const NEVER = Infinity;

export class PitChannel {
  private mode = 3;
  /** M2-M0 as written: the status byte shows them so. */
  private modeBits = 3;
  private access: number = Access.LOW_HIGH;
  private bcd = false;
  private gate: boolean;

  /** The count register CR in clocks: a written 0 is 10000h, or 10000 in BCD. */
  private count = 0x10000;
  /** A whole count was written since the control word. */
  private hasCount = false;
  /** NULL COUNT: CR has not been transferred to the counting element yet. */
  private nullCount = true;
  /** When CR goes to the counting element; NEVER: it waits for a count or a trigger. */
  private loadAt = NEVER;

  /** The counting element holds `base` at `origin` and counts down from there; it stands at `base` unless counting. */
  private base = 0x10000;
  private origin = 0;
  private counting = false;
  /** The count that modes 2 and 3 repeat. */
  private period = 0x10000;

  /** First byte of a two-byte count, or -1. */
  private writtenLow = -1;
  private readHighNext = false;
  private latchedCount = -1;
  private latchedStatus = -1;

  constructor(private readonly gateAtReset: boolean) {
    this.gate = gateAtReset;
  }

  /** "Programming the 8254": mode, count and output are undefined at power-on. Here: stopped, OUT high. */
  reset(): void {
    this.restoreState(new PitChannel(this.gateAtReset).saveState());
  }

  get gateLevel(): boolean {
    return this.gate;
  }

  /** Control word for this counter (not a read-back command). */
  writeControl(value: number, now: number): void {
    const access = (value >> 4) & 3;
    if (access === Access.LATCH) return this.latchCount(now);
    this.sync(now);
    this.hold(now);
    const mode = (value >> 1) & 7;
    this.modeBits = mode;
    this.mode = mode > 5 ? mode - 4 : mode; // M2 is "don't care" for modes 2 and 3
    this.access = access;
    this.bcd = (value & 1) !== 0;
    this.hasCount = false;
    this.nullCount = true;
    this.loadAt = NEVER;
    this.writtenLow = this.latchedCount = this.latchedStatus = -1;
    this.readHighNext = false;
  }

  /** One byte of a count. */
  write(value: number, now: number): void {
    this.sync(now);
    if (this.access === Access.LOW) this.setCount(value, now);
    else if (this.access === Access.HIGH) this.setCount(value << 8, now);
    else if (this.writtenLow < 0) {
      this.writtenLow = value;
      // Mode 0: "Writing the first byte disables counting. OUT is set low immediately."
      if (this.mode === 0) {
        this.hold(now);
        this.loadAt = NEVER;
      }
    } else {
      const low = this.writtenLow;
      this.writtenLow = -1;
      this.setCount(low | (value << 8), now);
    }
  }

  /** One byte: of the latched status, else of the latched count, else of the live count. */
  read(now: number): number {
    if (this.latchedStatus >= 0) {
      const status = this.latchedStatus;
      this.latchedStatus = -1;
      return status;
    }
    this.sync(now);
    const value = this.latchedCount >= 0 ? this.latchedCount : this.visibleCount(now);
    const high = this.access === Access.HIGH || (this.access === Access.LOW_HIGH && this.readHighNext);
    if (this.access === Access.LOW_HIGH) this.readHighNext = !high;
    if (high || this.access === Access.LOW) this.latchedCount = -1;
    return high ? value >> 8 : value & 0xff;
  }

  /** "Counter Latch Command": a second one before the count is read is ignored. */
  latchCount(now: number): void {
    this.sync(now);
    if (this.latchedCount < 0) this.latchedCount = this.visibleCount(now);
  }

  /** "Read-Back Command": OUT, NULL COUNT, RW, mode, BCD. */
  latchStatus(now: number): void {
    if (this.latchedStatus >= 0) return;
    const out = this.output(now) ? 0x80 : 0;
    const nullCount = this.nullCount ? 0x40 : 0;
    this.latchedStatus = out | nullCount | (this.access << 4) | (this.modeBits << 1) | (this.bcd ? 1 : 0);
  }

  /** "Gate Pin Operations Summary": level for modes 0 and 4, trigger for 1 and 5, both for 2 and 3. */
  setGate(level: boolean, now: number): void {
    if (level === this.gate) return;
    this.sync(now);
    this.gate = level;
    if (this.mode === 1 || this.mode === 5) {
      if (level && this.hasCount) this.loadAt = now + 1;
    } else if (!level) {
      if (this.counting && this.isPeriodic()) this.loadAt = NEVER; // a new count now waits for the trigger
      this.hold(now);
    } else if (this.isPeriodic()) {
      if (this.hasCount) this.loadAt = now + 1;
    } else if (!this.nullCount && this.writtenLow < 0) {
      this.origin = now;
      this.counting = true;
    }
  }

  /** Level of the OUT pin. */
  output(now: number): boolean {
    this.sync(now);
    switch (this.mode) {
      case 0: // low until terminal count
        return !this.nullCount && this.writtenLow < 0 && this.element(now) <= 0;
      case 1: // low during the shot
        return !this.counting || this.element(now) <= 0;
      case 2: // low for the last clock of the period
        return !this.counting || this.position(now) !== this.period - 1;
      case 3:
        return !this.counting || this.position(now) < this.highClocks();
      default: // 4, 5: low for one clock at terminal count
        return !this.counting || this.element(now) !== 0;
    }
  }

  /** The first time after `now` at which OUT can change by itself, Infinity if it can not. */
  nextEdge(now: number): number {
    this.sync(now);
    if (!this.counting) return this.loadAt;
    let edge = NEVER;
    if (this.isPeriodic()) {
      if (this.period > 1) edge = this.nextPhase(now, this.mode === 2 ? this.period - 1 : this.highClocks());
    } else {
      const expiry = this.origin + this.base;
      if (now < expiry) edge = expiry;
      else if (now === expiry && this.mode >= 4) edge = expiry + 1;
    }
    return Math.min(edge, this.loadAt);
  }

  saveState(): DeviceState {
    return {
      mode: this.mode,
      modeBits: this.modeBits,
      access: this.access,
      bcd: this.bcd,
      gate: this.gate,
      count: this.count,
      hasCount: this.hasCount,
      nullCount: this.nullCount,
      loadAt: this.loadAt === NEVER ? null : this.loadAt,
      base: this.base,
      origin: this.origin,
      counting: this.counting,
      period: this.period,
      writtenLow: this.writtenLow,
      readHighNext: this.readHighNext,
      latchedCount: this.latchedCount,
      latchedStatus: this.latchedStatus,
    };
  }

  restoreState(state: DeviceState): void {
    Object.assign(this, state);
    this.loadAt = state.loadAt === null ? NEVER : (state.loadAt as number);
  }

  private isPeriodic(): boolean {
    return this.mode === 2 || this.mode === 3;
  }

  private modulus(): number {
    return this.bcd ? 10000 : 0x10000;
  }

  /** Mode 3, "odd counts": OUT is high for (N+1)/2 clocks and low for (N-1)/2. */
  private highClocks(): number {
    return (this.period + 1) >> 1;
  }

  /** "Write Operations": a whole count has arrived in CR. */
  private setCount(written: number, now: number): void {
    const value = this.bcd ? fromBcd(written) : written;
    this.count = value === 0 ? this.modulus() : value;
    this.hasCount = true;
    this.nullCount = true;
    if (this.mode === 1 || this.mode === 5) return; // the next trigger loads it
    if (!this.isPeriodic() || !this.counting) this.loadAt = now + 1;
    // "The new count will be loaded at the end of the current counting cycle" (mode 2) or half-cycle (mode 3).
    else this.loadAt = this.nextPhase(now, this.mode === 2 ? this.period : this.highClocks());
  }

  /** Carries out a transfer from CR to the counting element that has become due. */
  private sync(now: number): void {
    const at = this.loadAt;
    if (now < at) return;
    const secondHalf = this.mode === 3 && this.counting && this.position(at - 1) < this.highClocks();
    this.loadAt = NEVER;
    this.nullCount = false;
    this.base = this.period = this.count;
    // A new count that arrives as OUT goes low begins with its low half.
    this.origin = secondHalf ? at - this.highClocks() : at;
    this.counting = this.gate || this.mode === 1 || this.mode === 5;
  }

  /** Stops the counting element where it is. */
  private hold(now: number): void {
    this.base = this.element(now);
    this.counting = false;
  }

  /** Clocks since the last reload, modes 2 and 3. */
  private position(now: number): number {
    return (now - this.origin) % this.period;
  }

  /** The next time after `now` at which the position becomes `middle` or 0. */
  private nextPhase(now: number, middle: number): number {
    const position = this.position(now);
    return now + (position < middle ? middle : this.period) - position;
  }

  /** The counting element; not wrapped below zero in the modes that count once. */
  private element(now: number): number {
    if (!this.counting) return this.base;
    if (!this.isPeriodic()) return this.base - (now - this.origin);
    const position = this.position(now);
    if (this.mode === 2) return this.period - position;
    // Mode 3 counts by two, from N (even) or N-1 (odd), in each half.
    const high = this.highClocks();
    return (this.period & ~1) - 2 * (position < high ? position : position - high);
  }

  /** What the output latch follows: 16 bits, or four decimal digits. */
  private visibleCount(now: number): number {
    const modulus = this.modulus();
    const value = ((this.element(now) % modulus) + modulus) % modulus;
    return this.bcd ? toBcd(value) : value;
  }
}

function fromBcd(value: number): number {
  return ((value >> 12) & 15) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
}

function toBcd(value: number): number {
  return (
    (Math.floor(value / 1000) << 12) |
    ((Math.floor(value / 100) % 10) << 8) |
    ((Math.floor(value / 10) % 10) << 4) |
    (value % 10)
  );
}
