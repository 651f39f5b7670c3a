// Pathname expansion: *, ? and [...] in a word that was not quoted. In a pattern a backslash takes the next byte as it is.
import { Char } from "../../lib/ctype";
import { Dir, closedir, opendir, readdir } from "../../lib/dirent";
import { at, skip, strcmp, strlen } from "../../lib/string";
import { qsort } from "../../lib/stdlib";
import { Access, access } from "../../lib/unistd";
import { Text, allocate, copy_text, new_text, text_append, text_put, text_string } from "./memory";

const LEFT_BRACKET: i32 = 91;
const RIGHT_BRACKET: i32 = 93;
const CARET: i32 = 94;

export function is_special(c: i32): bool {
  return c == Char.STAR || c == Char.QUESTION || c == LEFT_BRACKET;
}

/** True when the first `length` bytes of the pattern hold something to match. */
function has_special(pattern: string, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (at(pattern, i) == Char.BACKSLASH) i++;
    else if (is_special(at(pattern, i))) return true;
  }
  return false;
}

/** The set behind `[`: length of it with its `]`, or 0 when it does not end, so that the bracket means itself. */
function set_length(pattern: string): u32 {
  let i: u32 = 1;
  if (at(pattern, i) == Char.BANG || at(pattern, i) == CARET) i++;
  if (at(pattern, i) == RIGHT_BRACKET) i++;
  while (at(pattern, i) != 0 && at(pattern, i) != RIGHT_BRACKET) {
    if (at(pattern, i) == Char.BACKSLASH && at(pattern, i + 1) != 0) i++;
    i++;
  }
  return at(pattern, i) == 0 ? 0 : i + 1;
}

function set_holds(pattern: string, length: u32, c: i32): bool {
  let i: u32 = 1;
  const inverted = at(pattern, i) == Char.BANG || at(pattern, i) == CARET;
  if (inverted) i++;
  let found = false;
  while (i < length - 1) {
    if (at(pattern, i) == Char.BACKSLASH) i++;
    const low = at(pattern, i);
    let high = low;
    if (at(pattern, i + 1) == Char.MINUS && i + 2 < length - 1) {
      i += 2;
      if (at(pattern, i) == Char.BACKSLASH) i++;
      high = at(pattern, i);
    }
    if (c >= low && c <= high) found = true;
    i++;
  }
  return found != inverted;
}

/** True when the whole of `name` matches the first `length` bytes of `pattern`. */
function matches(pattern: string, length: u32, name: string): bool {
  // Only the last star needs to be gone back to: what an earlier one took can stay.
  let p: u32 = 0;
  let n: u32 = 0;
  let star: i32 = -1;
  let star_name: u32 = 0;
  for (;;) {
    const c = at(name, n);
    if (p < length && at(pattern, p) == Char.STAR) {
      star = p++;
      star_name = n;
      continue;
    }
    if (c == 0 && p == length) return true;
    let step: u32 = 0;
    if (c != 0 && p < length) {
      const rest = skip(pattern, p);
      const set = at(rest, 0) == LEFT_BRACKET ? set_length(rest) : 0;
      if (at(rest, 0) == Char.QUESTION) step = 1;
      else if (set != 0 && p + set <= length) step = set_holds(rest, set, c) ? set : 0;
      else if (at(rest, 0) == Char.BACKSLASH) step = at(rest, 1) == c ? 2 : 0;
      else if (at(rest, 0) == c) step = 1;
    }
    if (step != 0) {
      p += step;
      n++;
    } else if (star >= 0 && at(name, star_name) != 0) {
      p = star + 1;
      n = ++star_name;
    } else return false;
  }
}

/** Found paths, as a growing array of strings. */
@unmanaged
export class Paths {
  list: Arr<string>;
  count: u32;
  capacity: u32;
}

function paths_add(paths: Paths, path: string): void {
  if (paths.count == paths.capacity) {
    const capacity = paths.capacity == 0 ? 16 : paths.capacity * 2;
    const grown = changetype<Arr<string>>(allocate(capacity * 4));
    for (let i: u32 = 0; i < paths.count; i++) grown[i] = paths.list[i];
    paths.list = grown;
    paths.capacity = capacity;
  }
  paths.list[paths.count++] = path;
}

/** The pattern without its backslashes. */
function plain(pattern: string, length: u32): string {
  const text = new_text();
  for (let i: u32 = 0; i < length; i++) {
    if (at(pattern, i) == Char.BACKSLASH && i + 1 < length) i++;
    text_put(text, at(pattern, i));
  }
  return text_string(text);
}

function append_path(text: Text, directory: string, name: string): void {
  text_append(text, directory);
  text_append(text, name);
}

/** Matches the next component of `pattern` within `directory`, which is empty or ends with a slash. */
function expand_in(directory: string, pattern: string, paths: Paths): void {
  let length: u32 = 0;
  while (at(pattern, length) != 0 && at(pattern, length) != Char.SLASH) length++;
  let slashes: u32 = length;
  while (at(pattern, slashes) == Char.SLASH) slashes++;
  const last = at(pattern, slashes) == 0;
  const rest = skip(pattern, slashes);
  const separator = copy_text(skip(pattern, length), slashes - length);

  if (!has_special(pattern, length)) {
    const path = new_text();
    append_path(path, directory, plain(pattern, length));
    text_append(path, separator);
    const next = text_string(path);
    if (!last) expand_in(next, rest, paths);
    else if (access(next, Access.F_OK) == 0) paths_add(paths, next);
    return;
  }

  const dir = opendir(at(directory, 0) == 0 ? "." : directory);
  if (!dir) return;
  read_matches(dir, directory, pattern, length, separator, last ? "" : rest, paths);
  closedir(dir);
}

function read_matches(
  dir: Dir,
  directory: string,
  pattern: string,
  length: u32,
  separator: string,
  rest: string,
  paths: Paths,
): void {
  for (;;) {
    const entry = readdir(dir);
    if (!entry) return;
    const name = entry.d_name;
    if (at(name, 0) == Char.DOT && at(pattern, 0) != Char.DOT) continue; // hidden names must be asked for
    if (!matches(pattern, length, name)) continue;
    const path = new_text();
    append_path(path, directory, name);
    text_append(path, separator);
    const found = text_string(path);
    if (at(rest, 0) != 0) expand_in(found, rest, paths);
    // A slash at the end asks for a directory; the system knows.
    else if (at(separator, 0) == 0 || access(found, Access.F_OK) == 0) paths_add(paths, found);
  }
}

function by_bytes(left: usize, right: usize): i32 {
  return strcmp(changetype<string>(load<usize>(left)), changetype<string>(load<usize>(right)));
}

/** Paths that match, sorted; with none, the pattern itself without its backslashes. */
export function glob(pattern: string): Paths {
  const paths = changetype<Paths>(allocate(offsetof<Paths>()));
  paths.count = 0;
  paths.capacity = 0;
  if (has_special(pattern, strlen(pattern))) {
    // Slashes at the front are not a component.
    let slashes: u32 = 0;
    while (at(pattern, slashes) == Char.SLASH) slashes++;
    expand_in(copy_text(pattern, slashes), skip(pattern, slashes), paths);
    qsort(addr(paths.list), paths.count, 4, by_bytes);
  }
  if (paths.count == 0) paths_add(paths, plain(pattern, strlen(pattern)));
  return paths;
}
