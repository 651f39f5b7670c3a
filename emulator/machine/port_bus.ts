// I/O space: 65536 ports, each with at most one device behind it.
import type { AccessSize, PortDevice } from "../devices/bus.ts";

/** A device and the widest access that it takes in one piece. */
interface Slot {
  device: PortDevice;
  width: AccessSize;
}

export class PortBus {
  private readonly slots: Slot[] = [];
  /** For each port the number of its slot plus one, 0 where there is nothing. */
  private readonly slotOfPort = new Uint8Array(0x10000);

  /** Puts a device at its ports. A wider access than `width` bytes reaches it in pieces of `width`, lowest port first. */
  attach(device: PortDevice, ports: readonly number[], width: AccessSize = 1): void {
    const number = this.slots.push({ device, width });
    for (const port of ports) {
      if (this.slotOfPort[port]) throw new Error(`port ${port.toString(16)}h has two devices`);
      this.slotOfPort[port] = number;
    }
  }

  /** An empty port reads as ones: nothing drives the bus. */
  read(port: number, size: AccessSize): number {
    const number = this.slotOfPort[port];
    if (number !== 0) {
      const { device, width } = this.slots[number - 1];
      if (size <= width) return device.readPort(port, size);
    }
    if (size === 1) return 0xff;
    const half = (size >> 1) as AccessSize;
    const low = this.read(port, half);
    const high = this.read((port + half) & 0xffff, half);
    return size === 2 ? low | (high << 8) : (low | (high << 16)) >>> 0;
  }

  write(port: number, size: AccessSize, value: number): void {
    const number = this.slotOfPort[port];
    if (number !== 0) {
      const { device, width } = this.slots[number - 1];
      if (size <= width) return device.writePort(port, size, value);
    }
    if (size === 1) return;
    const half = (size >> 1) as AccessSize;
    this.write(port, half, half === 1 ? value & 0xff : value & 0xffff);
    this.write((port + half) & 0xffff, half, value >>> (half * 8));
  }
}
