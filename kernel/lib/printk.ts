// The kernel's log. Goes to the console, or to the second UART with `klog=ttyS1`.
import { option_klog_serial, option_quiet } from "../boot/cmdline";
import { console_uart, log_uart, uart_drain, uart_write } from "../drivers/uart16550";
import { tty_console_newline } from "../drivers/ldisc";
import { vsnprintf } from "./format";

const LINE_SIZE: u32 = 512;

function log_write(text: usize, n: u32): void {
  const to_second = option_klog_serial && log_uart.present;
  const port = to_second ? log_uart : console_uart;
  const crlf = !to_second && tty_console_newline();
  for (let i: u32 = 0; i < n; i++) {
    const byte = load<u8>(text + i);
    if (byte == 0x0a && crlf) uart_write(port, 0x0d);
    uart_write(port, byte);
  }
}

export function vprintk(format: string, ap: VaList): void {
  const line = alloca(512);
  const n = vsnprintf(line, LINE_SIZE, format, ap);
  log_write(line, n < LINE_SIZE ? n : LINE_SIZE - 1);
}

/** What is good to know; silent with `quiet`. */
export function printk(format: string, ...args: va[]): void {
  if (!option_quiet) vprintk(format, changetype<VaList>(args));
}

/** Warnings, kills, panics: always said. */
export function pr_warn(format: string, ...args: va[]): void {
  vprintk(format, changetype<VaList>(args));
}

/** Before the machine stops: nothing may be left in a ring. */
export function log_flush(): void {
  uart_drain(console_uart);
  uart_drain(log_uart);
}
