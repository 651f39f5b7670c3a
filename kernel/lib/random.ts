// Random bytes that are the same in every run: a run is a function of its images and input. Marsaglia's xorshift32.
import { copy_out } from "../mm/uaccess";

let state: u32 = 0x2545f491;

export function random_u32(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/** Fills user memory: how many bytes, or -EFAULT. */
export function random_to_user(to: usize, n: u32): i32 {
  const chunk = alloca(64);
  let done: u32 = 0;
  while (done < n) {
    const count = min<u32>(64, n - done);
    random_bytes(chunk, count);
    const copied = copy_out(to + done, chunk, count);
    if (copied < 0) return done ? <i32>done : copied;
    done += copied;
    if (<u32>copied < count) break;
  }
  return <i32>done;
}

export function random_bytes(to: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) store<u8>(to + i, <u8>(random_u32() >> 24));
}
