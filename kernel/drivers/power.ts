// The ends of the machine.
import { cli, hlt, inb, outb, outw } from "~lib/cpu";
import { option_exit_debug } from "../boot/cmdline";
import { DEBUG_EXIT_PORT } from "../lib/panic";
import { log_flush } from "../lib/printk";

/** QEMU's ACPI power management control register: 2000h asks for S5, soft off. */
const PM_CONTROL: u32 = 0x604;
const SLEEP_ENABLE: u32 = 0x2000;

/** init has ended with this wait status code (exit code, or 128 + signal). Does not return. */
export function power_off(code: u32): void {
  log_flush();
  if (option_exit_debug) outb(DEBUG_EXIT_PORT, code);
  outw(PM_CONTROL, SLEEP_ENABLE);
  for (;;) {
    cli();
    hlt();
  }
}

/** The keyboard controller's reset line. Does not return. */
export function reboot(): void {
  log_flush();
  for (let i: u32 = 0; i < 1000 && inb(0x64) & 2; i++) {}
  outb(0x64, 0xfe);
  for (;;) {
    cli();
    hlt();
  }
}
