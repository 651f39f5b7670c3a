import { beforeEach, describe, expect, it } from "vitest";
import { PIT_HZ, Pit8254, pitClocks, timeOfPitClock } from "../../emulator/devices/pit8254.ts";
import { Port61 } from "../../emulator/devices/port61.ts";
import { FakeClock, Wire } from "./fake_clock.ts";

let clock: FakeClock;
let irq0: Wire;
let pit: Pit8254;
let port61: Port61;
const control = (value: number) => pit.writePort(0x43, 1, value);
/** Moves to counter clock `n` after the one at which the test began. */
let start = 0;
const to = (n: number) => clock.advanceTo(timeOfPitClock(start + n));
const read16 = (channel: number) => pit.readPort(0x40 + channel) | (pit.readPort(0x40 + channel) << 8);
const latched = (channel: number) => (control(channel << 6), read16(channel));
const status = (channel: number) => (control(0xe0 | (2 << channel)), pit.readPort(0x40 + channel));
const write16 = (channel: number, value: number) => {
  pit.writePort(0x40 + channel, 1, value & 0xff);
  pit.writePort(0x40 + channel, 1, value >> 8);
};
const gate = (level: boolean) => port61.writePort(0x61, 1, level ? 1 : 0);
/** OUT of counter 2 at each of the clocks first..last. */
function trace(first: number, last: number): string {
  let text = "";
  for (let n = first; n <= last; n++) {
    to(n);
    text += port61.readPort() & 0x20 ? "H" : "_";
  }
  return text;
}

beforeEach(() => {
  clock = new FakeClock();
  irq0 = new Wire();
  pit = new Pit8254(clock, irq0.drive);
  port61 = new Port61(clock, pit);
  clock.advance(1_000_000);
  start = pitClocks(clock.now());
});

describe("counter clocks", () => {
  it("convert to machine time and back without drift over two years", () => {
    for (const clocks of [0, 1, 2, PIT_HZ - 1, PIT_HZ, PIT_HZ + 1, 86_400 * 730 * PIT_HZ + 7]) {
      const time = timeOfPitClock(clocks);
      expect(pitClocks(time)).toBe(clocks);
      if (clocks > 0) expect(pitClocks(time - 1)).toBe(clocks - 1);
    }
  });
});

describe("8254 modes", () => {
  it("mode 0 raises OUT N+1 clocks after the count is written and counts on below zero", () => {
    gate(true);
    control(0xb0);
    expect(trace(0, 0)).toBe("_");
    write16(2, 4);
    expect(trace(1, 8)).toBe("____HHHH");
    expect(latched(2)).toBe(0x10000 - 3);
  });

  it("mode 0 stops counting while the gate is low and during the first byte of a new count", () => {
    gate(true);
    control(0xb0);
    write16(2, 10);
    to(4);
    expect(latched(2)).toBe(7);
    gate(false);
    to(50);
    expect(latched(2)).toBe(7);
    gate(true);
    to(52);
    expect(latched(2)).toBe(5);
    pit.writePort(0x42, 1, 3);
    to(60);
    expect(latched(2)).toBe(5);
    pit.writePort(0x42, 1, 0);
    expect(trace(61, 65)).toBe("___HH");
  });

  it("mode 1 gives one shot for each rising gate, and a new trigger prolongs it", () => {
    control(0xb2);
    write16(2, 3);
    expect(trace(0, 2)).toBe("HHH");
    gate(true);
    expect(trace(3, 7)).toBe("___HH");
    gate(false);
    gate(true);
    to(9);
    gate(false);
    gate(true);
    expect(trace(10, 14)).toBe("___HH");
  });

  it("mode 2 is low for the last clock of each period and reads N down to 1", () => {
    gate(true);
    control(0xb4);
    write16(2, 4);
    expect(trace(1, 9)).toBe("HHH_HHH_H");
    to(13);
    expect([13, 14, 15, 16, 17].map((n) => (to(n), latched(2)))).toEqual([4, 3, 2, 1, 4]);
  });

  it("mode 2 takes a new count at the end of the current period", () => {
    gate(true);
    control(0xb4);
    write16(2, 4);
    to(2);
    write16(2, 2);
    expect(status(2) & 0x40).toBe(0x40);
    expect(trace(3, 9)).toBe("H_H_H_H");
    expect(status(2) & 0x40).toBe(0);
  });

  it("mode 2 holds OUT high without gate and starts a whole period when it returns", () => {
    gate(true);
    control(0xb4);
    write16(2, 4);
    to(3);
    gate(false);
    expect(trace(3, 8)).toBe("HHHHHH");
    gate(true);
    expect(trace(9, 13)).toBe("HHH_H");
  });

  it("mode 3 divides even counts in halves, odd counts with the longer half high, and counts by two", () => {
    gate(true);
    control(0xb6);
    write16(2, 4);
    expect(trace(1, 8)).toBe("HH__HH__");
    control(0xb6);
    write16(2, 5);
    to(8);
    expect(trace(9, 18)).toBe("HHH__HHH__");
    expect([19, 20, 21, 22, 23].map((n) => (to(n), latched(2)))).toEqual([4, 2, 0, 4, 2]);
  });

  it("mode 3 takes a new count at the end of the current half", () => {
    gate(true);
    control(0xb6);
    write16(2, 8);
    to(2);
    write16(2, 4);
    expect(trace(2, 12)).toBe("HHH__HH__HH");
  });

  it("mode 4 strobes once for one clock, N clocks after the load", () => {
    gate(true);
    control(0xb8);
    write16(2, 3);
    expect(trace(1, 8)).toBe("HHH_HHHH");
  });

  it("mode 5 strobes N clocks after a trigger", () => {
    control(0xba);
    write16(2, 3);
    expect(trace(1, 5)).toBe("HHHHH");
    gate(true);
    expect(trace(6, 11)).toBe("HHH_HH");
  });

  it("modes 6 and 7 are 2 and 3, but read back as written", () => {
    gate(true);
    control(0xbc);
    write16(2, 4);
    expect(trace(1, 5)).toBe("HHH_H");
    expect(status(2) & 0x0e).toBe(0x0c);
  });

  it("count 0 is 65536, or 10000 in BCD", () => {
    control(0x34);
    write16(0, 0);
    to(2);
    expect(latched(0)).toBe(0xffff);
    control(0x35);
    write16(0, 0);
    to(4);
    expect(latched(0)).toBe(0x9999);
    write16(0, 0x1234);
    control(0x31);
    write16(0, 0x0100);
    to(6);
    expect(latched(0)).toBe(0x0099);
  });
});

describe("8254 reading", () => {
  it("latches once until read", () => {
    control(0x34);
    write16(0, 1000);
    to(11);
    control(0x00);
    to(20);
    control(0x00);
    expect(read16(0)).toBe(990);
    expect(latched(0)).toBe(981);
  });

  it("reads one byte in the one-byte access modes", () => {
    control(0x14);
    pit.writePort(0x40, 1, 0x80);
    to(3);
    expect([pit.readPort(0x40), pit.readPort(0x40)]).toEqual([0x7e, 0x7e]);
    control(0x24);
    pit.writePort(0x40, 1, 0x80);
    to(6);
    expect(pit.readPort(0x40)).toBe(0x7f);
  });

  it("gives status before count when the read-back command latches both", () => {
    control(0x36);
    write16(0, 100);
    to(5);
    control(0xc2);
    expect(pit.readPort(0x40)).toBe(0xb6);
    expect(read16(0)).toBe(92);
  });

  it("reports NULL COUNT from the write to the load", () => {
    control(0x34);
    expect(status(0)).toBe(0xf4);
    write16(0, 100);
    expect(status(0)).toBe(0xf4);
    to(1);
    expect(status(0)).toBe(0xb4);
  });
});

describe("8254 in the PC", () => {
  it("raises IRQ 0 once for each period of counter 0, without drift", () => {
    control(0x34);
    write16(0, 11932); // about 100 Hz
    const before = irq0.risingEdges;
    to(11932 * 1000 + 1);
    expect(irq0.risingEdges - before).toBe(1000);
  });

  it("shows gate, refresh and OUT of counter 2 on port 61h", () => {
    gate(true);
    expect(port61.readPort() & 0x0f).toBe(1);
    const seen = new Set([0, 18, 36].map((n) => (to(n), port61.readPort() & 0x10)));
    expect(seen).toEqual(new Set([0, 0x10]));
  });

  it("continues from a saved state", () => {
    control(0x34);
    write16(0, 1000);
    to(500);
    const wire = new Wire();
    const other = new Pit8254(clock, wire.drive);
    other.restoreState(pit.saveState());
    expect(other.saveState()).toEqual(pit.saveState());
    const seen = irq0.risingEdges;
    to(3001);
    expect(irq0.risingEdges - seen).toBe(3);
    expect(wire.risingEdges).toBe(3);
  });
});
