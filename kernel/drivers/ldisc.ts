// The line discipline of the console: what becomes of a byte that comes in.
//
// Cooked (the default): echo, backspace, ^U, ^W, ^V, ^C, ^\, ^D; lines become readable when they are complete.
// Raw console (`console=ttyS0,raw`): the other end is no terminal but a pipe. Bytes pass both ways unchanged; ^D ends the
// input for good and ^V quotes the byte behind it, so that any byte can be sent. For programs it is no terminal.
import { option_raw } from "../boot/cmdline";
import { wakeup } from "../process/sched";
import { send_signal_group } from "../process/signal";
import { Sig } from "../process/sigaction";
import { Cc, ECHO, ECHOCTL, ICANON, ICRNL, IEXTEN, ISIG, ONLCR, OPOST, termios } from "./termios";
import { console_uart, uart_write } from "./uart16550";

export const RING_MASK: u32 = 4095;

@unmanaged
export class tty_struct {
  @embed termios: termios;
  /** Free-running indices: [tail, canon) can be read, [canon, head) is the line being typed. */
  head: u32;
  canon: u32;
  tail: u32;
  /** The next byte is taken literally (^V). */
  quote: bool;
  /** Raw console: ^D has come. */
  ended: bool;
  /** Process group that ^C is for. */
  pgrp: u32;
  session: u32;
  @array(4096) ring: Arr<u8>;
  /** A bit per ring place: this is where ^D ended the input, no byte to deliver. */
  @array(512) marks: Arr<u8>;
}

export const tty = changetype<tty_struct>(memory.data(4704, 16));
/** True when a newline of the kernel's own output needs a carriage return before it. */
export function tty_console_newline(): bool {
  return !option_raw;
}

export function output_byte(byte: u32): void {
  if (byte == 0x0a && (tty.termios.oflag & (OPOST | ONLCR)) == (OPOST | ONLCR)) uart_write(console_uart, 0x0d);
  uart_write(console_uart, byte);
}

export function is_marked(at: u32): bool {
  return ((<u32>tty.marks[(at & RING_MASK) >> 3]) & ((<u32>1) << (at & 7))) != 0;
}

function put_ring(byte: u32, mark: bool): void {
  const at = tty.head & RING_MASK;
  tty.ring[at] = <u8>byte;
  const bit: u32 = (<u32>1) << (at & 7);
  const marks: u32 = tty.marks[at >> 3];
  tty.marks[at >> 3] = <u8>(mark ? marks | bit : marks & ~bit);
  tty.head++;
}

export function ring_full(): bool {
  return tty.head - tty.tail > RING_MASK - 1;
}

export function make_readable(): void {
  tty.canon = tty.head;
  wakeup(addr(tty));
}

function is_control(byte: u32): bool {
  return byte < 0x20 || byte == 0x7f;
}

/** Shows a typed byte; control characters as ^X. */
function echo(byte: u32): void {
  const lflag = tty.termios.lflag;
  if (!(lflag & ECHO)) return;
  if (lflag & ECHOCTL && is_control(byte) && byte != 0x0a && byte != 0x09) {
    output_byte(0x5e);
    output_byte(byte ^ 0x40);
  } else {
    output_byte(byte);
  }
}

/** Takes the last byte of the line back, on the screen, too. Multi-byte UTF-8 characters go whole. */
function erase_one(): void {
  let byte: u32 = 0;
  do {
    byte = tty.ring[--tty.head & RING_MASK];
  } while ((byte & 0xc0) == 0x80 && tty.head != tty.canon);
  if (!(tty.termios.lflag & ECHO)) return;
  const columns: u32 = is_control(byte) && byte != 0x09 ? 2 : 1;
  for (let i: u32 = 0; i < columns; i++) {
    output_byte(8);
    output_byte(0x20);
    output_byte(8);
  }
}

function erase_word(): void {
  while (tty.head != tty.canon && tty.ring[(tty.head - 1) & RING_MASK] == 0x20) erase_one();
  while (tty.head != tty.canon && tty.ring[(tty.head - 1) & RING_MASK] != 0x20) erase_one();
}

function signal_from_key(byte: u32, signal: u32): void {
  tty.head = tty.canon; // the line typed so far is gone, and so is what nobody has read
  tty.tail = tty.canon;
  echo(byte);
  if (tty.pgrp) send_signal_group(tty.pgrp, signal);
}

/** The raw console's input. */
function receive_raw_console(byte: u32): void {
  if (tty.ended) return;
  if (!tty.quote && byte == 0x16) {
    tty.quote = true;
    return;
  }
  if (!tty.quote && byte == 0x04) tty.ended = true;
  else put_ring(byte, false);
  tty.quote = false;
  make_readable();
}

function receive_cooked(byte: u32): void {
  const cc = tty.termios.cc;
  if (tty.head != tty.canon && (byte == cc[Cc.ERASE] || byte == 8)) {
    erase_one();
  } else if (byte == cc[Cc.ERASE] || byte == 8) {
    return;
  } else if (byte == cc[Cc.KILL]) {
    while (tty.head != tty.canon) erase_one();
  } else if (byte == cc[Cc.WERASE]) {
    erase_word();
  } else if (byte == cc[Cc.EOF]) {
    put_ring(0, true);
    make_readable();
  } else if (byte == 0x0a || (byte == cc[Cc.EOL] && byte)) {
    echo(byte);
    put_ring(byte, false);
    make_readable();
  } else {
    take_byte(byte);
  }
}

/** One place stays for the newline: a line that is too long goes no further, with a bell. */
function take_byte(byte: u32): void {
  if (tty.head - tty.tail >= RING_MASK - 1) {
    output_byte(7);
    return;
  }
  echo(byte);
  put_ring(byte, false);
}

export function tty_receive(byte: u32): void {
  const t = tty.termios;
  if (option_raw) {
    receive_raw_console(byte);
    return;
  }
  if (tty.quote) {
    tty.quote = false;
    take_byte(byte);
    if (!(t.lflag & ICANON)) make_readable();
    return;
  }
  if (byte == 0x0d && t.iflag & ICRNL) byte = 0x0a;
  if (t.lflag & ISIG) {
    if (byte == t.cc[Cc.INTR]) return signal_from_key(byte, Sig.INT);
    if (byte == t.cc[Cc.QUIT]) return signal_from_key(byte, Sig.QUIT);
  }
  if (t.lflag & ICANON) {
    if (t.lflag & IEXTEN && byte == t.cc[Cc.LNEXT]) tty.quote = true;
    else receive_cooked(byte);
    return;
  }
  take_byte(byte);
  make_readable();
}
