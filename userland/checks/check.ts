// For the check programs: each says on stdout what it found wrong, and its exit status is 1 if that was anything.
import { printf } from "../lib/printf";

let failures: i32 = 0;

export function check(condition: bool, what: string): void {
  if (condition) return;
  printf("wrong: %s\n", what);
  failures++;
}

export function check_equal(actual: u32, expected: u32, what: string): void {
  if (actual == expected) return;
  printf("wrong: %s: %u (0x%x) instead of %u (0x%x)\n", what, actual, actual, expected, expected);
  failures++;
}

/** The exit status. */
export function verdict(name: string): i32 {
  if (failures == 0) printf("%s: all right\n", name);
  return failures == 0 ? 0 : 1;
}

let state: u32 = 12345;

/** The next number below `bound` of a fixed sequence (xorshift32). */
export function random(bound: u32): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % bound;
}
