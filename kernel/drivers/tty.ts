// The console terminal on the first serial port, as a device file. What becomes of input: ldisc.ts.
import { option_raw } from "../boot/cmdline";
import { file, file_operations, O_NONBLOCK } from "../fs/file";
import { EAGAIN, EFAULT, EINVAL, ENOTTY, ERESTARTSYS } from "../lib/errno";
import { memcpy, memset } from "../lib/string";
import { copy_from_user, copy_to_user, get_user, put_user } from "../mm/uaccess";
import { sleep_on, wakeup } from "../process/sched";
import { current } from "../process/task";
import { IRQ_COM1 } from "../trap/trapframe";
import { is_marked, make_readable, output_byte, RING_MASK, ring_full, tty, tty_receive } from "./ldisc";
import { pic_enable } from "./pic8259";
import {
  Cc,
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ICANON,
  ICRNL,
  IEXTEN,
  ISIG,
  IXON,
  ONLCR,
  OPOST,
  TERMIOS_SIZE,
} from "./termios";
import {
  COM1,
  console_uart,
  uart_has_data,
  uart_init,
  uart_read,
  uart_receive_interrupts,
  uart_ring_full,
  uart_transmit,
} from "./uart16550";

export const tty_fops = changetype<file_operations>(memory.data(24));

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
