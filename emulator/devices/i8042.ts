// 8042 keyboard controller of a PC/AT with a PS/2 keyboard (IBM PS/2 Hardware Interface Technical Reference,
// "Keyboard/Auxiliary Device Controller"), and port 92h, which shares the A20 gate and the reset line with it.
// The keyboard answers its commands; scan codes come when there is a display to type at.
import type { Device, DeviceState, InterruptLine, PortDevice } from "./bus.ts";

const enum Status {
  OUTPUT_FULL = 0x01,
  SYSTEM = 0x04,
  COMMAND = 0x08,
  NOT_LOCKED = 0x10,
}

/** Controller command byte. */
const enum Mode {
  KEYBOARD_INTERRUPT = 0x01,
  SYSTEM = 0x04,
  KEYBOARD_DISABLED = 0x10,
  AUXILIARY_DISABLED = 0x20,
  TRANSLATE = 0x40,
}

/** Controller output port. */
const enum OutputPort {
  /** Reset line, active low. */
  NOT_RESET = 0x01,
  A20 = 0x02,
  OUTPUT_FULL = 0x10,
  /** Keyboard clock and data, idle high. */
  LINES = 0xcc,
}

const enum Keyboard {
  ACK = 0xfa,
  RESEND = 0xfe,
  SELF_TEST_PASSED = 0xaa,
}

export interface I8042Pins {
  /** Keyboard interrupt, IRQ 1. */
  irq1: InterruptLine;
  /** Gate A20 has changed. */
  setA20(enabled: boolean): void;
  /** The reset line was pulsed. */
  reset(): void;
}

export class I8042 implements Device, PortDevice {
  readonly name = "i8042";
  readonly ports = [0x60, 0x64, 0x92];
  private mode = 0;
  private a20 = true;
  private lastWriteWasCommand = false;
  /** Controller command that waits for its byte at port 60h, or 0. */
  private pendingCommand = 0;
  /** Keyboard command that waits for its byte, or 0. */
  private pendingKeyboard = 0;
  /** What port 60h will give, first to last. */
  private output: number[] = [];
  private lastOutput = 0;
  private irqLevel = false;

  constructor(private readonly pins: I8042Pins) {
    this.reset();
  }

  /** State as a PC's firmware leaves it: keyboard on with interrupt and translation, no mouse, A20 open. */
  reset(): void {
    this.mode = Mode.KEYBOARD_INTERRUPT | Mode.AUXILIARY_DISABLED | Mode.TRANSLATE;
    this.lastWriteWasCommand = true;
    this.pendingCommand = this.pendingKeyboard = 0;
    this.output = [];
    this.lastOutput = 0;
    this.setA20(true);
    this.updateInterrupt();
  }

  readPort(port: number): number {
    switch (port) {
      case 0x60:
        if (this.output.length > 0) this.lastOutput = this.output.shift()!;
        this.drive(false); // each byte asks anew
        this.updateInterrupt();
        return this.lastOutput;
      case 0x64:
        return this.status();
      default:
        return this.a20 ? 0x02 : 0;
    }
  }

  writePort(port: number, _size: number, value: number): void {
    switch (port) {
      case 0x60:
        this.lastWriteWasCommand = false;
        if (this.pendingCommand) this.finishCommand(value);
        else this.keyboardCommand(value);
        break;
      case 0x64:
        this.lastWriteWasCommand = true;
        this.command(value);
        break;
      default: // port 92h: bit 1 gate A20, bit 0 fast reset
        this.setA20((value & 2) !== 0);
        if (value & 1) this.pins.reset();
    }
  }

  saveState(): DeviceState {
    const { mode, a20, lastWriteWasCommand, pendingCommand, pendingKeyboard, lastOutput, irqLevel } = this;
    const registers = { mode, a20, lastWriteWasCommand, pendingCommand, pendingKeyboard, lastOutput, irqLevel };
    return { ...registers, output: [...this.output] };
  }

  restoreState(state: DeviceState): void {
    Object.assign(this, state, { output: [...(state.output as number[])] });
  }

  private status(): number {
    let status = Status.NOT_LOCKED | Status.SYSTEM;
    if (this.output.length > 0) status |= Status.OUTPUT_FULL;
    if (this.lastWriteWasCommand) status |= Status.COMMAND;
    return status;
  }

  /** "Controller commands", port 64h. */
  private command(value: number): void {
    this.pendingCommand = 0;
    if (value >= 0xf0) {
      // Pulse output port bits 0-3, active low: bit 0 is the processor's reset.
      if (!(value & OutputPort.NOT_RESET)) this.pins.reset();
      return;
    }
    switch (value) {
      case 0x20: // read command byte
        return this.reply(this.mode);
      case 0x60: // write command byte
      case 0xd1: // write output port
      case 0xd2: // write keyboard output buffer
      case 0xd3: // write auxiliary output buffer
      case 0xd4: // write to auxiliary device
        this.pendingCommand = value;
        return;
      case 0xa7: // disable, enable auxiliary device
        this.mode |= Mode.AUXILIARY_DISABLED;
        return;
      case 0xa8:
        this.mode &= ~Mode.AUXILIARY_DISABLED;
        return;
      case 0xa9: // test auxiliary interface: nothing wrong with the lines
      case 0xab: // test keyboard interface
        return this.reply(0);
      case 0xaa: // self-test
        this.mode |= Mode.SYSTEM;
        return this.reply(0x55);
      case 0xad: // disable, enable keyboard
        this.mode |= Mode.KEYBOARD_DISABLED;
        return;
      case 0xae:
        this.mode &= ~Mode.KEYBOARD_DISABLED;
        return;
      case 0xc0: // input port: keyboard not inhibited
        return this.reply(0x80);
      case 0xd0:
        return this.reply(this.outputPort());
      case 0xdd: // disable, enable A20
        return this.setA20(false);
      case 0xdf:
        return this.setA20(true);
    }
  }

  /** The byte at port 60h that belongs to a controller command. */
  private finishCommand(value: number): void {
    const command = this.pendingCommand;
    this.pendingCommand = 0;
    switch (command) {
      case 0x60:
        this.mode = value;
        this.updateInterrupt();
        break;
      case 0xd1:
        this.setA20((value & OutputPort.A20) !== 0);
        if (!(value & OutputPort.NOT_RESET)) this.pins.reset();
        break;
      case 0xd2:
        this.reply(value);
        break;
      // D3, D4: there is no mouse, nothing answers.
    }
  }

  /** Commands to the keyboard itself ("Keyboard commands": ED, EE, F0, F2, F3, F4-F6, FF). */
  private keyboardCommand(value: number): void {
    this.mode &= ~Mode.KEYBOARD_DISABLED; // sending a byte enables the interface
    if (this.pendingKeyboard) {
      const command = this.pendingKeyboard;
      this.pendingKeyboard = 0;
      this.reply(Keyboard.ACK);
      if (command === 0xf0 && value === 0) this.reply(0x41); // scan code set 2, as translation shows it
      return;
    }
    switch (value) {
      case 0xed: // lamps
      case 0xf0: // scan code set
      case 0xf3: // typematic rate
        this.pendingKeyboard = value;
        return this.reply(Keyboard.ACK);
      case 0xee: // echo
        return this.reply(0xee);
      case 0xf2: // identify: MF2 keyboard, AB 83 with 83 translated
        this.reply(Keyboard.ACK);
        this.reply(0xab);
        return this.reply(this.mode & Mode.TRANSLATE ? 0x41 : 0x83);
      case 0xf4:
      case 0xf5:
      case 0xf6:
        return this.reply(Keyboard.ACK);
      case 0xff:
        this.reply(Keyboard.ACK);
        return this.reply(Keyboard.SELF_TEST_PASSED);
      default:
        return this.reply(Keyboard.RESEND);
    }
  }

  private outputPort(): number {
    const full = this.output.length > 0 ? OutputPort.OUTPUT_FULL : 0;
    return OutputPort.LINES | OutputPort.NOT_RESET | full | (this.a20 ? OutputPort.A20 : 0);
  }

  private reply(byte: number): void {
    this.output.push(byte);
    this.updateInterrupt();
  }

  private setA20(enabled: boolean): void {
    this.a20 = enabled;
    this.pins.setA20(enabled);
  }

  private updateInterrupt(): void {
    this.drive(this.output.length > 0 && (this.mode & Mode.KEYBOARD_INTERRUPT) !== 0);
  }

  private drive(level: boolean): void {
    if (level === this.irqLevel) return;
    this.irqLevel = level;
    this.pins.irq1(level);
  }
}
