import { beforeEach, describe, expect, it } from "vitest";
import fc from "fast-check";
import { CLOCK_HZ } from "../../emulator/devices/bus.ts";
import { dateFromDays, daysFromDate } from "../../emulator/devices/calendar.ts";
import { Rtc } from "../../emulator/devices/rtc.ts";
import { FakeClock, Wire } from "./fake_clock.ts";

const EPOCH = Date.UTC(2026, 1, 28, 23, 59, 58) / 1000; // a Saturday
let clock: FakeClock;
let irq: Wire;
let rtc: Rtc;
const read = (index: number) => (rtc.writePort(0x70, 1, index), rtc.readPort(0x71));
const write = (index: number, value: number) => {
  rtc.writePort(0x70, 1, index);
  rtc.writePort(0x71, 1, value);
};
const hex = (...indices: number[]) => indices.map((index) => read(index).toString(16).padStart(2, "0")).join(" ");
const time = () => hex(0x32, 9, 8, 7, 6, 4, 2, 0);
const seconds = (n: number) => clock.advance(n * CLOCK_HZ);

beforeEach(() => {
  clock = new FakeClock();
  irq = new Wire();
  rtc = new Rtc(clock, irq.drive, { epoch: EPOCH, ram: { 0x15: 0x80, 0x16: 0x02 } });
});

describe("calendar", () => {
  it("agrees with the host's for any day of four thousand years", () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (days) => {
        const host = new Date(days * 86_400_000);
        const date = { year: host.getUTCFullYear(), month: host.getUTCMonth() + 1, day: host.getUTCDate() };
        expect(dateFromDays(days)).toEqual(date);
        expect(daysFromDate(date)).toBe(days);
      }),
      { seed: 1 },
    );
  });
});

describe("MC146818", () => {
  it("starts at the epoch in BCD and carries into the next month", () => {
    expect(time()).toBe("20 26 02 28 07 23 59 58");
    seconds(3);
    expect(time()).toBe("20 26 03 01 01 00 00 01");
    seconds(86_400 * 365);
    expect(time()).toBe("20 27 03 01 02 00 00 01");
  });

  it("shows a twelve hour clock and binary mode when set so", () => {
    write(0x0b, 0x80);
    write(4, 0x91); // 11 pm, BCD, 12 hours
    write(0x0b, 0x00);
    expect(hex(4)).toBe("91");
    seconds(2);
    expect(hex(4)).toBe("12"); // midnight is 12 am
    write(0x0b, 0x86);
    write(4, 22);
    write(2, 30);
    write(0, 15);
    write(7, 9);
    write(8, 12);
    write(9, 99);
    write(0x32, 20);
    write(0x0b, 0x06);
    seconds(50);
    expect([0x32, 9, 8, 7, 4, 2, 0].map(read)).toEqual([20, 99, 12, 9, 22, 31, 5]);
  });

  it("stands still while SET is on and goes on from what was written", () => {
    write(0x0b, 0x82);
    seconds(5);
    expect(hex(0)).toBe("58");
    write(0, 0x10);
    write(0x0b, 0x02);
    seconds(5);
    expect(hex(0)).toBe("15");
  });

  it("sets UIP for the 244 us before the seconds change", () => {
    clock.advanceTo(CLOCK_HZ - 24_415);
    expect(read(0x0a)).toBe(0x26);
    clock.advanceTo(CLOCK_HZ - 24_414);
    expect(read(0x0a)).toBe(0xa6);
    clock.advanceTo(CLOCK_HZ);
    expect(read(0x0a)).toBe(0x26);
    expect(hex(0)).toBe("59");
  });

  it("holds the divider in reset and updates half a second after its release", () => {
    write(0x0a, 0x70);
    seconds(10);
    expect(hex(0)).toBe("58");
    write(0x0a, 0x26);
    clock.advance(CLOCK_HZ / 2 - 1);
    expect(hex(0)).toBe("58");
    clock.advance(1);
    expect(hex(0)).toBe("59");
  });

  it("interrupts periodically at the programmed rate, once for each read of register C", () => {
    write(0x0a, 0x26); // 1024 Hz
    write(0x0b, 0x42);
    let count = 0;
    const stop = clock.now() + CLOCK_HZ;
    for (let i = 1; i <= 10_000; i++) {
      clock.advanceTo(Math.floor((stop * i) / 10_000));
      if (irq.level) {
        expect(read(0x0c) & 0xc0).toBe(0xc0);
        count++;
      }
    }
    expect(count).toBe(1024);
    expect(read(0x0c) & 0x40).toBe(0);
  });

  it("interrupts at the end of each update and at the alarm, with don't-care bytes", () => {
    write(0x0b, 0x12);
    seconds(1);
    expect(irq.level).toBe(true);
    expect(read(0x0c)).toBe(0xd0);
    expect(irq.level).toBe(false);
    write(1, 0x05);
    write(3, 0xff);
    write(5, 0xc0);
    write(0x0b, 0x22);
    seconds(5);
    expect(irq.level).toBe(false);
    seconds(1);
    expect(irq.level).toBe(true);
    expect(read(0x0c) & 0xa0).toBe(0xa0);
    seconds(59);
    expect(irq.level).toBe(false);
    seconds(1);
    expect(irq.level).toBe(true);
  });

  it("sets the flags without enabling the interrupt", () => {
    seconds(1);
    expect(read(0x0c)).toBe(0x50); // update and periodic (rate 6 is set), no alarm at 00:00:00
    expect(read(0x0c)).toBe(0);
    expect(irq.level).toBe(false);
  });

  it("keeps CMOS RAM and says that the battery is good", () => {
    expect([read(0x15), read(0x16), read(0x0d)]).toEqual([0x80, 0x02, 0x80]);
    write(0x40, 0x5a);
    rtc.reset();
    expect(read(0x40)).toBe(0x5a);
    expect(read(0x80 | 0x40)).toBe(0x5a); // bit 7 of the index masks NMI
    expect(rtc.readPort(0x70)).toBe(0xff);
  });

  it("continues from a saved state", () => {
    write(0x0b, 0x42);
    clock.advance(CLOCK_HZ / 3);
    read(0x0c);
    const wire = new Wire();
    const other = new Rtc(clock, wire.drive, { epoch: 0 });
    other.restoreState(rtc.saveState());
    clock.advance(CLOCK_HZ / 1000);
    expect([irq.level, wire.level]).toEqual([true, true]);
    expect(other.saveState()).toEqual(rtc.saveState());
  });
});
