// I/O space: 65536 ports, each with at most one device behind it.
import type { AccessSize, PortDevice } from "../devices/bus.ts";

export class PortBus {
  private readonly devices: (PortDevice | undefined)[] = new Array<PortDevice | undefined>(0x10000).fill(undefined);
  /** Widest access that the device at a port takes in one piece. */
  private readonly widths = new Uint8Array(0x10000);

  /** Puts a device at its ports. A wider access than `width` bytes reaches it in pieces of `width`, lowest port first. */
  attach(device: PortDevice, ports: readonly number[], width: AccessSize = 1): void {
    for (const port of ports) {
      if (this.devices[port]) throw new Error(`port ${port.toString(16)}h has two devices`);
      this.devices[port] = device;
      this.widths[port] = width;
    }
  }

  /** An empty port reads as ones: nothing drives the bus. */
  read(port: number, size: AccessSize): number {
    const device = this.devices[port];
    if (device !== undefined && size <= this.widths[port]) return device.readPort(port, size);
    if (size === 1) return 0xff;
    const half = (size >> 1) as AccessSize;
    const low = this.read(port, half);
    const high = this.read((port + half) & 0xffff, half);
    return size === 2 ? low | (high << 8) : (low | (high << 16)) >>> 0;
  }

  write(port: number, size: AccessSize, value: number): void {
    const device = this.devices[port];
    if (device !== undefined && size <= this.widths[port]) return device.writePort(port, size, value);
    if (size === 1) return;
    const half = (size >> 1) as AccessSize;
    const bits = half * 8;
    this.write(port, half, half === 1 ? value & 0xff : value & 0xffff);
    this.write((port + half) & 0xffff, half, value >>> bits);
  }
}
