// A mix as Dhrystone's: integer arithmetic, strings, records with pointers, small functions, branches.
const TEXT: u32 = 32;

@unmanaged
class Item {
  next: Item | null;
  kind: u32;
  number: u32;
  @array(32) text: Arr<u8>;
}

const first = changetype<Item>(memory.data(64, 16));
const second = changetype<Item>(memory.data(64, 16));
const buffer = changetype<Arr<u8>>(memory.data(32, 16));
const numbers = changetype<Arr<u32>>(memory.data(64 * 4, 16));

export function dhry(count: u32): u32 {
  first.next = second;
  second.next = first;
  first.number = 1;
  second.number = 2;
  copy_text(first.text, bytes("A GUEST'S FIRST STRING"));
  copy_text(second.text, bytes("A GUEST'S OTHER STRING"));
  for (let i: u32 = 0; i < 64; i++) numbers[i] = i;
  let sum: u32 = 0;
  let item = first;
  for (let i: u32 = 0; i < count; i++) {
    copy_text(buffer, bytes(i & 1 ? "A GUEST'S OTHER STRING" : "A GUEST'S LATER STRING"));
    const order = compare_text(item.text, buffer);
    item.kind = classify(order, i);
    item.number = mix(item.number, i, item.kind);
    update(item);
    const slot = (item.number >> 7) & 63;
    numbers[slot] += item.number / 10 + (i % 7);
    sum = sum * 5 + numbers[63 - slot];
    item = changetype<Item>(item.next);
  }
  return sum + first.number + second.number;
}

function bytes(text: string): Arr<u8> {
  return changetype<Arr<u8>>(text);
}

function classify(order: i32, i: u32): u32 {
  if (order == 0) return 0;
  if (order < 0) return i % 3 == 0 ? 1 : 2;
  return 3;
}

function mix(number: u32, i: u32, kind: u32): u32 {
  switch (kind) {
    case 0:
      return number + i;
    case 1:
      return number ^ (i << 3);
    case 2:
      return number * 9 + 1;
    default:
      return number - (i >> 1);
  }
}

/** The next item takes over the number and, now and then, the text. */
function update(item: Item): void {
  const next = changetype<Item>(item.next);
  next.number += item.number >> 1;
  if ((item.number & 15) == 0) copy_text(next.text, item.text);
}

function copy_text(to: Arr<u8>, from: Arr<u8>): void {
  for (let i: u32 = 0; i < TEXT; i++) {
    to[i] = from[i];
    if (from[i] == 0) return;
  }
}

/** Below, equal or above 0 as `a` comes before, is equal to, or comes after `b`. */
function compare_text(a: Arr<u8>, b: Arr<u8>): i32 {
  for (let i: u32 = 0; i < TEXT; i++) {
    if (a[i] != b[i]) return <i32>a[i] - <i32>b[i];
    if (a[i] == 0) return 0;
  }
  return 0;
}
