// The environment: a null-terminated array of "NAME=value", at first the one on the stack the kernel built.
import { Char } from "./ctype";
import { free, malloc, realloc } from "./malloc";
import { memcpy, skip, stpcpy, strlen, strncmp, at } from "./string";

export let environ: Arr<string> = changetype<Arr<string>>(0);

/** Entries our own array has room for; 0 while `environ` is still the kernel's, which must not be freed or grown. */
let capacity: u32 = 0;

export function set_environ(from: Arr<string>): void {
  environ = from;
}

function entry_address(index: u32): usize {
  return load<usize>(addr(environ) + index * 4);
}

function environment_size(): u32 {
  let count: u32 = 0;
  while (entry_address(count) != 0) count++;
  return count;
}

/** Index of the entry for `name`, or -1. */
function find(name: string): i32 {
  const length = strlen(name);
  for (let i: u32 = 0; entry_address(i) != 0; i++) {
    const entry = environ[i];
    if (strncmp(entry, name, length) == 0 && at(entry, length) == Char.EQUALS) return i;
  }
  return -1;
}

export function getenv(name: string): string | null {
  const index = find(name);
  return index < 0 ? null : skip(environ[index], strlen(name) + 1);
}

/** Makes `environ` ours, with room for `wanted` entries and the null. */
function reserve(wanted: u32): bool {
  if (wanted + 1 <= capacity) return true;
  const size = environment_size();
  const old = capacity == 0 ? 0 : addr(environ);
  const grown = realloc(old, (wanted + 16) * 4);
  if (grown == 0) return false;
  if (old == 0) memcpy(grown, addr(environ), (size + 1) * 4);
  environ = changetype<Arr<string>>(grown);
  capacity = wanted + 16;
  return true;
}

/** The value's bytes are copied. Returns 0, or -1 with errno when memory is out. */
export function setenv(name: string, value: string): i32 {
  // The entry that is replaced may be on the kernel's stack page or somebody may hold a pointer into it: it is left.
  const memory = malloc(strlen(name) + strlen(value) + 2);
  if (memory == 0) return -1;
  const equals = stpcpy(memory, name);
  store<u8>(equals, Char.EQUALS);
  stpcpy(equals + 1, value);
  let index = find(name);
  if (index < 0) {
    index = environment_size();
    if (!reserve(index + 1)) {
      free(memory);
      return -1;
    }
    store<usize>(addr(environ) + (index + 1) * 4, 0);
  }
  environ[index] = changetype<string>(memory);
  return 0;
}

export function unsetenv(name: string): void {
  const index = find(name);
  if (index < 0) return;
  for (let i: u32 = index; entry_address(i) != 0; i++) store<usize>(addr(environ) + i * 4, entry_address(i + 1));
}
