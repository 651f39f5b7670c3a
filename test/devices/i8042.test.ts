import { beforeEach, describe, expect, it } from "vitest";
import { I8042 } from "../../emulator/devices/i8042.ts";
import { DebugConsole, DebugExit, PowerOff } from "../../emulator/devices/debug_ports.ts";
import { Wire } from "./fake_clock.ts";

let irq1: Wire;
let a20: boolean[];
let resets: number;
let kbc: I8042;
const command = (value: number) => kbc.writePort(0x64, 1, value);
const data = (value: number) => kbc.writePort(0x60, 1, value);
const read = () => kbc.readPort(0x60);
const status = () => kbc.readPort(0x64);

beforeEach(() => {
  irq1 = new Wire();
  a20 = [];
  resets = 0;
  kbc = new I8042({ irq1: irq1.drive, setA20: (on) => void a20.push(on), reset: () => void resets++ });
  a20.length = 0;
});

describe("8042", () => {
  it("passes its self-test and its interface test", () => {
    command(0xaa);
    expect(status() & 0x0d).toBe(0x0d);
    expect(read()).toBe(0x55);
    expect(status() & 0x01).toBe(0);
    command(0xab);
    expect(read()).toBe(0x00);
  });

  it("reads back the command byte and interrupts only when that allows it", () => {
    command(0x60);
    data(0x44);
    command(0x20);
    expect(irq1.level).toBe(false);
    expect(read()).toBe(0x44);
    command(0x60);
    data(0x45);
    data(0xee);
    expect(irq1.level).toBe(true);
    expect(read()).toBe(0xee);
    expect(irq1.level).toBe(false);
  });

  it("asks anew for each byte of an answer", () => {
    data(0xff);
    expect(read()).toBe(0xfa);
    expect([irq1.level, irq1.risingEdges]).toEqual([true, 2]);
    expect(read()).toBe(0xaa);
    expect(irq1.level).toBe(false);
    expect(read()).toBe(0xaa); // an empty buffer keeps its last byte
  });

  it("identifies as an MF2 keyboard, takes lamps, refuses nonsense", () => {
    data(0xf2);
    expect([read(), read(), read()]).toEqual([0xfa, 0xab, 0x41]);
    data(0xed);
    data(0x07);
    expect([read(), read()]).toEqual([0xfa, 0xfa]);
    data(0x01);
    expect(read()).toBe(0xfe);
  });

  it("gates A20 by output port, by command and by port 92h", () => {
    command(0xd1);
    data(0xdd);
    command(0xd0);
    expect(read() & 0x02).toBe(0);
    command(0xdf);
    expect(kbc.readPort(0x92)).toBe(0x02);
    kbc.writePort(0x92, 1, 0);
    command(0xd0);
    expect(read() & 0x02).toBe(0);
    command(0xdd);
    expect(a20).toEqual([false, true, false, false]);
  });

  it("resets the processor by pulse, by output port and by port 92h", () => {
    command(0xf0);
    command(0xfe);
    expect(resets).toBe(2);
    command(0xff);
    expect(resets).toBe(2);
    command(0xd1);
    data(0x02);
    kbc.writePort(0x92, 1, 0x03);
    expect(resets).toBe(4);
  });

  it("continues from a saved state", () => {
    data(0xf2);
    read();
    const other = new I8042({ irq1: () => {}, setA20: () => {}, reset: () => {} });
    other.restoreState(kbc.saveState());
    expect([other.readPort(0x60), other.readPort(0x60)]).toEqual([0xab, 0x41]);
  });
});

describe("ports of emulators", () => {
  it("E9h prints and reads as itself", () => {
    const bytes: number[] = [];
    const console = new DebugConsole((byte) => void bytes.push(byte));
    console.writePort(0xe9, 1, 0x41);
    expect([bytes, console.readPort()]).toEqual([[0x41], 0xe9]);
  });

  it("F4h exits with the value of any width", () => {
    const values: number[] = [];
    const exit = new DebugExit((value) => void values.push(value));
    exit.writePort(0xf4, 4, 0x12345678);
    expect([values, exit.readPort()]).toEqual([[0x12345678], 0]);
  });

  it("604h turns off with SLP_EN and sleep type 0 only", () => {
    let off = 0;
    const power = new PowerOff(() => void off++);
    power.writePort(0x604, 2, 0x0001);
    power.writePort(0x604, 2, 0x2400);
    expect([off, power.readPort()]).toEqual([0, 0]);
    power.writePort(0x604, 2, 0x2000);
    power.writePort(0x605, 1, 0x20);
    expect(off).toBe(2);
  });
});
