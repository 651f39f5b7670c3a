// User memory, from system calls. Every user pointer goes through here: the range must lie in the user half, and a fault
// on the way that cannot be resolved becomes a result instead of an oops.
import { EFAULT, ENAMETOOLONG } from "../lib/errno";
import { USER_LIMIT } from "./memlayout";

declare function __copy_user(to: usize, from: usize, n: usize): u32;
declare function __clear_user(to: usize, n: usize): u32;
declare function __strncpy_from_user(to: usize, from: usize, n: usize): i32;
declare function __strnlen_user(s: usize, n: usize): i32;
declare const exception_table: usize;
declare const exception_table_end: usize;

@unmanaged
class exception_table_entry {
  instruction: usize;
  fixup: usize;
}

/** Where to go on after a fault at `eip`; 0 when nothing is provided for. */
export function search_exception_table(eip: usize): usize {
  for (let at = exception_table; at < exception_table_end; at += offsetof<exception_table_entry>()) {
    const entry = changetype<exception_table_entry>(at);
    if (entry.instruction == eip) return entry.fixup;
  }
  return 0;
}

/** True when [address, address + n) lies in the user half. Says nothing of what is mapped there. */
export function access_ok(address: usize, n: usize): bool {
  return n <= USER_LIMIT && address <= USER_LIMIT - n;
}

/** 0 or -EFAULT; on a fault part of the bytes may have been copied. */
export function copy_from_user(to: usize, from: usize, n: usize): i32 {
  return access_ok(from, n) && __copy_user(to, from, n) == 0 ? 0 : -EFAULT;
}

export function copy_to_user(to: usize, from: usize, n: usize): i32 {
  return access_ok(to, n) && __copy_user(to, from, n) == 0 ? 0 : -EFAULT;
}

/**
 * For transfers that may end early: how many bytes were copied before an address that cannot be written, -EFAULT when
 * not even one.
 */
export function copy_out(to: usize, from: usize, n: u32): i32 {
  if (!access_ok(to, n)) return -EFAULT;
  const done = n - __copy_user(to, from, n);
  return done || !n ? <i32>done : -EFAULT;
}

/** The same with zeroes. */
export function clear_out(to: usize, n: u32): i32 {
  if (!access_ok(to, n)) return -EFAULT;
  const done = n - __clear_user(to, n);
  return done || !n ? <i32>done : -EFAULT;
}

/** Stores one word: 0 or -EFAULT. */
export function put_user(to: usize, value: u32): i32 {
  const word = alloca(4);
  store<u32>(word, value);
  return copy_to_user(to, word, 4);
}

/** Copies a string of less than `size` bytes and its NUL. Its length, -EFAULT or -ENAMETOOLONG. */
export function strncpy_from_user(to: usize, from: usize, size: u32): i32 {
  if (from >= USER_LIMIT) return -EFAULT;
  const room = USER_LIMIT - from;
  const n = __strncpy_from_user(to, from, size < room ? size : room);
  if (n < 0) return -EFAULT;
  if (<u32>n == size) return -ENAMETOOLONG;
  return <u32>n == room ? -EFAULT : n;
}

/** Length of a user string without its NUL: less than `limit`, or `limit` when it is that long or longer, or -EFAULT. */
export function strnlen_user(s: usize, limit: u32): i32 {
  if (s >= USER_LIMIT) return -EFAULT;
  const room = USER_LIMIT - s;
  const n = __strnlen_user(s, limit < room ? limit : room);
  if (n < 0) return -EFAULT;
  return <u32>n == room && room < limit ? -EFAULT : n;
}

/** The word at a user address, through `to`: 0 or -EFAULT. */
export function get_user(to: usize, from: usize): i32 {
  return copy_from_user(to, from, 4);
}
