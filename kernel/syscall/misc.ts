// The rest: what programs ask at start-up, limits, names.
import { EINVAL } from "../lib/errno";
import { log_flush } from "../lib/printk";
import { random_to_user } from "../lib/random";
import { memset, strlcpy } from "../lib/string";
import { power_off, reboot } from "../drivers/power";
import { OPEN_MAX } from "../fs/file";
import { STACK_LIMIT } from "../mm/memlayout";
import { MAX_TASKS } from "../process/pid";
import { copy_to_user } from "../mm/uaccess";
import { current } from "../process/task";

const NAME_LENGTH: u32 = 65;

/** struct new_utsname: six names of 65 bytes. glibc refuses to run on a kernel older than it was built for. */
export function sys_uname(user: usize): i32 {
  const names = alloca(392);
  memset(names, 0, 6 * NAME_LENGTH);
  strlcpy(names, addr("Faultline"), NAME_LENGTH);
  strlcpy(names + NAME_LENGTH, addr("faultline"), NAME_LENGTH);
  strlcpy(names + 2 * NAME_LENGTH, addr("6.1.0-faultline"), NAME_LENGTH);
  strlcpy(names + 3 * NAME_LENGTH, addr("#1"), NAME_LENGTH);
  strlcpy(names + 4 * NAME_LENGTH, addr("i686"), NAME_LENGTH);
  strlcpy(names + 5 * NAME_LENGTH, addr("(none)"), NAME_LENGTH);
  return copy_to_user(user, names, 6 * NAME_LENGTH);
}

/** Everyone is root. */
export function sys_getuid32(): i32 {
  return 0;
}

export function sys_umask(mask: u32): i32 {
  const old = current.umask;
  current.umask = mask & 0o777;
  return <i32>old;
}

const RLIM_INFINITY: u32 = 0xffffffff;

/** Soft and hard limit, which nobody can change, are the same. */
function limit_of(resource: u32): u32 {
  switch (resource) {
    case 3: // RLIMIT_STACK
      return STACK_LIMIT;
    case 4: // RLIMIT_CORE
      return 0;
    case 6: // RLIMIT_NPROC
      return MAX_TASKS;
    case 7: // RLIMIT_NOFILE
      return OPEN_MAX;
    default:
      return RLIM_INFINITY;
  }
}

export function sys_ugetrlimit(resource: u32, user: usize): i32 {
  if (resource >= 16) return -EINVAL;
  const words = changetype<Arr<u32>>(alloca(8));
  words[0] = limit_of(resource);
  words[1] = limit_of(resource);
  return copy_to_user(user, addr(words), 8);
}

/** Reads; a new limit is accepted and has no effect. */
export function sys_prlimit64(pid: u32, resource: u32, fresh: usize, old: usize): i32 {
  if (resource >= 16) return -EINVAL;
  if (!old) return 0;
  const limit = limit_of(resource);
  const words = changetype<Arr<u32>>(alloca(16));
  words[0] = limit;
  words[1] = limit == RLIM_INFINITY ? RLIM_INFINITY : 0;
  words[2] = words[0];
  words[3] = words[1];
  return copy_to_user(old, addr(words), 16);
}

/** Deterministic, like everything here. */
export function sys_getrandom(user: usize, n: u32, flags: u32): i32 {
  return random_to_user(user, n < 0x2000000 ? n : 0x2000000);
}

/** For lists and registrations that only threads make use of. */
export function sys_nothing(): i32 {
  return 0;
}

const REBOOT_MAGIC1: u32 = 0xfee1dead;
const REBOOT_POWER_OFF: u32 = 0x4321fedc;
const REBOOT_HALT: u32 = 0xcdef0123;
const REBOOT_RESTART: u32 = 0x01234567;

export function sys_reboot(magic: u32, magic2: u32, command: u32): i32 {
  if (magic != REBOOT_MAGIC1) return -EINVAL;
  log_flush();
  if (command == REBOOT_POWER_OFF || command == REBOOT_HALT) power_off(0);
  if (command == REBOOT_RESTART) reboot();
  return command == 0 || command == 0x89abcdef ? 0 : -EINVAL; // Ctrl-Alt-Del off and on
}
