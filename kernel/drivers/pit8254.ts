// 8254 channel 0: the 100 Hz tick, and time between ticks by reading the counter.
import { inb, outb } from "~lib/cpu";
import { IRQ_TIMER } from "../trap/trapframe";
import { pic_enable } from "./pic8259";

export const HZ: u32 = 100;
const DIVISOR: u32 = 11932; // 1193182 Hz / HZ, rounded
const CHANNEL0: u32 = 0x40;
const CONTROL: u32 = 0x43;

/** Ticks since boot. */
export let jiffies: u32 = 0;

export function pit_init(): void {
  outb(CONTROL, 0x34); // channel 0, low then high byte, mode 2: rate generator
  outb(CHANNEL0, DIVISOR & 0xff);
  outb(CHANNEL0, DIVISOR >> 8);
  pic_enable(IRQ_TIMER);
}

export function pit_tick(): void {
  jiffies++;
}

/** Nanoseconds since the last tick, 0 to 10 ms. */
export function pit_nanoseconds(): u32 {
  outb(CONTROL, 0); // latch channel 0
  const low = inb(CHANNEL0);
  const count = (inb(CHANNEL0) << 8) | low;
  if (count >= DIVISOR) return 0;
  return (DIVISOR - count) * 838; // one count is 838.1 ns
}
