import { beforeEach, describe, expect, it } from "vitest";
import { Uart16550 } from "../../emulator/devices/uart16550.ts";
import { FakeClock, Wire } from "./fake_clock.ts";

let clock: FakeClock;
let irq: Wire;
let sent: number[];
let uart: Uart16550;
const inb = (register: number) => uart.readPort(0x3f8 + register);
const outb = (register: number, value: number) => uart.writePort(0x3f8 + register, 1, value);
const make = (line: Wire) =>
  new Uart16550("com1", 0x3f8, clock, line.drive, { transmit: (byte) => void sent.push(byte) });
/** One character at 9600 baud 8N1 in clock units. */
const CHARACTER = Math.floor((10 * 100_000_000) / 9600);

beforeEach(() => {
  clock = new FakeClock();
  irq = new Wire();
  sent = [];
  uart = make(irq);
  outb(3, 0x03);
});

describe("16550A registers", () => {
  it("hold after reset what a PC's firmware finds", () => {
    outb(3, 0);
    expect([1, 2, 3, 4, 5, 6, 7].map(inb)).toEqual([0, 0x01, 0, 0x08, 0x60, 0xb0, 0]);
    outb(3, 0x80);
    expect([inb(0), inb(1)]).toEqual([12, 0]);
  });

  it("keep the divisor behind DLAB apart from data and interrupt enable", () => {
    outb(1, 0x05);
    outb(3, 0x83);
    outb(0, 0x01);
    outb(1, 0x02);
    expect([inb(0), inb(1)]).toEqual([0x01, 0x02]);
    outb(3, 0x03);
    expect(inb(1)).toBe(0x05);
    expect(sent).toEqual([]);
  });

  it("implement the writable bits only", () => {
    outb(1, 0xff);
    outb(4, 0xff);
    outb(7, 0xa5);
    expect([inb(1), inb(4), inb(7)]).toEqual([0x0f, 0x1f, 0xa5]);
    outb(5, 0);
    outb(6, 0);
    expect(inb(5) & 0x60).toBe(0x60);
  });

  it("show enabled FIFOs in IIR", () => {
    outb(2, 0x01);
    expect(inb(2)).toBe(0xc1);
    outb(2, 0x00);
    expect(inb(2)).toBe(0x01);
  });
});

describe("16550A transmitter", () => {
  it("sends every byte at once and is always empty", () => {
    for (let i = 0; i < 100; i++) outb(0, i);
    expect(sent).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(inb(5)).toBe(0x60);
  });

  it("interrupts when enabled while empty, until IIR has named it", () => {
    outb(1, 0x02);
    expect(irq.level).toBe(true);
    expect(inb(2)).toBe(0x02);
    expect(irq.level).toBe(false);
    expect(inb(2)).toBe(0x01);
    outb(0, 0x41);
    expect(irq.risingEdges).toBe(2);
    outb(0, 0x42);
    expect(irq.risingEdges).toBe(3); // each byte is a new edge
    outb(1, 0);
    expect(irq.level).toBe(false);
  });
});

describe("16550A receiver", () => {
  it("without FIFOs holds one byte and marks the overrun of another", () => {
    outb(1, 0x05);
    expect(uart.hasRoom()).toBe(true);
    uart.receive(0x61);
    expect(uart.hasRoom()).toBe(false);
    expect(inb(2)).toBe(0x04);
    uart.receive(0x62);
    expect(inb(2)).toBe(0x06);
    expect(inb(5)).toBe(0x63);
    expect(inb(5)).toBe(0x61);
    expect(inb(0)).toBe(0x62);
    expect(irq.level).toBe(false);
    expect(inb(0)).toBe(0x62); // RBR keeps its value
  });

  it("with FIFOs keeps the first sixteen bytes on overrun", () => {
    outb(2, 0x01);
    for (let i = 0; i < 17; i++) uart.receive(i);
    expect(inb(5)).toBe(0x63);
    expect(Array.from({ length: 16 }, () => inb(0))).toEqual(Array.from({ length: 16 }, (_, i) => i));
    expect(inb(5)).toBe(0x60);
  });

  it.each([
    [0x01, 1],
    [0x41, 4],
    [0x81, 8],
    [0xc1, 14],
  ])("FCR %i interrupts from byte %i on", (fcr, level) => {
    outb(2, fcr);
    outb(1, 0x01);
    for (let i = 1; i < level; i++) uart.receive(i);
    expect(irq.level).toBe(false);
    uart.receive(0);
    expect(irq.level).toBe(true);
    expect(inb(2)).toBe(0xc4);
    inb(0);
    expect(irq.level).toBe(false);
  });

  it("times out after four characters of silence, and a read ends it", () => {
    outb(2, 0x81);
    outb(1, 0x01);
    uart.receive(1);
    uart.receive(2);
    clock.advance(4 * CHARACTER - 1);
    expect(irq.level).toBe(false);
    clock.advance(1);
    expect(inb(2)).toBe(0xcc);
    inb(0);
    expect(irq.level).toBe(false);
    clock.advance(4 * CHARACTER);
    expect(inb(2)).toBe(0xcc);
    inb(0);
    clock.advance(100 * CHARACTER);
    expect(irq.level).toBe(false);
  });

  it("reveals a break when it reaches the top of the FIFO", () => {
    outb(2, 0x01);
    outb(1, 0x05);
    uart.receive(0x41);
    uart.receiveBreak();
    expect(inb(5)).toBe(0xe1);
    inb(0);
    expect(inb(2)).toBe(0xc6);
    expect(inb(5)).toBe(0xf1);
    expect(inb(0)).toBe(0);
    expect(inb(5)).toBe(0x60);
  });

  it("is emptied by FCR bit 1 and by switching the FIFOs", () => {
    outb(2, 0x01);
    uart.receive(1);
    outb(2, 0x03);
    expect(inb(5)).toBe(0x60);
    uart.receive(1);
    outb(2, 0x00);
    expect(inb(5)).toBe(0x60);
  });

  it("orders interrupts: line status, data, transmitter, modem", () => {
    outb(4, 0x10);
    inb(6);
    outb(4, 0x00); // CTS, DSR, DCD come back: deltas
    outb(1, 0x0f);
    uart.receive(1);
    uart.receive(2);
    expect(inb(2)).toBe(0x06);
    inb(5);
    expect(inb(2)).toBe(0x04);
    inb(0);
    expect(inb(2)).toBe(0x02);
    expect(inb(2)).toBe(0x00);
    expect(inb(6)).toBe(0xbb);
    expect(inb(2)).toBe(0x01);
    expect(irq.level).toBe(false);
  });
});

describe("16550A loopback", () => {
  it("returns what is sent, sends nothing out and takes nothing in", () => {
    outb(4, 0x10);
    outb(0, 0xae);
    uart.receive(0x55);
    expect(uart.hasRoom()).toBe(false);
    expect(inb(0)).toBe(0xae);
    expect(inb(5)).toBe(0x60);
    expect(sent).toEqual([]);
  });

  it("drives the modem status from the modem control, with deltas", () => {
    outb(4, 0x1f);
    inb(6);
    expect(inb(6)).toBe(0xf0);
    outb(4, 0x10);
    expect(inb(6)).toBe(0x0f);
    outb(4, 0x12);
    expect(inb(6)).toBe(0x11);
  });
});

describe("16550A as the machine sees it", () => {
  it("listens once the guest enables the interrupt", () => {
    let calls = 0;
    uart.onReceiverReady = () => void calls++;
    expect(uart.listening).toBe(false);
    outb(1, 0x01);
    expect([uart.listening, calls]).toEqual([true, 1]);
  });

  it("listens to a guest that polls for input, not to one that polls to send", () => {
    for (let i = 0; i < 100; i++) {
      inb(5);
      outb(0, 0x2e);
    }
    expect(uart.listening).toBe(false);
    for (let i = 0; i < 16; i++) inb(5);
    expect(uart.listening).toBe(true);
  });

  it("continues from a saved state, timeout included", () => {
    outb(2, 0x81);
    outb(1, 0x01);
    uart.receive(7);
    clock.advance(CHARACTER);
    const wire = new Wire();
    const other = make(wire);
    other.restoreState(uart.saveState());
    expect(other.saveState()).toEqual(uart.saveState());
    clock.advance(3 * CHARACTER);
    expect(wire.level).toBe(true);
    expect(other.readPort(0x3f8)).toBe(7);
  });
});
