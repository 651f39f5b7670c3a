// Products of 128x128 matrices of 32-bit integers.
const N: u32 = 128;
const a = changetype<Arr<u32>>(memory.data(128 * 128 * 4, 4096));
const b = changetype<Arr<u32>>(memory.data(128 * 128 * 4, 4096));
const c = changetype<Arr<u32>>(memory.data(128 * 128 * 4, 4096));

/** c = a * b, then a's first row is replaced by c's last; `count` times. The sum of the diagonals. */
export function matmul(count: u32): u32 {
  for (let i: u32 = 0; i < N * N; i++) {
    a[i] = i * 2654435761;
    b[i] = (i * 40503) ^ (i >> 3);
  }
  let sum: u32 = 0;
  for (let round: u32 = 0; round < count; round++) {
    multiply();
    for (let i: u32 = 0; i < N; i++) {
      sum += c[i * N + i];
      a[i] = c[(N - 1) * N + i];
    }
  }
  return sum;
}

function multiply(): void {
  for (let i: u32 = 0; i < N; i++) {
    for (let j: u32 = 0; j < N; j++) {
      let cell: u32 = 0;
      for (let k: u32 = 0; k < N; k++) cell += a[i * N + k] * b[k * N + j];
      c[i * N + j] = cell;
    }
  }
}
