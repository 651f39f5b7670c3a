// Time of day and since boot, from the tick and the counter behind it.
import { HZ, jiffies, pit_nanoseconds } from "../drivers/pit8254";
import { rtc_read } from "../drivers/rtc";

const NANOSECONDS_PER_TICK: u32 = 10000000;
export const NANOSECONDS: u32 = 1000000000;

let boot_time: u32 = 0;

export function time_init(): void {
  boot_time = rtc_read();
}

/** Seconds since 1970. */
export function time_seconds(): u32 {
  return boot_time + jiffies / HZ;
}

/** What is beyond whole seconds since boot. */
export function time_nanoseconds(): u32 {
  return (jiffies % HZ) * NANOSECONDS_PER_TICK + pit_nanoseconds();
}

export function uptime_seconds(): u32 {
  return jiffies / HZ;
}

/** Ticks that last at least this long. */
export function ticks_of(seconds: u32, nanoseconds: u32): u32 {
  if (seconds > 0x1000000) seconds = 0x1000000;
  return seconds * HZ + (nanoseconds + NANOSECONDS_PER_TICK - 1) / NANOSECONDS_PER_TICK;
}
