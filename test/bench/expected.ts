/** What the benchmark guests must print, worked out without them. */

const u32 = (value: number): number => value >>> 0;
const next = (seed: number): number => u32(Math.imul(seed, 1664525) + 1013904223);

function boot(count: number): number {
  return count;
}

function dhry(count: number): number {
  const [other, later] = ["A GUEST'S OTHER STRING", "A GUEST'S LATER STRING"];
  const items = [
    { number: 1, text: "A GUEST'S FIRST STRING" },
    { number: 2, text: other },
  ];
  const numbers = Array.from({ length: 64 }, (_, i) => i);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const item = items[i & 1];
    const following = items[(i & 1) ^ 1];
    const text = i & 1 ? other : later;
    if (item.text === text) item.number = u32(item.number + i);
    else if (item.text > text) item.number = u32(item.number - (i >> 1));
    else if (i % 3 === 0) item.number = u32(item.number ^ (i << 3));
    else item.number = u32(item.number * 9 + 1);
    following.number = u32(following.number + (item.number >>> 1));
    if (item.number % 16 === 0) following.text = item.text;
    const slot = (item.number >>> 7) % 64;
    numbers[slot] = u32(numbers[slot] + Math.floor(item.number / 10) + (i % 7));
    sum = u32(sum * 5 + numbers[63 - slot]);
  }
  return u32(sum + items[0].number + items[1].number);
}

/** By trial division of nothing: the known number of primes below 2^20 is 82,025, and 2^20 - 1 and its neighbours are composite. */
function sieve(count: number): number {
  const isPrime = (n: number): boolean => {
    for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
    return true;
  };
  let primes = 82025;
  let sum = 0;
  for (let round = 0; round < count; round++) {
    if (round > 0 && isPrime(2 ** 20 - round)) primes--;
    sum += primes;
  }
  return u32(sum);
}

function crc32(count: number): number {
  let crc = 0xffffffff;
  for (let round = 0; round < count; round++) {
    for (let i = 0; i < 16384; i++) {
      crc ^= Math.imul(i, 0x9e3779b1) >>> 24;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
  }
  return u32(~crc);
}

function matmul(count: number): number {
  const n = 128;
  const a = Array.from({ length: n * n }, (_, i) => Math.imul(i, 2654435761));
  const b = Array.from({ length: n * n }, (_, i) => Math.imul(i, 40503) ^ (i >> 3));
  let sum = 0;
  for (let round = 0; round < count; round++) {
    const cell = (i: number, j: number): number => {
      let value = 0;
      for (let k = 0; k < n; k++) value = (value + Math.imul(a[i * n + k], b[k * n + j])) | 0;
      return value;
    };
    for (let i = 0; i < n; i++) sum = (sum + cell(i, i)) | 0;
    const last = Array.from({ length: n }, (_, j) => cell(n - 1, j));
    last.forEach((value, i) => (a[i] = value));
  }
  return u32(sum);
}

function qsort(count: number): number {
  let seed = 12345;
  let sum = 0;
  for (let round = 0; round < count; round++) {
    const values = new Uint32Array(16384).map(() => (seed = next(seed))).sort();
    values.forEach((value, i) => (sum = (sum + Math.imul(value, i + 1)) | 0));
  }
  return u32(sum);
}

function memrep(count: number): number {
  const size = 262144;
  const first = Buffer.alloc(size);
  const second = Buffer.alloc(size);
  for (let i = 0; i < size; i += 4) first.writeUInt32LE(0x01020304, i);
  let sum = 0;
  for (let round = 0; round < count; round++) {
    const at = (round * 4099) & 0xffff;
    first.fill(round & 0xff, at, at + 5000);
    first.copy(second);
    const from = (round * 8191) & 0xffff;
    second.copy(first, 0x20001, from, from + 100003);
    for (let i = 0; i < 64; i++) {
      for (let k = 0; k < 16; k++) second.writeUInt32LE(round + i, i * 4096 + 8 + k * 4);
    }
    const [left, right] = [(round * 65537) & 0x3fffc, (round & 63) * 4096 + 4];
    sum = u32(Math.imul(sum, 31) + first.readUInt32LE(left) + second.readUInt32LE(right));
  }
  return sum;
}

function membyte(count: number): number {
  const source = new Uint8Array(65536).map((_, i) => (i * 167) >> 3);
  let sum = 0;
  for (let round = 0; round < count; round++) {
    const at = (round * 257) & 0xffff;
    sum = u32(Math.imul(sum, 31) + source[at]);
    source[at] = source[(at * 3) & 0xffff] + round;
  }
  return sum;
}

function vm(count: number): number {
  let x = 1;
  let sum = 0;
  for (let n = count; n > 0; n--) {
    x = next(x);
    sum = u32((sum + (x >>> 16)) ^ n);
    if (x & 4096) sum = u32(sum + 7);
  }
  return sum;
}

/** Sixteen frames behind 1024 pages; the last access to a frame wrote its word. Error codes: 4, a read by ring 3. */
function fault(count: number): number {
  const frames = new Uint32Array(16);
  let total = 0;
  let pages = 0;
  for (let i = 0; i < count; i++) {
    const page = (i * 7 + 3) % 1024;
    total = u32(total + u32(frames[page % 16] ^ i));
    frames[page % 16] = total;
    pages += page + 4;
  }
  return u32(pages + total);
}

function systemCalls(count: number): number {
  let total = 0;
  let calls = 0;
  for (let i = 0; i < count; i++) {
    const results = [i % 4 === 0 ? ++calls : 0, total + i, total ^ (i << 5), total];
    total = u32(total * 3 + u32(results[i % 4]));
  }
  return u32(total + calls);
}

function switches(count: number): number {
  const frames = new Uint32Array(16);
  let total = 0;
  for (let i = 0; i < count; i++) {
    for (let n = 0; n < 16; n++) {
      const frame = (n + (i % 4) * 5) % 16;
      total = u32(total * 2 + frames[frame]);
      frames[frame] = total + n;
    }
  }
  return total;
}

export const expected: Record<string, (count: number) => number> = {
  boot,
  dhry,
  sieve,
  crc32,
  matmul,
  qsort,
  memrep,
  membyte,
  "membyte-4k": membyte,
  "membyte-1m": membyte,
  vm,
  fault,
  syscall: systemCalls,
  switch: switches,
};
