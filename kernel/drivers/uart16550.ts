// 16550 serial ports (PC16550D data sheet). Input comes by interrupt; output is written straight while the transmitter is
// free and by interrupt from a ring otherwise.
import { inb, outb } from "~lib/cpu";

export const COM1: u32 = 0x3f8;
export const COM2: u32 = 0x2f8;

/** Register offsets. */
const enum Reg {
  DATA = 0,
  IER = 1,
  FCR = 2,
  LCR = 3,
  MCR = 4,
  LSR = 5,
  SCRATCH = 7,
}

const IER_RECEIVED: u32 = 1;
const IER_THR_EMPTY: u32 = 2;
const LSR_DATA_READY: u32 = 1;
const LSR_THR_EMPTY: u32 = 0x20;
const LSR_TRANSMITTER_EMPTY: u32 = 0x40;
const FIFO_DEPTH: u32 = 16;
const RING_MASK: u32 = 2047;

@unmanaged
export class uart_port {
  base: u32;
  present: bool;
  ier: u32;
  /** Free-running indices into the ring. */
  tx_head: u32;
  tx_tail: u32;
  @array(2048) tx: Arr<u8>;
}

export const console_uart = changetype<uart_port>(memory.data(2068, 16));
export const log_uart = changetype<uart_port>(memory.data(2068, 16));

/** 115200 8N1, FIFOs on, no interrupts yet. A port that does not keep its scratch register is not there. */
export function uart_init(port: uart_port, base: u32): bool {
  port.base = base;
  outb(base + Reg.SCRATCH, 0xa5);
  port.present = inb(base + Reg.SCRATCH) == 0xa5;
  if (!port.present) return false;
  outb(base + Reg.IER, 0);
  outb(base + Reg.LCR, 0x80); // divisor latch
  outb(base + Reg.DATA, 1);
  outb(base + Reg.IER, 0);
  outb(base + Reg.LCR, 0x03);
  outb(base + Reg.FCR, 0x01); // on, receive trigger level 1; what has already arrived is kept
  outb(base + Reg.MCR, 0x0b); // DTR, RTS, OUT2: lets the interrupt line through on real machines
  return true;
}

function set_ier(port: uart_port, value: u32): void {
  if (port.ier == value) return;
  port.ier = value;
  outb(port.base + Reg.IER, value);
}

export function uart_receive_interrupts(port: uart_port, on: bool): void {
  set_ier(port, on ? port.ier | IER_RECEIVED : port.ier & ~IER_RECEIVED);
}

export function uart_has_data(port: uart_port): bool {
  return (inb(port.base + Reg.LSR) & LSR_DATA_READY) != 0;
}

export function uart_read(port: uart_port): u32 {
  return inb(port.base + Reg.DATA);
}

function ring_empty(port: uart_port): bool {
  return port.tx_head == port.tx_tail;
}

/** Moves what fits from the ring to the transmitter, and asks for an interrupt if something remains. */
export function uart_transmit(port: uart_port): void {
  if (!ring_empty(port) && inb(port.base + Reg.LSR) & LSR_THR_EMPTY) {
    for (let n: u32 = 0; n < FIFO_DEPTH && !ring_empty(port); n++) {
      outb(port.base + Reg.DATA, port.tx[port.tx_tail++ & RING_MASK]);
    }
  }
  set_ier(port, ring_empty(port) ? port.ier & ~IER_THR_EMPTY : port.ier | IER_THR_EMPTY);
}

export function uart_ring_full(port: uart_port): bool {
  return port.tx_head - port.tx_tail > RING_MASK;
}

/** Queues one byte; with the ring full it waits for the transmitter (a process sleeps before it comes to that). */
export function uart_write(port: uart_port, byte: u32): void {
  if (!port.present) return;
  if (ring_empty(port) && inb(port.base + Reg.LSR) & LSR_THR_EMPTY) {
    outb(port.base + Reg.DATA, byte);
    return;
  }
  while (uart_ring_full(port)) uart_transmit(port);
  port.tx[port.tx_head++ & RING_MASK] = <u8>byte;
  uart_transmit(port);
}

/** Waits until the last bit is out. */
export function uart_drain(port: uart_port): void {
  if (!port.present) return;
  while (!ring_empty(port)) uart_transmit(port);
  while (!(inb(port.base + Reg.LSR) & LSR_TRANSMITTER_EMPTY)) {}
}
