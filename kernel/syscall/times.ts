// Clocks and sleeping.
import { EFAULT, EINTR, EINVAL } from "../lib/errno";
import { jiffies } from "../drivers/pit8254";
import { NANOSECONDS, ticks_of, time_nanoseconds, time_seconds, uptime_seconds } from "../lib/time";
import { copy_from_user, copy_to_user, put_user } from "../mm/uaccess";
import { sleep_until } from "../process/sched";
import { current } from "../process/task";

const CLOCK_REALTIME: u32 = 0;
const TIMER_ABSTIME: u32 = 1;

export function sys_time(user: usize): i32 {
  const now = time_seconds();
  if (user && put_user(user, now) < 0) return -EFAULT;
  return <i32>now;
}

export function sys_gettimeofday(user: usize, zone: usize): i32 {
  const words = changetype<Arr<u32>>(alloca(8));
  words[0] = time_seconds();
  words[1] = time_nanoseconds() / 1000;
  if (user && copy_to_user(user, addr(words), 8) < 0) return -EFAULT;
  words[0] = 0;
  words[1] = 0;
  return zone ? copy_to_user(zone, addr(words), 8) : 0;
}

/** Seconds of a clock: real time, or since boot for all others (monotonic, CPU time). -1 for one that does not exist. */
function clock_seconds(clock: u32): i32 {
  if (clock == CLOCK_REALTIME || clock == 5) return <i32>time_seconds();
  return clock < 12 ? <i32>uptime_seconds() : -1;
}

export function sys_clock_gettime(clock: u32, user: usize): i32 {
  const words = changetype<Arr<u32>>(alloca(8));
  const seconds = clock_seconds(clock);
  if (seconds < 0) return -EINVAL;
  words[0] = seconds;
  words[1] = time_nanoseconds();
  return copy_to_user(user, addr(words), 8);
}

export function sys_clock_gettime64(clock: u32, user: usize): i32 {
  const words = changetype<Arr<u32>>(alloca(16));
  const seconds = clock_seconds(clock);
  if (seconds < 0) return -EINVAL;
  words[0] = seconds;
  words[1] = 0;
  words[2] = time_nanoseconds();
  words[3] = 0;
  return copy_to_user(user, addr(words), 16);
}

export function sys_clock_getres(clock: u32, user: usize): i32 {
  if (clock_seconds(clock) < 0) return -EINVAL;
  const words = changetype<Arr<u32>>(alloca(8));
  words[0] = 0;
  words[1] = 838;
  return user ? copy_to_user(user, addr(words), 8) : 0;
}

/** Sleeps until tick `end`; what was left over is at `rest` (seconds, nanoseconds) when a signal broke it off. */
function sleep_ticks(end: u32, rest: Arr<u32>): i32 {
  while (<i32>(jiffies - end) < 0) {
    if (sleep_until(addr(current) + 2, end)) {
      const left = <i32>(end - jiffies) > 0 ? end - jiffies : 0;
      rest[0] = left / 100;
      rest[1] = (left % 100) * 10000000;
      return -EINTR;
    }
  }
  return 0;
}

function sleep_for(seconds: u32, nanoseconds: u32, rest: Arr<u32>): i32 {
  if (<i32>seconds < 0 || nanoseconds >= NANOSECONDS) return -EINVAL;
  if (!seconds && !nanoseconds) return 0;
  // one more: the current tick has partly gone already
  return sleep_ticks(jiffies + ticks_of(seconds, nanoseconds) + 1, rest);
}

export function sys_nanosleep(request: usize, remaining: usize): i32 {
  const words = changetype<Arr<u32>>(alloca(8));
  if (copy_from_user(addr(words), request, 8) < 0) return -EFAULT;
  const result = sleep_for(words[0], words[1], words);
  if (result == -EINTR && remaining && copy_to_user(remaining, addr(words), 8) < 0) return -EFAULT;
  return result;
}

/** The relative form's time to sleep for an absolute one: 0 when it has passed. */
function until(clock: u32, words: Arr<u32>): void {
  const now = clock_seconds(clock);
  const nanoseconds = time_nanoseconds();
  if (words[0] < <u32>now || (words[0] == <u32>now && words[1] <= nanoseconds)) {
    words[0] = 0;
    words[1] = 0;
    return;
  }
  words[0] -= now;
  if (words[1] < nanoseconds) {
    words[0]--;
    words[1] += NANOSECONDS;
  }
  words[1] -= nanoseconds;
}

export function sys_clock_nanosleep(clock: u32, flags: u32, request: usize, remaining: usize): i32 {
  const words = changetype<Arr<u32>>(alloca(8));
  if (clock_seconds(clock) < 0) return -EINVAL;
  if (copy_from_user(addr(words), request, 8) < 0) return -EFAULT;
  if (flags & TIMER_ABSTIME) until(clock, words);
  const result = sleep_for(words[0], words[1], words);
  if (result == -EINTR && !(flags & TIMER_ABSTIME) && remaining && copy_to_user(remaining, addr(words), 8) < 0) {
    return -EFAULT;
  }
  return result;
}

export function sys_clock_nanosleep_time64(clock: u32, flags: u32, request: usize, remaining: usize): i32 {
  const wide = changetype<Arr<u32>>(alloca(16));
  const words = changetype<Arr<u32>>(alloca(8));
  if (clock_seconds(clock) < 0) return -EINVAL;
  if (copy_from_user(addr(wide), request, 16) < 0) return -EFAULT;
  if (wide[1]) return -EINVAL;
  words[0] = wide[0];
  words[1] = wide[2];
  if (flags & TIMER_ABSTIME) until(clock, words);
  const result = sleep_for(words[0], words[1], words);
  if (result == -EINTR && !(flags & TIMER_ABSTIME) && remaining) {
    wide[0] = words[0];
    wide[1] = 0;
    wide[2] = words[1];
    wide[3] = 0;
    if (copy_to_user(remaining, addr(wide), 16) < 0) return -EFAULT;
  }
  return result;
}
