import { beforeEach, describe, expect, it } from "vitest";
import { PicPair } from "../../emulator/devices/pic_pair.ts";
import { Wire } from "./fake_clock.ts";

let intr: Wire;
let pic: PicPair;
const out = (port: number, value: number) => pic.writePort(port, 1, value);
const raise = (irq: number) => pic.line(irq)(true);
const lower = (irq: number) => pic.line(irq)(false);
const isr = (base: number) => (out(base, 0x0b), pic.readPort(base));
const irr = (base: number) => (out(base, 0x0a), pic.readPort(base));

function initialise(master4 = 0x01, slave4 = 0x01): void {
  for (const [port, value] of [
    [0x20, 0x11],
    [0x21, 0x20],
    [0x21, 0x04],
    [0x21, master4],
    [0xa0, 0x11],
    [0xa1, 0x28],
    [0xa1, 0x02],
    [0xa1, slave4],
    [0x21, 0],
    [0xa1, 0],
  ]) {
    out(port, value);
  }
}

beforeEach(() => {
  intr = new Wire();
  pic = new PicPair(intr.drive);
  initialise();
});

describe("8259A pair", () => {
  it("delivers an edge as base plus level and holds lower levels until the end of interrupt", () => {
    raise(4);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x24);
    expect(intr.level).toBe(false);
    raise(5);
    expect(intr.level).toBe(false);
    raise(1);
    expect(pic.acknowledge()).toBe(0x21);
    expect(isr(0x20)).toBe(0x12);
    out(0x20, 0x20); // non-specific: the highest in service, which is 1
    expect(isr(0x20)).toBe(0x10);
    expect(intr.level).toBe(false);
    out(0x20, 0x64); // specific EOI of 4
    expect(pic.acknowledge()).toBe(0x25);
  });

  it("takes one interrupt from one edge", () => {
    raise(3);
    pic.acknowledge();
    out(0x20, 0x20);
    expect(intr.level).toBe(false);
    raise(3);
    expect(intr.level).toBe(false);
    lower(3);
    raise(3);
    expect(intr.level).toBe(true);
  });

  it("asks again after the end of interrupt while a level-sensitive input is high", () => {
    out(0x4d1, 0x0c);
    raise(10);
    expect(pic.acknowledge()).toBe(0x2a);
    out(0xa0, 0x20);
    out(0x20, 0x20);
    expect(intr.level).toBe(true);
    lower(10);
    expect(intr.level).toBe(false);
  });

  it("keeps IRQ 0-2, 8 and 13 edge triggered whatever the ELCR is written", () => {
    out(0x4d0, 0xff);
    out(0x4d1, 0xff);
    expect([pic.readPort(0x4d0), pic.readPort(0x4d1)]).toEqual([0xf8, 0xde]);
  });

  it("puts both controllers in service for a slave interrupt", () => {
    raise(12);
    expect(pic.acknowledge()).toBe(0x2c);
    expect([isr(0x20), isr(0xa0)]).toEqual([0x04, 0x10]);
    raise(15);
    out(0xa0, 0x20);
    expect(intr.level).toBe(false); // the master still has the cascade in service
    out(0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x2f);
  });

  it("lets a higher slave interrupt through a slave in service only in special fully nested mode", () => {
    raise(12);
    pic.acknowledge();
    raise(8);
    expect(intr.level).toBe(false);
    initialise(0x11);
    lower(12);
    lower(8);
    raise(12);
    pic.acknowledge();
    raise(8);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x28);
  });

  it("answers a request that has gone with the spurious vector of IR7 and no ISR bit", () => {
    raise(4);
    lower(4);
    expect(intr.level).toBe(false);
    expect(pic.acknowledge()).toBe(0x27);
    expect(isr(0x20)).toBe(0);
  });

  it("answers a vanished slave request with IRQ 15 and the cascade in service on the master", () => {
    // The master sees the slave's request, then the slave's input is masked away between the two INTA pulses.
    out(0x4d0, 0);
    raise(9);
    const master = (pic as unknown as { master: { setInput(ir: number, level: boolean): void } }).master;
    out(0xa1, 0x02);
    master.setInput(2, false);
    master.setInput(2, true);
    expect(pic.acknowledge()).toBe(0x2f);
    expect([isr(0x20), isr(0xa0)]).toEqual([0x04, 0]);
  });

  it("masks with OCW1 and remembers the edge", () => {
    out(0x21, 0x10);
    raise(4);
    expect(intr.level).toBe(false);
    expect(irr(0x20)).toBe(0x10);
    out(0x21, 0);
    expect(pic.acknowledge()).toBe(0x24);
  });

  it("enables all other levels in special mask mode, and a non-specific EOI spares the masked one", () => {
    raise(1);
    pic.acknowledge();
    out(0x21, 0x02);
    raise(6);
    expect(intr.level).toBe(false);
    out(0x20, 0x68);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x26);
    out(0x20, 0x20);
    expect(isr(0x20)).toBe(0x02);
    out(0x20, 0x48);
    out(0x20, 0x61);
    expect(isr(0x20)).toBe(0);
  });

  it("rotates the level just served to the lowest priority", () => {
    raise(3);
    pic.acknowledge();
    out(0x20, 0xa0);
    lower(3);
    raise(3);
    raise(4);
    expect(pic.acknowledge()).toBe(0x24);
    out(0x20, 0x20);
    expect(pic.acknowledge()).toBe(0x23);
    out(0x20, 0x20);
    out(0x20, 0xc5); // set priority: 5 lowest, 6 highest
    lower(3);
    raise(3);
    raise(6);
    expect(pic.acknowledge()).toBe(0x26);
  });

  it("ends an interrupt by itself in automatic EOI mode, with rotation if asked", () => {
    initialise(0x03);
    out(0x20, 0x80);
    raise(2 + 1);
    raise(4);
    expect(pic.acknowledge()).toBe(0x23);
    expect(isr(0x20)).toBe(0);
    lower(3);
    raise(3);
    expect(pic.acknowledge()).toBe(0x24); // 3 is lowest now
    expect(pic.acknowledge()).toBe(0x23);
  });

  it("gives the master a new edge for a second request of a slave in automatic EOI mode", () => {
    initialise(0x03, 0x03);
    raise(9);
    raise(11);
    expect(pic.acknowledge()).toBe(0x29);
    expect(intr.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x2b);
  });

  it("answers a poll command once, as an acknowledge", () => {
    raise(5);
    out(0x20, 0x0c);
    expect(pic.readPort(0x20)).toBe(0x85);
    expect(isr(0x20)).toBe(0x20);
    out(0x20, 0x0c);
    expect(pic.readPort(0x20)).toBe(0);
  });

  it("clears mask, service and edges with ICW1 and reads IRR first", () => {
    out(0x21, 0xff);
    raise(3);
    out(0x20, 0x0b);
    out(0x20, 0x11);
    expect(pic.readPort(0x20)).toBe(0); // IRR: the edge is forgotten
    out(0x21, 0x40);
    out(0x21, 0x04);
    out(0x21, 0x01);
    expect(pic.readPort(0x21)).toBe(0);
    expect(intr.level).toBe(false);
  });

  it("skips ICW3 in single mode and ICW4 when IC4 is clear", () => {
    out(0x20, 0x12);
    out(0x21, 0x40);
    out(0x21, 0xfe); // OCW1 already
    expect(pic.readPort(0x21)).toBe(0xfe);
    raise(0);
    expect(pic.acknowledge()).toBe(0x40);
  });

  it("continues from a saved state", () => {
    raise(4);
    raise(12);
    pic.acknowledge();
    const other = new PicPair(new Wire().drive);
    other.restoreState(pic.saveState());
    expect(other.saveState()).toEqual(pic.saveState());
    other.writePort(0x20, 1, 0x20);
    expect(other.intr).toBe(true);
    expect(other.acknowledge()).toBe(0x24);
  });
});
