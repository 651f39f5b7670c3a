// The chips as a PC's firmware leaves them for the kernel; values as found under QEMU's `-M pc` with SeaBIOS.
import type { PortBus } from "./port_bus.ts";

/** 8259 pair at vectors 08h and 70h, cascade, timer, disk and clock unmasked; timer 0 free running at 18.2 Hz. */
const WRITES: readonly (readonly [port: number, value: number])[] = [
  [0x20, 0x11],
  [0x21, 0x08],
  [0x21, 0x04],
  [0x21, 0x01],
  [0xa0, 0x11],
  [0xa1, 0x70],
  [0xa1, 0x02],
  [0xa1, 0x01],
  [0x21, 0xb8],
  [0xa1, 0x8e],
  [0x4d0, 0x00],
  [0x4d1, 0x0c],
  [0x43, 0x34],
  [0x40, 0x00],
  [0x40, 0x00],
  [0x43, 0x54],
  [0x41, 0x12],
];

export function leaveFirmware(ports: PortBus): void {
  for (const [port, value] of WRITES) ports.write(port, 1, value);
}

/** CMOS RAM by index: memory sizes where BIOSes leave them, no floppy drives, no hard disks. */
export function cmosContents(memoryBytes: number): Record<number, number> {
  const baseKib = 640;
  const extendedKib = Math.min(memoryBytes / 1024 - 1024, 0xffff);
  const above16M = Math.max(0, memoryBytes - (16 << 20)) / 65536;
  const low = (value: number) => value & 0xff;
  const high = (value: number) => (value >> 8) & 0xff;
  return {
    0x14: 0x02, // equipment: coprocessor
    0x15: low(baseKib),
    0x16: high(baseKib),
    0x17: low(extendedKib),
    0x18: high(extendedKib),
    0x30: low(extendedKib),
    0x31: high(extendedKib),
    0x34: low(above16M),
    0x35: high(above16M),
  };
}
