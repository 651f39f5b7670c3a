// What a guest says: "go", the measured part, "done", "NAME checksum". The host takes the time between the lines.

declare function put_text(address: usize, length: u32): void;
/** Ends the machine or the program with a status: 0 is the regular end. */
declare function stop(code: u32): void;

const line = changetype<Arr<u8>>(memory.data(64, 4));

export type Work = (count: u32) => u32;

/** Runs `work(count)` between the two marker lines, prints the result and ends. */
export function measure(name: usize, work: Work, count: u32): void {
  say("go\n");
  const checksum = work(count);
  say("done\n");
  let at: u32 = 0;
  for (; is_word_byte(load<u8>(name + at)); at++) line[at] = load<u8>(name + at);
  line[at++] = 0x20;
  for (let shift: i32 = 28; shift >= 0; shift -= 4) {
    const digit = (checksum >> shift) & 15;
    line[at++] = <u8>(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
  line[at++] = 0x0a;
  put_text(addr(line), at);
  stop(0);
}

/** Says so and ends with status 1. */
export function give_up(text: string): void {
  say(text);
  stop(1);
}

function say(text: string): void {
  const address = changetype<usize>(text);
  let length: u32 = 0;
  while (load<u8>(address + length) != 0) length++;
  put_text(address, length);
}

/** Where the word begins that is `back` words before the end of the text: 0 is the last. */
export function word_from_end(text: usize, back: u32): usize {
  let at = text;
  while (load<u8>(at) != 0) at++;
  for (let n: u32 = 0; ; n++) {
    while (at > text && !is_word_byte(load<u8>(at - 1))) at--;
    while (at > text && is_word_byte(load<u8>(at - 1))) at--;
    if (n == back) return at;
  }
}

export function word_is(word: usize, name: string): bool {
  const other = changetype<usize>(name);
  let i: usize = 0;
  while (is_word_byte(load<u8>(word + i)) && load<u8>(word + i) == load<u8>(other + i)) i++;
  return !is_word_byte(load<u8>(word + i)) && load<u8>(other + i) == 0;
}

export function word_number(word: usize): u32 {
  let value: u32 = 0;
  for (let at = word; ; at++) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return value;
    value = value * 10 + digit;
  }
}

function is_word_byte(byte: u8): bool {
  return byte > 0x20;
}
