// 16550A UART, one serial port (National Semiconductor PC16550D data sheet; section numbers are its).
//
// The transmitter is infinitely fast: a byte written to THR has left before the next instruction, so nothing is ever
// lost and THRE is always set, as in QEMU. The receiver takes what `receive` is given; the machine paces it.
// INTR is not gated by OUT2, as in QEMU: kernels that never set it (xv6, JOS) rely on that.
import { CLOCK_HZ } from "./bus.ts";
import type { Device, DeviceClock, DeviceState, InterruptLine, PortDevice, Timer } from "./bus.ts";

/** Interrupt enable register (8.6). */
const enum Ier {
  RECEIVED = 0x01,
  THR_EMPTY = 0x02,
  LINE_STATUS = 0x04,
  MODEM_STATUS = 0x08,
}

/** Interrupt identification (8.5, table IV), by priority. */
const enum Iir {
  NONE = 0x01,
  LINE_STATUS = 0x06,
  RECEIVED = 0x04,
  TIMEOUT = 0x0c,
  THR_EMPTY = 0x02,
  MODEM_STATUS = 0x00,
  FIFOS_ENABLED = 0xc0,
}

/** FIFO control (8.4). */
const enum Fcr {
  ENABLE = 0x01,
  CLEAR_RECEIVER = 0x02,
}

/** Line control (8.1). */
const enum Lcr {
  TWO_STOP_BITS = 0x04,
  PARITY = 0x08,
  DLAB = 0x80,
}

/** Line status (8.2). */
const enum Lsr {
  DATA_READY = 0x01,
  OVERRUN = 0x02,
  BREAK = 0x10,
  /** Overrun, parity, framing, break: what raises the line status interrupt. */
  ERRORS = 0x1e,
  THR_EMPTY = 0x20,
  TRANSMITTER_EMPTY = 0x40,
  FIFO_ERROR = 0x80,
}

/** Modem control (8.7). */
const enum Mcr {
  DTR = 0x01,
  RTS = 0x02,
  OUT1 = 0x04,
  OUT2 = 0x08,
  LOOP = 0x10,
}

/** Modem status (8.8). */
const enum Msr {
  DELTA_CTS = 0x01,
  DELTA_DSR = 0x02,
  TRAILING_RI = 0x04,
  DELTA_DCD = 0x08,
  DELTAS = 0x0f,
  CTS = 0x10,
  DSR = 0x20,
  RI = 0x40,
  DCD = 0x80,
}

const FIFO_SIZE = 16;
const TRIGGER_LEVELS = [1, 4, 8, 14];
/** Set in a FIFO entry that is a break (a zero byte with its error flag, 8.4). */
const BREAK_ENTRY = 0x100;
/** Clock of the baud rate generator divided by 16: bits per second with divisor 1. */
const MAX_BAUD = 115_200;
/** After this many looks at an empty receiver the guest is taken to poll it for input. */
const POLLS_TO_LISTEN = 16;

/** Where a serial port's wires end. */
export interface SerialLine {
  /** A byte has been sent. */
  transmit(byte: number): void;
}

export class Uart16550 implements Device, PortDevice {
  readonly ports: number[];
  /** Called when the guest read a byte, reset the FIFO or began to listen: there may be room for input. */
  onReceiverReady: (() => void) | null = null;

  private ier = 0;
  private fcr = 0;
  private lcr = 0;
  private mcr = 0;
  private msr = 0;
  private scratch = 0;
  private divisor = 0;
  /** Error bits of LSR that are cleared by reading it. */
  private errors = 0;
  private fifo: number[] = [];
  /** RBR keeps the last byte when it is read again. */
  private lastRead = 0;
  private thrEmptyPending = false;
  private timeoutPending = false;
  private emptyPolls = 0;
  private irqLevel = false;
  private readonly timeout: Timer;

  /** `base`: first of its eight ports. */
  constructor(
    readonly name: string,
    base: number,
    private readonly clock: DeviceClock,
    private readonly irq: InterruptLine,
    private readonly line: SerialLine,
  ) {
    this.ports = Array.from({ length: 8 }, (_, i) => base + i);
    this.timeout = clock.createTimer(`${name} timeout`, () => {
      this.timeoutPending = this.fifo.length > 0;
      this.updateInterrupt();
    });
    this.reset();
  }

  /** MR pin (table I), and the values that a PC's firmware finds: carrier, data set ready, clear to send. */
  reset(): void {
    this.ier = this.fcr = this.lcr = this.scratch = 0;
    this.mcr = Mcr.OUT2;
    this.msr = Msr.DCD | Msr.DSR | Msr.CTS;
    this.divisor = 12; // 9600 baud
    this.clearReceiver();
    this.errors = this.lastRead = 0;
    this.thrEmptyPending = false;
    this.updateInterrupt();
  }

  /** True when a byte from outside would neither be lost nor cause an overrun. */
  hasRoom(): boolean {
    if (this.mcr & Mcr.LOOP) return false;
    return this.fifo.length < this.capacity();
  }

  /** True when nothing waits to be read. */
  get receiverEmpty(): boolean {
    return this.fifo.length === 0;
  }

  /** True when the guest has shown that it wants input: by interrupt, or by looking again and again. */
  get listening(): boolean {
    return (this.ier & Ier.RECEIVED) !== 0 || this.emptyPolls >= POLLS_TO_LISTEN;
  }

  /** Looks at the empty receiver since input was last taken; a guest that polls makes this grow. */
  get pollCount(): number {
    return this.emptyPolls;
  }

  /** A character arrives on SIN. */
  receive(byte: number): void {
    if (!(this.mcr & Mcr.LOOP)) this.accept(byte & 0xff);
  }

  /** A break arrives on SIN. */
  receiveBreak(): void {
    if (this.mcr & Mcr.LOOP) return;
    this.accept(BREAK_ENTRY);
  }

  readPort(port: number): number {
    switch (port & 7) {
      case 0:
        return this.lcr & Lcr.DLAB ? this.divisor & 0xff : this.readReceiver();
      case 1:
        return this.lcr & Lcr.DLAB ? this.divisor >> 8 : this.ier;
      case 2:
        return this.readIir();
      case 3:
        return this.lcr;
      case 4:
        return this.mcr;
      case 5:
        return this.readLineStatus();
      case 6:
        return this.readModemStatus();
      default:
        return this.scratch;
    }
  }

  writePort(port: number, _size: number, value: number): void {
    switch (port & 7) {
      case 0:
        if (this.lcr & Lcr.DLAB) this.divisor = (this.divisor & 0xff00) | value;
        else this.transmit(value);
        break;
      case 1:
        if (this.lcr & Lcr.DLAB) this.divisor = (value << 8) | (this.divisor & 0xff);
        else this.writeIer(value & 0x0f);
        break;
      case 2:
        this.writeFcr(value);
        break;
      case 3:
        this.lcr = value;
        break;
      case 4:
        this.writeMcr(value & 0x1f);
        break;
      case 7:
        this.scratch = value;
        break;
      // LSR and MSR: "intended for read operations only"; writes are for factory testing.
    }
  }

  saveState(): DeviceState {
    const { ier, fcr, lcr, mcr, msr, scratch, divisor, errors, lastRead } = this;
    const { thrEmptyPending, timeoutPending, emptyPolls, irqLevel } = this;
    return {
      ...{ ier, fcr, lcr, mcr, msr, scratch, divisor, errors, lastRead },
      ...{ thrEmptyPending, timeoutPending, emptyPolls, irqLevel },
      fifo: [...this.fifo],
      timeoutAt: this.timeout.deadline === Infinity ? null : this.timeout.deadline,
    };
  }

  restoreState(state: DeviceState): void {
    const { fifo, timeoutAt, ...registers } = state;
    Object.assign(this, registers);
    this.fifo = [...(fifo as number[])];
    if (timeoutAt === null) this.timeout.disarm();
    else this.timeout.arm(timeoutAt as number);
  }

  private fifosEnabled(): boolean {
    return (this.fcr & Fcr.ENABLE) !== 0;
  }

  private capacity(): number {
    return this.fifosEnabled() ? FIFO_SIZE : 1;
  }

  private accept(entry: number): void {
    if (this.fifo.length < this.capacity()) this.fifo.push(entry);
    else {
      // 8.2 bit 1: without FIFOs the new character replaces the old one, with FIFOs it is lost in the shift register.
      this.errors |= Lsr.OVERRUN;
      if (!this.fifosEnabled()) this.fifo[0] = entry;
    }
    this.headChanged();
    this.restartTimeout();
    this.updateInterrupt();
  }

  private readReceiver(): number {
    if (this.fifo.length === 0) {
      this.countPoll();
      return this.lastRead;
    }
    this.lastRead = this.fifo.shift()! & 0xff;
    this.timeoutPending = false; // 8.10: a read resets the timer and its interrupt
    this.headChanged();
    this.restartTimeout();
    this.updateInterrupt();
    this.onReceiverReady?.();
    return this.lastRead;
  }

  /** An error is revealed in LSR when its character comes to the top of the FIFO (8.2). */
  private headChanged(): void {
    if (this.fifo.length > 0 && this.fifo[0] & BREAK_ENTRY) this.errors |= Lsr.BREAK;
  }

  private countPoll(): void {
    this.emptyPolls++;
    if (this.emptyPolls === POLLS_TO_LISTEN) this.onReceiverReady?.();
  }

  private readLineStatus(): number {
    let status = Lsr.THR_EMPTY | Lsr.TRANSMITTER_EMPTY | this.errors;
    if (this.fifo.length > 0) status |= Lsr.DATA_READY;
    else this.countPoll();
    if (this.fifosEnabled() && this.fifo.some((entry) => entry & BREAK_ENTRY)) status |= Lsr.FIFO_ERROR;
    if (this.errors) {
      this.errors = 0;
      this.updateInterrupt();
    }
    return status;
  }

  private readModemStatus(): number {
    const status = this.msr;
    this.msr &= ~Msr.DELTAS;
    if (status & Msr.DELTAS) this.updateInterrupt();
    return status;
  }

  private readIir(): number {
    const source = this.interruptSource();
    if (source === Iir.THR_EMPTY) {
      this.thrEmptyPending = false; // table IV: reading IIR, if it is the source, resets it
      this.updateInterrupt();
    }
    return source | (this.fifosEnabled() ? Iir.FIFOS_ENABLED : 0);
  }

  private transmit(byte: number): void {
    // A look at LSR before a write was the transmitter's: it does not count as a poll for input.
    if (this.emptyPolls > 0 && this.emptyPolls < POLLS_TO_LISTEN) this.emptyPolls--;
    // THRE falls with the write and rises as the byte leaves: a new edge for the interrupt controller.
    this.thrEmptyPending = false;
    this.updateInterrupt();
    if (this.mcr & Mcr.LOOP) this.accept(byte);
    else this.line.transmit(byte);
    this.thrEmptyPending = true;
    this.updateInterrupt();
  }

  private writeIer(value: number): void {
    const enabled = value & ~this.ier;
    const wasListening = this.listening;
    this.ier = value;
    if (enabled & Ier.THR_EMPTY) this.thrEmptyPending = true; // THR is empty now
    if (!(value & Ier.THR_EMPTY)) this.thrEmptyPending = false;
    this.updateInterrupt();
    if (!wasListening && this.listening) this.onReceiverReady?.();
  }

  private writeFcr(value: number): void {
    // 8.4: bit 0 must be set for the others to take effect; a change of it clears both FIFOs.
    const toggled = (value ^ this.fcr) & Fcr.ENABLE;
    if (toggled || (value & Fcr.ENABLE && value & Fcr.CLEAR_RECEIVER)) {
      this.clearReceiver();
      this.errors &= ~Lsr.BREAK;
    }
    this.fcr = value & Fcr.ENABLE ? value & 0xc9 : 0;
    this.updateInterrupt();
    this.onReceiverReady?.();
  }

  private clearReceiver(): void {
    this.fifo = [];
    this.timeoutPending = false;
    this.emptyPolls = 0;
    this.timeout.disarm();
  }

  /** 8.7: in loopback the modem control outputs drive the modem status inputs. */
  private writeMcr(value: number): void {
    const before = this.mcr;
    this.mcr = value;
    let inputs = Msr.DCD | Msr.DSR | Msr.CTS;
    if (value & Mcr.LOOP) {
      inputs = 0;
      if (value & Mcr.RTS) inputs |= Msr.CTS;
      if (value & Mcr.DTR) inputs |= Msr.DSR;
      if (value & Mcr.OUT1) inputs |= Msr.RI;
      if (value & Mcr.OUT2) inputs |= Msr.DCD;
    }
    this.setModemInputs(inputs);
    if (before & Mcr.LOOP && !(value & Mcr.LOOP)) this.onReceiverReady?.();
  }

  private setModemInputs(inputs: number): void {
    const changed = inputs ^ this.msr;
    let deltas = this.msr & Msr.DELTAS;
    if (changed & Msr.CTS) deltas |= Msr.DELTA_CTS;
    if (changed & Msr.DSR) deltas |= Msr.DELTA_DSR;
    if (changed & Msr.RI && !(inputs & Msr.RI)) deltas |= Msr.TRAILING_RI;
    if (changed & Msr.DCD) deltas |= Msr.DELTA_DCD;
    this.msr = inputs | deltas;
    this.updateInterrupt();
  }

  /** 8.10: the timeout comes when the FIFO has not been touched for four character times. */
  private restartTimeout(): void {
    if (!this.fifosEnabled() || this.fifo.length === 0) this.timeout.disarm();
    else this.timeout.arm(this.clock.now() + 4 * this.characterTime());
  }

  /** Clock units of one character with start, data, parity and stop bits at the programmed rate. */
  private characterTime(): number {
    const parity = this.lcr & Lcr.PARITY ? 1 : 0;
    const stop = this.lcr & Lcr.TWO_STOP_BITS ? 2 : 1;
    const bits = 1 + 5 + (this.lcr & 3) + parity + stop;
    return Math.floor((bits * CLOCK_HZ * (this.divisor || 1)) / MAX_BAUD);
  }

  private interruptSource(): number {
    if (this.ier & Ier.LINE_STATUS && this.errors & Lsr.ERRORS) return Iir.LINE_STATUS;
    if (this.ier & Ier.RECEIVED && this.fifo.length > 0) {
      if (this.fifo.length >= this.triggerLevel()) return Iir.RECEIVED;
      if (this.timeoutPending) return Iir.TIMEOUT;
    }
    if (this.ier & Ier.THR_EMPTY && this.thrEmptyPending) return Iir.THR_EMPTY;
    if (this.ier & Ier.MODEM_STATUS && this.msr & Msr.DELTAS) return Iir.MODEM_STATUS;
    return Iir.NONE;
  }

  private triggerLevel(): number {
    return this.fifosEnabled() ? TRIGGER_LEVELS[this.fcr >> 6] : 1;
  }

  private updateInterrupt(): void {
    const level = this.interruptSource() !== Iir.NONE;
    if (level === this.irqLevel) return;
    this.irqLevel = level;
    this.irq(level);
  }
}
