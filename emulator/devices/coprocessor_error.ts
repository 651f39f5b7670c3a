// The coprocessor error logic of an AT, as in the PIIX (82371SB data sheet): FERR# to IRQ 13, port F0h to IGNNE#.
import type { Device, DeviceState, InterruptLine, PortDevice } from "./bus.ts";

/** How this logic is wired up. */
export interface CoprocessorWires {
  irq13: InterruptLine;
  /** The processor's IGNNE# pin. */
  setIgnore: (level: boolean) => void;
}

/**
 * FERR# sets a latch that drives IRQ 13. A write to F0h, whatever the value, clears the latch and, while FERR# is still
 * there, asserts IGNNE#, so that the handler can use x87 instructions; IGNNE# goes with FERR#.
 */
export class CoprocessorError implements Device, PortDevice {
  readonly name = "coprocessor-error";
  readonly ports = [0xf0];
  private error = false;
  private latch = false;

  constructor(private readonly wires: CoprocessorWires) {}

  /** The processor's FERR# pin. */
  setError(level: boolean): void {
    if (level && !this.error) this.setLatch(true);
    this.error = level;
    if (!level) this.wires.setIgnore(false);
  }

  /** Nothing to read. */
  readPort(): number {
    return 0xff;
  }

  writePort(): void {
    this.setLatch(false);
    if (this.error) this.wires.setIgnore(true);
  }

  private setLatch(level: boolean): void {
    this.latch = level;
    this.wires.irq13(level);
  }

  reset(): void {
    this.error = false;
    this.setLatch(false);
    this.wires.setIgnore(false);
  }

  saveState(): DeviceState {
    return { error: this.error, latch: this.latch };
  }

  restoreState(state: DeviceState): void {
    this.error = state.error as boolean;
    this.latch = state.latch as boolean;
  }
}
