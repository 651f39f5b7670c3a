// The console terminal on the first serial port, with its line discipline.
//
// Cooked (the default): echo, backspace, ^U, ^W, ^V, ^C, ^\, ^D; lines become readable when they are complete.
// Raw console (`console=ttyS0,raw`): the other end is no terminal but a pipe. Bytes pass both ways unchanged; ^D ends the
// input for good and ^V quotes the byte behind it, so that any byte can be sent. For programs it is no terminal.
import { option_raw } from "../boot/cmdline";
import { file, file_operations, O_NONBLOCK } from "../fs/file";
import { EAGAIN, EFAULT, EINVAL, ENOTTY, ERESTARTSYS } from "../lib/errno";
import { memcpy, memset } from "../lib/string";
import { copy_from_user, copy_to_user, get_user, put_user } from "../mm/uaccess";
import { sleep_on, wakeup } from "../process/sched";
import { send_signal_group } from "../process/signal";
import { Sig } from "../process/sigaction";
import { current } from "../process/task";
import { IRQ_COM1 } from "../trap/trapframe";
import { pic_enable } from "./pic8259";
import {
  COM1,
  console_uart,
  uart_has_data,
  uart_init,
  uart_read,
  uart_receive_interrupts,
  uart_ring_full,
  uart_transmit,
  uart_write,
} from "./uart16550";

// termios bits (asm-generic/termbits.h)
const ICRNL: u32 = 0o000400;
const IXON: u32 = 0o002000;
const OPOST: u32 = 1;
const ONLCR: u32 = 4;
const ISIG: u32 = 1;
const ICANON: u32 = 2;
const ECHO: u32 = 0o10;
const ECHOE: u32 = 0o20;
const ECHOK: u32 = 0o40;
const ECHOCTL: u32 = 0o1000;
const ECHOKE: u32 = 0o4000;
const IEXTEN: u32 = 0o100000;

/** Indices into c_cc. */
const enum Cc {
  INTR = 0,
  QUIT = 1,
  ERASE = 2,
  KILL = 3,
  EOF = 4,
  TIME = 5,
  MIN = 6,
  SUSP = 10,
  EOL = 11,
  WERASE = 14,
  LNEXT = 15,
}

/** struct termios of the kernel's ABI: TCGETS, TCSETS. */
@unmanaged
class termios {
  iflag: u32;
  oflag: u32;
  cflag: u32;
  lflag: u32;
  line: u8;
  @array(19) cc: Arr<u8>;
}

const TERMIOS_SIZE: u32 = 36;
const RING: u32 = 4096;
const RING_MASK: u32 = 4095;

@unmanaged
class tty_struct {
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

const tty = changetype<tty_struct>(memory.data(4704, 16));
export const tty_fops = changetype<file_operations>(memory.data(24));

/** True when a newline of the kernel's own output needs a carriage return before it. */
export function tty_console_newline(): bool {
  return !option_raw;
}

// --- output

function output_byte(byte: u32): void {
  if (byte == 0x0a && (tty.termios.oflag & (OPOST | ONLCR)) == (OPOST | ONLCR)) uart_write(console_uart, 0x0d);
  uart_write(console_uart, byte);
}

function tty_write(f: file, from: usize, n: u32): i32 {
  const chunk = alloca(256);
  let done: u32 = 0;
  while (done < n) {
    const count = min<u32>(n - done, 256);
    if (copy_from_user(chunk, from + done, count) < 0) return done ? <i32>done : -EFAULT;
    for (let i: u32 = 0; i < count; i++) {
      while (uart_ring_full(console_uart)) {
        if (sleep_on(addr(console_uart))) return done + i ? <i32>(done + i) : -ERESTARTSYS;
      }
      output_byte(load<u8>(chunk + i));
    }
    done += count;
  }
  return <i32>n;
}

// --- input: the line discipline

function is_marked(at: u32): bool {
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

function ring_full(): bool {
  return tty.head - tty.tail > RING_MASK - 1;
}

function make_readable(): void {
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

function tty_receive(byte: u32): void {
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

/** The serial port's interrupt. What does not fit stays in the port until somebody reads. */
export function tty_interrupt(): void {
  // a cooked line that is too long is taken byte by byte and dropped, so that ^C and ^U still get through
  while (uart_has_data(console_uart)) {
    if (ring_full() && (tty.tail != tty.canon || option_raw)) {
      uart_receive_interrupts(console_uart, false);
      break;
    }
    tty_receive(uart_read(console_uart));
  }
  uart_transmit(console_uart);
  if (!uart_ring_full(console_uart)) wakeup(addr(console_uart));
}

// --- reading

function tty_read(f: file, to: usize, n: u32): i32 {
  if (!n) return 0;
  const chunk = alloca(256);
  while (tty.tail == tty.canon) {
    if (tty.ended) return 0;
    const t = tty.termios;
    if (!(t.lflag & ICANON) && !t.cc[Cc.MIN] && !option_raw) return 0;
    if (f.flags & O_NONBLOCK) return -EAGAIN;
    if (sleep_on(addr(tty))) return -ERESTARTSYS;
  }
  const canonical = (tty.termios.lflag & ICANON) != 0;
  let done: u32 = 0;
  let stop = false;
  while (!stop && done < n && tty.tail != tty.canon) {
    let count: u32 = 0;
    while (count < 256 && done + count < n && tty.tail != tty.canon) {
      const at = tty.tail++;
      if (canonical && is_marked(at)) {
        stop = true;
        break;
      }
      const byte = tty.ring[at & RING_MASK];
      store<u8>(chunk + count++, byte);
      if (canonical && byte == 0x0a) {
        stop = true;
        break;
      }
    }
    if (copy_to_user(to + done, chunk, count) < 0) return done ? <i32>done : -EFAULT;
    done += count;
  }
  uart_receive_interrupts(console_uart, true);
  tty_interrupt(); // what was left in the port
  return <i32>done;
}

function tty_poll(f: file): u32 {
  return (tty.tail != tty.canon || tty.ended ? 1 : 0) | (uart_ring_full(console_uart) ? 0 : 4);
}

/** What a reader of the terminal sleeps on. */
export function tty_channel(): usize {
  return addr(tty);
}

// --- ioctl

const TCGETS: u32 = 0x5401;
const TCSETS: u32 = 0x5402;
const TCSETSW: u32 = 0x5403;
const TCSETSF: u32 = 0x5404;
const TCSBRK: u32 = 0x5409;
const TCFLSH: u32 = 0x540b;
const TIOCSCTTY: u32 = 0x540e;
const TIOCGPGRP: u32 = 0x540f;
const TIOCSPGRP: u32 = 0x5410;
const TIOCGWINSZ: u32 = 0x5413;
const TIOCSWINSZ: u32 = 0x5414;
const FIONREAD: u32 = 0x541b;
const TIOCGSID: u32 = 0x5429;

/** struct winsize: rows, columns, and pixels nobody knows. Programs may set it. */
const window_size = changetype<Arr<u16>>(memory.data(8));

function set_termios(user: usize, flush: bool): i32 {
  const fresh = alloca(36);
  if (copy_from_user(fresh, user, TERMIOS_SIZE) < 0) return -EFAULT;
  if (flush) {
    tty.head = tty.canon;
    tty.tail = tty.canon;
  }
  memcpy(addr(tty.termios), fresh, TERMIOS_SIZE);
  // a half-typed line becomes readable when lines cease to matter
  if (!(tty.termios.lflag & ICANON) && tty.head != tty.canon) make_readable();
  return 0;
}

function tty_ioctl(f: file, command: u32, argument: u32): i32 {
  if (option_raw) return -ENOTTY;
  switch (command) {
    case TCGETS:
      return copy_to_user(argument, addr(tty.termios), TERMIOS_SIZE);
    case TCSETS:
    case TCSETSW:
      return set_termios(argument, false);
    case TCSETSF:
      return set_termios(argument, true);
    case TCSBRK:
      return 0;
    case TCFLSH:
      if (argument != 1) {
        tty.head = tty.canon;
        tty.tail = tty.canon;
      }
      return 0;
    case TIOCSCTTY:
      tty.session = current.session;
      tty.pgrp = current.pgrp;
      return 0;
    case TIOCGPGRP:
      return put_user(argument, tty.pgrp);
    case TIOCGSID:
      return put_user(argument, tty.session);
    case TIOCSPGRP: {
      const word = alloca(4);
      if (get_user(word, argument) < 0) return -EFAULT;
      tty.pgrp = load<u32>(word);
      return 0;
    }
    case TIOCGWINSZ:
      return copy_to_user(argument, addr(window_size), 8);
    case TIOCSWINSZ:
      return copy_from_user(addr(window_size), argument, 8);
    case FIONREAD:
      return put_user(argument, tty.canon - tty.tail);
    default:
      return -EINVAL;
  }
}

// --- start-up

export function tty_set_foreground(pgrp: u32, session: u32): void {
  tty.pgrp = pgrp;
  tty.session = session;
}

/** Output works from here on. */
export function tty_early_init(): void {
  uart_init(console_uart, COM1);
}

export function tty_init(): void {
  const t = tty.termios;
  memset(addr(t), 0, TERMIOS_SIZE);
  t.cflag = 0o10002 | 0o60 | 0o200; // B115200, CS8, CREAD
  if (!option_raw) {
    t.iflag = ICRNL | IXON;
    t.oflag = OPOST | ONLCR;
    t.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
  }
  t.cc[Cc.INTR] = 3;
  t.cc[Cc.QUIT] = 0x1c;
  t.cc[Cc.ERASE] = 0x7f;
  t.cc[Cc.KILL] = 0x15;
  t.cc[Cc.EOF] = 4;
  t.cc[Cc.MIN] = 1;
  t.cc[Cc.SUSP] = 0x1a;
  t.cc[Cc.WERASE] = 0x17;
  t.cc[Cc.LNEXT] = 0x16;
  window_size[0] = 24;
  window_size[1] = 80;
  tty_fops.read = tty_read;
  tty_fops.write = tty_write;
  tty_fops.ioctl = tty_ioctl;
  tty_fops.poll = tty_poll;
  pic_enable(IRQ_COM1);
  uart_receive_interrupts(console_uart, true);
  tty_interrupt();
}
