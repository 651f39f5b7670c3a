// The sieve of Eratosthenes over 1 MiB of flags, a byte each.
const SIZE: u32 = 1 << 20;
const flags = changetype<Arr<u8>>(memory.data(1 << 20, 4096));

/** `count` times; the sum of the numbers of primes below (1 MiB - round). */
export function sieve(count: u32): u32 {
  let sum: u32 = 0;
  for (let round: u32 = 0; round < count; round++) sum += primes_below(SIZE - round);
  return sum;
}

function primes_below(limit: u32): u32 {
  for (let i: u32 = 0; i < limit; i++) flags[i] = 1;
  let found: u32 = 0;
  for (let i: u32 = 2; i < limit; i++) {
    if (!flags[i]) continue;
    found++;
    for (let multiple = i + i; multiple < limit; multiple += i) flags[multiple] = 0;
  }
  return found;
}
