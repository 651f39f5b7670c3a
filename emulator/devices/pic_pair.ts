// The two 8259A of a PC: the slave's INT is the master's IR2, ELCRs at 4D0h/4D1h (PIIX data sheet, 82371SB).
import type { Device, DeviceState, InterruptLine, PortDevice } from "./bus.ts";
import { Pic8259 } from "./pic8259.ts";

const CASCADE_IR = 2;

export class PicPair implements Device, PortDevice {
  readonly name = "pic";
  readonly ports = [0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1];
  private readonly master: Pic8259;
  private readonly slave: Pic8259;

  /** `intr` is the processor's INTR pin. */
  constructor(intr: InterruptLine) {
    this.master = new Pic8259(intr, 1 << CASCADE_IR);
    this.slave = new Pic8259((level) => this.master.setInput(CASCADE_IR, level), 0);
  }

  /** The request line of ISA interrupt `irq` (0-15; 2 is the cascade and arrives at IRQ 9, as on the bus). */
  line(irq: number): InterruptLine {
    if (irq === CASCADE_IR) irq = 9;
    return irq < 8 ? (level) => this.master.setInput(irq, level) : (level) => this.slave.setInput(irq - 8, level);
  }

  /** Level of INTR. */
  get intr(): boolean {
    return this.master.intOutputLevel;
  }

  /** INTA: the vector for the processor. */
  acknowledge(): number {
    const level = this.master.acknowledge();
    if (level === CASCADE_IR) return this.slave.vector(this.slave.acknowledge());
    return this.master.vector(level);
  }

  readPort(port: number): number {
    switch (port) {
      case 0x20:
        return this.master.readCommand();
      case 0x21:
        return this.master.readData();
      case 0xa0:
        return this.slave.readCommand();
      case 0xa1:
        return this.slave.readData();
      case 0x4d0:
        return this.master.elcr;
      default:
        return this.slave.elcr;
    }
  }

  writePort(port: number, _size: number, value: number): void {
    switch (port) {
      case 0x20:
        return this.master.writeCommand(value);
      case 0x21:
        return this.master.writeData(value);
      case 0xa0:
        return this.slave.writeCommand(value);
      case 0xa1:
        return this.slave.writeData(value);
      case 0x4d0:
        this.master.elcr = value & 0xf8; // IRQ 0-2 are always edge
        return;
      default:
        this.slave.elcr = value & 0xde; // IRQ 8 and 13 are always edge
    }
  }

  reset(): void {
    this.slave.reset();
    this.master.reset();
  }

  saveState(): DeviceState {
    return { master: this.master.saveState(), slave: this.slave.saveState() };
  }

  restoreState(state: DeviceState): void {
    this.master.restoreState(state.master as DeviceState);
    this.slave.restoreState(state.slave as DeviceState);
  }
}
