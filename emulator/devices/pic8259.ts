// Intel 8259A programmable interrupt controller, one chip, as wired in a PC.
// Section names in the comments are those of the data sheet (Intel 231468).
import type { DeviceState, InterruptLine } from "./bus.ts";

const enum Ocw3 {
  READ_ISR = 0x01,
  READ_REGISTER = 0x02,
  POLL = 0x04,
  SPECIAL_MASK = 0x20,
  ENABLE_SPECIAL_MASK = 0x40,
}

/** The next byte that an initialisation sequence expects at the odd address. */
const enum Expect {
  OCW1,
  ICW2,
  ICW3,
  ICW4,
}

export class Pic8259 {
  /** Edge/level control register: a set bit makes the input level sensitive (PIIX, ports 4D0h/4D1h). */
  elcr = 0;
  private irr = 0;
  private isr = 0;
  private imr = 0;
  /** Levels of the eight inputs as last driven. */
  private inputs = 0;
  private vectorBase = 0;
  private lowestPriority = 7;
  private expect: number = Expect.OCW1;
  private needIcw3 = false;
  private needIcw4 = false;
  private autoEoi = false;
  private rotateOnAutoEoi = false;
  private specialMask = false;
  private fullyNested = false;
  private readIsr = false;
  private pollPending = false;
  private intLevel = false;

  /** `intOutput` is the INT pin; `cascade` has a bit for each input with a slave behind it. */
  constructor(
    private readonly intOutput: InterruptLine,
    private readonly cascade: number,
  ) {}

  reset(): void {
    this.elcr = 0;
    this.inputs = 0;
    this.vectorBase = 0;
    this.expect = Expect.OCW1;
    this.imr = 0;
    this.clearForIcw1();
    this.needIcw3 = this.needIcw4 = false;
    this.autoEoi = this.fullyNested = this.rotateOnAutoEoi = false;
    this.update();
  }

  /** Drives input `ir` (0-7). Falling below the request level before INTA withdraws the request ("default IR7"). */
  setInput(ir: number, level: boolean): void {
    const bit = 1 << ir;
    if (level) {
      if (this.elcr & bit || !(this.inputs & bit)) this.irr |= bit;
      this.inputs |= bit;
    } else {
      this.irr &= ~bit;
      this.inputs &= ~bit;
    }
    this.update();
  }

  get intOutputLevel(): boolean {
    return this.intLevel;
  }

  /** First INTA pulse: the level put in service, or -1 when the request has gone (a spurious interrupt). */
  acknowledge(): number {
    const level = this.highestRequest();
    if (level >= 0) this.beginService(level);
    return level;
  }

  /** Second INTA pulse: the vector of `level`; a spurious interrupt is answered as IR7 with no ISR bit. */
  vector(level: number): number {
    return this.vectorBase | (level < 0 ? 7 : level);
  }

  /** Even address (A0=0). */
  readCommand(): number {
    if (this.pollPending) return this.poll();
    return this.readIsr ? this.isr : this.irr;
  }

  /** Odd address (A0=1): the mask, or the poll word if a poll command waits for its read. */
  readData(): number {
    return this.pollPending ? this.poll() : this.imr;
  }

  writeCommand(value: number): void {
    if (value & 0x10) this.writeIcw1(value);
    else if (value & 0x08) this.writeOcw3(value);
    else this.writeOcw2(value);
    this.update();
  }

  writeData(value: number): void {
    switch (this.expect) {
      case Expect.ICW2:
        this.vectorBase = value & 0xf8;
        this.expect = this.needIcw3 ? Expect.ICW3 : this.needIcw4 ? Expect.ICW4 : Expect.OCW1;
        break;
      case Expect.ICW3: // the wiring of a PC does not change
        this.expect = this.needIcw4 ? Expect.ICW4 : Expect.OCW1;
        break;
      case Expect.ICW4:
        this.autoEoi = (value & 0x02) !== 0;
        this.fullyNested = (value & 0x10) !== 0;
        this.expect = Expect.OCW1;
        break;
      default:
        this.imr = value;
    }
    this.update();
  }

  saveState(): DeviceState {
    return {
      elcr: this.elcr,
      irr: this.irr,
      isr: this.isr,
      imr: this.imr,
      inputs: this.inputs,
      vectorBase: this.vectorBase,
      lowestPriority: this.lowestPriority,
      expect: this.expect,
      needIcw3: this.needIcw3,
      needIcw4: this.needIcw4,
      autoEoi: this.autoEoi,
      rotateOnAutoEoi: this.rotateOnAutoEoi,
      specialMask: this.specialMask,
      fullyNested: this.fullyNested,
      readIsr: this.readIsr,
      pollPending: this.pollPending,
      intLevel: this.intLevel,
    };
  }

  restoreState(state: DeviceState): void {
    Object.assign(this, state);
  }

  /** "Initialization Command Words 1 and 2": what ICW1 clears by itself. */
  private clearForIcw1(): void {
    this.isr = 0;
    // Edge sense is reset: an input must go low and high again. A level sensitive input still asks.
    this.irr = this.inputs & this.elcr;
    this.lowestPriority = 7;
    this.specialMask = false;
    this.readIsr = false;
    this.pollPending = false;
  }

  private writeIcw1(value: number): void {
    this.imr = 0;
    this.clearForIcw1();
    this.needIcw3 = !(value & 0x02);
    this.needIcw4 = (value & 0x01) !== 0;
    if (!this.needIcw4) this.autoEoi = this.fullyNested = false;
    this.rotateOnAutoEoi = false;
    this.expect = Expect.ICW2;
    // LTIM (bit 3) has no effect on the PIIX: the ELCR decides.
  }

  /** End of interrupt and priority rotation. */
  private writeOcw2(value: number): void {
    const level = value & 7;
    switch (value >> 5) {
      case 0:
        this.rotateOnAutoEoi = false;
        break;
      case 4:
        this.rotateOnAutoEoi = true;
        break;
      case 1:
      case 5: {
        // In special mask mode a masked level is left alone by a non-specific EOI.
        const highest = this.highestOf(this.specialMask ? this.isr & ~this.imr : this.isr);
        if (highest < 0) break;
        this.isr &= ~(1 << highest);
        if (value & 0x80) this.lowestPriority = highest;
        break;
      }
      case 3:
      case 7:
        this.isr &= ~(1 << level);
        if (value & 0x80) this.lowestPriority = level;
        break;
      case 6:
        this.lowestPriority = level;
        break;
    }
  }

  private writeOcw3(value: number): void {
    if (value & Ocw3.ENABLE_SPECIAL_MASK) this.specialMask = (value & Ocw3.SPECIAL_MASK) !== 0;
    if (value & Ocw3.POLL) this.pollPending = true;
    else if (value & Ocw3.READ_REGISTER) this.readIsr = (value & Ocw3.READ_ISR) !== 0;
  }

  /** "Poll Command": the read is taken as an interrupt acknowledge. */
  private poll(): number {
    this.pollPending = false;
    const level = this.acknowledge();
    return level < 0 ? 0 : 0x80 | level;
  }

  private beginService(level: number): void {
    const bit = 1 << level;
    if (!(this.elcr & bit)) this.irr &= ~bit;
    if (!this.autoEoi) this.isr |= bit;
    else if (this.rotateOnAutoEoi) this.lowestPriority = level;
    // INT drops during the acknowledge, so that a master behind it sees a new edge for the next request.
    this.drive(false);
    this.update();
  }

  /** The request that INT stands for, or -1: the highest unmasked one above everything in service. */
  private highestRequest(): number {
    const request = this.highestOf(this.irr & ~this.imr);
    if (request < 0) return -1;
    let inService = this.isr;
    if (this.specialMask) inService &= ~this.imr;
    // Special fully nested mode: a slave in service does not lock out its own higher requests.
    if (this.fullyNested) inService &= ~this.cascade;
    const current = this.highestOf(inService);
    return current < 0 || this.rank(request) < this.rank(current) ? request : -1;
  }

  /** Distance from the highest priority, 0-7. */
  private rank(level: number): number {
    return (level - this.lowestPriority - 1) & 7;
  }

  private highestOf(bits: number): number {
    if (bits === 0) return -1;
    for (let i = 1; i <= 8; i++) {
      const level = (this.lowestPriority + i) & 7;
      if (bits & (1 << level)) return level;
    }
    return -1;
  }

  private update(): void {
    this.drive(this.highestRequest() >= 0);
  }

  private drive(level: boolean): void {
    if (level === this.intLevel) return;
    this.intLevel = level;
    this.intOutput(level);
  }
}
