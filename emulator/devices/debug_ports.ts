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

/**
 * PM1a control of QEMU's `-M pc` at 604h: SLP_EN with sleep type 0 (a write of 2000h) turns the power off. Without ACPI
 * tables nothing else of it is of use: it reads as zero.
 */
export class PowerOff implements PortDevice {
  readonly ports = [0x604, 0x605];
  constructor(private readonly off: () => void) {}

  readPort(): number {
    return 0;
  }

  writePort(port: number, size: AccessSize, value: number): void {
    const control = size === 1 && port === 0x605 ? value << 8 : value;
    if ((control & 0x3c00) === 0x2000) this.off();
  }
}
