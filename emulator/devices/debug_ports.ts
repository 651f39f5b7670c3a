// Ports that exist only in emulators, as QEMU and Bochs have them: the debug console and two ways to end the machine.
import type { AccessSize, PortDevice } from "./bus.ts";

/** Port E9h: a byte written goes to the host; reading E9h tells a guest that the console is there. */
export class DebugConsole implements PortDevice {
  readonly ports = [0xe9];
  constructor(private readonly transmit: (byte: number) => void) {}

  readPort(): number {
    return 0xe9;
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.transmit(value & 0xff);
  }
}

/** isa-debug-exit at F4h (four ports): a write of any width ends the machine with that value. Reads as zero. */
export class DebugExit implements PortDevice {
  readonly ports = [0xf4, 0xf5, 0xf6, 0xf7];
  constructor(private readonly exit: (value: number) => void) {}

  readPort(): number {
    return 0;
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.exit(value);
  }
}

/** PM1a control of QEMU's `-M pc` at 604h: SLP_EN with sleep type 0 (a write of 2000h) turns the power off. */
export class PowerOff implements PortDevice {
  readonly ports = [0x604, 0x605];
  /** The register as last written, without the write-only SLP_EN. */
  private control = 0;
  constructor(private readonly off: () => void) {}

  readPort(port: number, size: AccessSize): number {
    if (size === 1) return port === 0x605 ? this.control >> 8 : this.control & 0xff;
    return this.control;
  }

  writePort(port: number, size: AccessSize, value: number): void {
    const written = size > 1 ? value : port === 0x605 ? (value << 8) | (this.control & 0xff) : value;
    this.control = written & 0x1c01;
    if (written & 0x2000 && (written & 0x1c00) === 0) this.off();
  }
}
