// Quick sort by recursion, small parts by insertion.
const N: u32 = 16384;
const values = changetype<Arr<u32>>(memory.data(16384 * 4, 4096));

/** Sorts 16384 random numbers `count` times; the sum of value * (position + 1). */
export function qsort(count: u32): u32 {
  let seed: u32 = 12345;
  let sum: u32 = 0;
  for (let round: u32 = 0; round < count; round++) {
    for (let i: u32 = 0; i < N; i++) {
      seed = seed * 1664525 + 1013904223;
      values[i] = seed;
    }
    sort(0, <i32>N - 1);
    for (let i: u32 = 0; i < N; i++) sum += values[i] * (i + 1);
  }
  return sum;
}

function sort(low: i32, high: i32): void {
  if (high - low < 12) {
    insert(low, high);
    return;
  }
  const pivot = values[(low + high) >> 1];
  let left = low;
  let right = high;
  while (left <= right) {
    while (values[left] < pivot) left++;
    while (values[right] > pivot) right--;
    if (left <= right) {
      const value = values[left];
      values[left++] = values[right];
      values[right--] = value;
    }
  }
  sort(low, right);
  sort(left, high);
}

function insert(low: i32, high: i32): void {
  for (let i = low + 1; i <= high; i++) {
    const value = values[i];
    let at = i;
    while (at > low && values[at - 1] > value) {
      values[at] = values[at - 1];
      at--;
    }
    values[at] = value;
  }
}
