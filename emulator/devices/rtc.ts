// MC146818 real-time clock and 64+64 bytes of CMOS RAM at ports 70h/71h (Motorola MC146818A data sheet).
// Its time is an epoch plus the machine's clock: it never reads the host's.
import { CLOCK_HZ } from "./bus.ts";
import type { Device, DeviceClock, DeviceState, InterruptLine, PortDevice, Timer } from "./bus.ts";
import { dateFromDays, daysFromDate } from "./calendar.ts";

const enum Reg {
  SECONDS = 0x00,
  SECONDS_ALARM = 0x01,
  MINUTES = 0x02,
  MINUTES_ALARM = 0x03,
  HOURS = 0x04,
  HOURS_ALARM = 0x05,
  WEEKDAY = 0x06,
  DAY = 0x07,
  MONTH = 0x08,
  YEAR = 0x09,
  A = 0x0a,
  B = 0x0b,
  C = 0x0c,
  D = 0x0d,
  /** The two digits of the century, where PCs keep them (ACPI FADT "CENTURY" is 32h everywhere). */
  CENTURY = 0x32,
}

const enum A {
  UPDATE_IN_PROGRESS = 0x80,
  DIVIDER = 0x70,
  DIVIDER_RUNS = 0x20,
  RATE = 0x0f,
}

const enum B {
  SET = 0x80,
  PERIODIC = 0x40,
  ALARM = 0x20,
  UPDATE = 0x10,
  BINARY = 0x04,
  HOURS_24 = 0x02,
}

const enum C {
  IRQ = 0x80,
  PERIODIC = 0x40,
  ALARM = 0x20,
  UPDATE = 0x10,
}

/** The time base crystal. */
const CRYSTAL_HZ = 32768;
/** UIP is set this long before the registers change: 244 us ("Update Cycle"). */
const UPDATE_LEAD = Math.floor((CLOCK_HZ * 8) / CRYSTAL_HZ);
const SECONDS_PER_DAY = 86400;

export interface RtcOptions {
  /** Time at power-on in seconds since 1970, UTC. */
  epoch: number;
  /** Contents of CMOS RAM at power-on, by index. */
  ram?: Readonly<Record<number, number>>;
}

export class Rtc implements Device, PortDevice {
  readonly name = "rtc";
  readonly ports = [0x70, 0x71];
  private index = 0;
  private readonly ram = new Uint8Array(128);
  private registerA = A.DIVIDER_RUNS | 6;
  private registerB: number = B.HOURS_24;
  /** Interrupt flags of register C as of `checked`. */
  private flags = 0;
  /** The clock time of a moment at which seconds change (an update cycle). */
  private phase = 0;
  /** Whole seconds since `phase` that are in the time registers. */
  private elapsed = 0;
  /** Crystal cycles since `phase` up to which periodic edges are in `flags`. */
  private checkedCycles = 0;
  private readonly timer: Timer;

  constructor(
    private readonly clock: DeviceClock,
    private readonly irq8: InterruptLine,
    options: RtcOptions,
  ) {
    this.timer = clock.createTimer("rtc", () => this.update());
    for (const [index, value] of Object.entries(options.ram ?? {})) this.ram[Number(index)] = value;
    this.storeTime(options.epoch, Math.floor(options.epoch / SECONDS_PER_DAY) + 4);
  }

  /** RESET pin: interrupt enables and flags; the clock, the calendar and the RAM go on, since there is a battery. */
  reset(): void {
    this.sync();
    this.registerB &= ~(B.PERIODIC | B.ALARM | B.UPDATE);
    this.flags = 0;
    this.index = 0;
    this.update();
  }

  readPort(port: number): number {
    if (port === 0x70) return 0xff;
    this.sync();
    switch (this.index) {
      case Reg.A:
        return this.registerA | (this.updateInProgress() ? A.UPDATE_IN_PROGRESS : 0);
      case Reg.B:
        return this.registerB;
      case Reg.C: {
        const value = this.flags | (this.flags & this.registerB & 0x70 ? C.IRQ : 0);
        this.flags = 0;
        this.update();
        return value;
      }
      case Reg.D:
        return 0x80; // VRT: the battery is good
      default:
        return this.ram[this.index];
    }
  }

  writePort(port: number, _size: number, value: number): void {
    if (port === 0x70) {
      this.index = value & 0x7f; // bit 7 masks NMI, of which there is no source
      return;
    }
    this.sync();
    switch (this.index) {
      case Reg.A:
        this.writeA(value & 0x7f);
        break;
      case Reg.B:
        this.registerB = value & B.SET ? value & ~B.UPDATE : value; // "SET: UIE is cleared"
        break;
      case Reg.C:
      case Reg.D:
        return; // read only
      default:
        this.ram[this.index] = value;
    }
    this.update();
  }

  saveState(): DeviceState {
    const { index, registerA, registerB, flags, phase, elapsed, checkedCycles } = this;
    return { index, registerA, registerB, flags, phase, elapsed, checkedCycles, ram: this.ram.slice() };
  }

  restoreState(state: DeviceState): void {
    const { ram, ...registers } = state;
    Object.assign(this, registers);
    this.ram.set(ram as Uint8Array);
    this.armTimer();
  }

  private running(): boolean {
    return (this.registerA & A.DIVIDER) === A.DIVIDER_RUNS;
  }

  private updateInProgress(): boolean {
    if (!this.running() || this.registerB & B.SET) return false;
    return this.phase + (this.elapsed + 1) * CLOCK_HZ - this.clock.now() <= UPDATE_LEAD;
  }

  /** "Divider control": leaving reset, the first update comes half a second later. */
  private writeA(value: number): void {
    const ran = this.running();
    this.registerA = value;
    if (!ran && this.running()) {
      this.phase = this.clock.now() - CLOCK_HZ / 2;
      this.elapsed = this.checkedCycles = 0;
    }
  }

  /** Brings flags and time registers up to date, then drives IRQ 8 and sets the next event. */
  private update(): void {
    this.sync();
    this.irq8((this.flags & this.registerB & 0x70) !== 0);
    this.armTimer();
  }

  private sync(): void {
    if (!this.running()) return;
    const now = this.clock.now();
    const cycles = this.cycles(now);
    const period = this.periodCycles();
    if (period > 0 && Math.floor(cycles / period) > Math.floor(this.checkedCycles / period)) this.flags |= C.PERIODIC;
    this.checkedCycles = cycles;

    const elapsed = Math.floor((now - this.phase) / CLOCK_HZ);
    const seconds = elapsed - this.elapsed;
    this.elapsed = elapsed;
    if (seconds <= 0 || this.registerB & B.SET) return;
    const time = this.loadTime();
    if (this.alarmWithin(time, seconds)) this.flags |= C.ALARM;
    this.flags |= C.UPDATE;
    const days = Math.floor((time + seconds) / SECONDS_PER_DAY) - Math.floor(time / SECONDS_PER_DAY);
    this.storeTime(time + seconds, this.get(Reg.WEEKDAY) - 1 + days);
  }

  private armTimer(): void {
    let next = Infinity;
    if (this.running()) {
      const period = this.periodCycles();
      if (this.registerB & B.PERIODIC && period > 0 && !(this.flags & C.PERIODIC)) {
        const edge = (Math.floor(this.checkedCycles / period) + 1) * period;
        const seconds = Math.floor(edge / CRYSTAL_HZ);
        const rest = Math.ceil(((edge - seconds * CRYSTAL_HZ) * CLOCK_HZ) / CRYSTAL_HZ);
        next = this.phase + seconds * CLOCK_HZ + rest;
      }
      const waits = this.registerB & ~this.flags & (B.ALARM | B.UPDATE);
      if (waits && !(this.registerB & B.SET)) next = Math.min(next, this.phase + (this.elapsed + 1) * CLOCK_HZ);
    }
    if (next === Infinity) this.timer.disarm();
    else this.timer.arm(next);
  }

  /** Crystal cycles since `phase`, exact. */
  private cycles(now: number): number {
    const since = now - this.phase;
    const seconds = Math.floor(since / CLOCK_HZ);
    return seconds * CRYSTAL_HZ + Math.floor(((since - seconds * CLOCK_HZ) * CRYSTAL_HZ) / CLOCK_HZ);
  }

  /** Table 5, periodic interrupt rate with a 32.768 kHz time base; 0 is none. */
  private periodCycles(): number {
    const rate = this.registerA & A.RATE;
    if (rate === 0) return 0;
    return rate <= 2 ? 1 << (rate + 6) : 1 << (rate - 1);
  }

  /** True when one of the `seconds` seconds after `time` matches the alarm bytes (C0h-FFh: "don't care"). */
  private alarmWithin(time: number, seconds: number): boolean {
    const matches = (reg: number, value: number) => this.ram[reg] >= 0xc0 || this.decode(reg, this.ram[reg]) === value;
    for (let i = 1; i <= Math.min(seconds, SECONDS_PER_DAY); i++) {
      const second = (time + i) % SECONDS_PER_DAY;
      if (
        matches(Reg.SECONDS_ALARM, second % 60) &&
        matches(Reg.MINUTES_ALARM, Math.floor(second / 60) % 60) &&
        matches(Reg.HOURS_ALARM, Math.floor(second / 3600))
      ) {
        return true;
      }
    }
    return false;
  }

  /** Seconds since 1970 by the time registers. */
  private loadTime(): number {
    const year = this.get(Reg.CENTURY) * 100 + this.get(Reg.YEAR);
    const days = daysFromDate({ year, month: this.get(Reg.MONTH), day: this.get(Reg.DAY) });
    return ((days * 24 + this.get(Reg.HOURS)) * 60 + this.get(Reg.MINUTES)) * 60 + this.get(Reg.SECONDS);
  }

  /** Fills the time registers. `weekday`: 0 is Sunday, any integer. */
  private storeTime(time: number, weekday: number): void {
    const days = Math.floor(time / SECONDS_PER_DAY);
    const second = time - days * SECONDS_PER_DAY;
    const date = dateFromDays(days);
    this.put(Reg.SECONDS, second % 60);
    this.put(Reg.MINUTES, Math.floor(second / 60) % 60);
    this.put(Reg.HOURS, Math.floor(second / 3600));
    this.put(Reg.WEEKDAY, (((weekday % 7) + 7) % 7) + 1);
    this.put(Reg.DAY, date.day);
    this.put(Reg.MONTH, date.month);
    this.put(Reg.YEAR, date.year % 100);
    this.put(Reg.CENTURY, Math.floor(date.year / 100));
  }

  private get(reg: number): number {
    return this.decode(reg, this.ram[reg]);
  }

  /** From BCD or binary, 12 or 24 hours ("Time, Calendar and Alarm Locations", table 3). */
  private decode(reg: number, byte: number): number {
    const hour = reg === Reg.HOURS || reg === Reg.HOURS_ALARM;
    const afternoon = hour && !(this.registerB & B.HOURS_24) && (byte & 0x80) !== 0;
    if (hour && !(this.registerB & B.HOURS_24)) byte &= 0x7f;
    let value = this.registerB & B.BINARY ? byte : (byte >> 4) * 10 + (byte & 15);
    if (hour && !(this.registerB & B.HOURS_24)) value = (value % 12) + (afternoon ? 12 : 0);
    return value;
  }

  private put(reg: number, value: number): void {
    let afternoon = 0;
    if (reg === Reg.HOURS && !(this.registerB & B.HOURS_24)) {
      afternoon = value >= 12 ? 0x80 : 0;
      value = value % 12 || 12;
    }
    this.ram[reg] = (this.registerB & B.BINARY ? value : (Math.floor(value / 10) << 4) | (value % 10)) | afternoon;
  }
}
