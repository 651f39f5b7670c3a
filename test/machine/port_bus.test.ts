import { describe, expect, it } from "vitest";
import { PortBus } from "../../emulator/machine/port_bus.ts";

function recorder(log: string[]) {
  return {
    readPort: (port: number, size: number) => (log.push(`in ${port.toString(16)} ${size}`), port & 0xff),
    writePort: (port: number, size: number, value: number) =>
      void log.push(`out ${port.toString(16)} ${size} ${value.toString(16)}`),
  };
}

describe("port bus", () => {
  it("reads ones where nothing is and swallows writes there", () => {
    const bus = new PortBus();
    bus.write(0x1234, 4, 1);
    expect([bus.read(0x1234, 1), bus.read(0x1234, 2), bus.read(0x1234, 4)]).toEqual([0xff, 0xffff, 0xffffffff]);
  });

  it("divides a wide access among byte-wide devices, lowest port first", () => {
    const bus = new PortBus();
    const log: string[] = [];
    bus.attach(recorder(log), [0x10, 0x11, 0x12]);
    expect(bus.read(0x10, 4)).toBe(0xff121110);
    bus.write(0x10, 4, 0x87654321);
    expect(log).toEqual(["in 10 1", "in 11 1", "in 12 1", "out 10 1 21", "out 11 1 43", "out 12 1 65"]);
  });

  it("gives a wide device its access in one piece", () => {
    const bus = new PortBus();
    const log: string[] = [];
    bus.attach(recorder(log), [0xf4, 0xf5, 0xf6, 0xf7], 4);
    bus.write(0xf4, 4, 0xdeadbeef);
    bus.write(0xf4, 2, 0xbeef);
    expect(log).toEqual(["out f4 4 deadbeef", "out f4 2 beef"]);
  });

  it("wraps at the end of the I/O space", () => {
    const bus = new PortBus();
    const log: string[] = [];
    bus.attach(recorder(log), [0xffff, 0x0000]);
    expect(bus.read(0xffff, 2)).toBe(0x00ff);
  });

  it("refuses two devices at one port", () => {
    const bus = new PortBus();
    bus.attach(recorder([]), [0x20]);
    expect(() => bus.attach(recorder([]), [0x20])).toThrow("20h");
  });
});
