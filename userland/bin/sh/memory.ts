// The shell's memory. What one command line needs, its tree and its expanded words, is taken from a stack of chunks and
// given back all at once when the command is done: nothing is freed piece by piece, nothing is left behind in a loop.
import { exit } from "../../lib/exit";
import { free, malloc } from "../../lib/malloc";
import { fputs, stderr } from "../../lib/stdio";
import { memcpy, strlen } from "../../lib/string";

const CHUNK_SIZE: u32 = 4096;

@unmanaged
class Chunk {
  previous: Chunk | null;
  size: u32; // bytes behind this header
}

let top: Chunk | null = null;
let position: usize = 0;
let limit: usize = 0;

/** How far the stack was filled, to go back to. */
@unmanaged
export class Mark {
  chunk: Chunk | null;
  position: usize;
  limit: usize;
}

export const MARK_SIZE: u32 = 12;

export function set_mark(mark: Mark): void {
  mark.chunk = top;
  mark.position = position;
  mark.limit = limit;
}

/** Gives everything back that was allocated since the mark was set. Marks nest. */
export function release(mark: Mark): void {
  while (top != mark.chunk) {
    const chunk = top!;
    top = chunk.previous;
    free(addr(chunk));
  }
  position = mark.position;
  limit = mark.limit;
}

export function out_of_memory(): void {
  fputs("sh: out of memory\n", stderr);
  exit(2);
}

/** Memory that lives until the enclosing mark is released. Never 0: without memory the shell ends. */
export function allocate(size: u32): usize {
  size = (size + 3) & ~3;
  if (position + size > limit || position == 0) {
    const chunk_size = max<u32>(size, CHUNK_SIZE - offsetof<Chunk>());
    const memory = malloc(chunk_size + offsetof<Chunk>());
    if (memory == 0) out_of_memory();
    const chunk = changetype<Chunk>(memory);
    chunk.previous = top;
    chunk.size = chunk_size;
    top = chunk;
    position = memory + offsetof<Chunk>();
    limit = position + chunk_size;
  }
  const block = position;
  position += size;
  return block;
}

/** A copy of the first `length` bytes of `text`, with a NUL behind. */
export function copy_text(text: string, length: u32): string {
  const memory = allocate(length + 1);
  memcpy(memory, addr(text), length);
  store<u8>(memory + length, 0);
  return changetype<string>(memory);
}

/** Text that grows. */
@unmanaged
export class Text {
  data: usize;
  length: u32;
  capacity: u32;
}

export function new_text(): Text {
  const text = changetype<Text>(allocate(offsetof<Text>()));
  text.capacity = 32;
  text.data = allocate(text.capacity);
  text.length = 0;
  return text;
}

export function text_put(text: Text, byte: i32): void {
  if (text.length + 1 >= text.capacity) {
    const grown = allocate(text.capacity * 2);
    memcpy(grown, text.data, text.length);
    text.data = grown;
    text.capacity *= 2;
  }
  store<u8>(text.data + text.length++, byte);
}

export function text_append(text: Text, more: string): void {
  const length = strlen(more);
  for (let i: u32 = 0; i < length; i++) text_put(text, load<u8>(addr(more) + i));
}

/** The text as a string; it stays valid while nothing is appended. */
export function text_string(text: Text): string {
  store<u8>(text.data + text.length, 0);
  return changetype<string>(text.data);
}
