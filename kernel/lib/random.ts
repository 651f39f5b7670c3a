// Random bytes that are the same in every run: a run is a function of its images and input. Marsaglia's xorshift32.

let state: u32 = 0x2545f491;

export function random_u32(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

export function random_bytes(to: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) store<u8>(to + i, <u8>(random_u32() >> 24));
}
