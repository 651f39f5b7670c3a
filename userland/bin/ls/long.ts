// The long format: one line for each entry, as `ls -l --time-style=long-iso` of GNU prints it.
import { Char } from "../../lib/ctype";
import { free, malloc } from "../../lib/malloc";
import { printf, snprintf } from "../../lib/printf";
import { Mode, major, minor } from "../../lib/stat";
import { putchar } from "../../lib/stdio";
import { strlen } from "../../lib/string";
import { Date, gmtime } from "../../lib/time";
import { readlink } from "../../lib/unistd";
import { Entry, Listing, join_path } from "./listing";

const PATH_MAX: u32 = 4096;

function type_letter(mode: u32): i32 {
  switch (mode & Mode.TYPE) {
    case Mode.DIRECTORY:
      return 0x64; // d
    case Mode.LINK:
      return 0x6c; // l
    case Mode.CHAR:
      return 0x63; // c
    case Mode.BLOCK:
      return 0x62; // b
    case Mode.FIFO:
      return 0x70; // p
    case Mode.SOCKET:
      return 0x73; // s
  }
  return Char.MINUS;
}

/** One of the three rwx groups; `special` replaces x by `letter`, or by its capital where there is no x. */
function put_rights(bits: u32, special: bool, letter: i32): void {
  putchar((bits & 4) != 0 ? 0x72 : Char.MINUS);
  putchar((bits & 2) != 0 ? 0x77 : Char.MINUS);
  const executable = (bits & 1) != 0;
  if (special) putchar(executable ? letter : letter - 32);
  else putchar(executable ? 0x78 : Char.MINUS);
}

/** Users have no names here but root. */
function owner_name(id: u32, into: usize): string {
  snprintf(into, 12, id == 0 ? "root" : "%u", id);
  return changetype<string>(into);
}

function size_text(entry: Entry, into: usize): string {
  const type = entry.mode & Mode.TYPE;
  if (type == Mode.CHAR || type == Mode.BLOCK) {
    snprintf(into, 24, "%u, %u", major(entry.device), minor(entry.device));
  } else snprintf(into, 24, "%u", entry.size);
  return changetype<string>(into);
}

function put_link_target(directory: string, name: string): void {
  const path = malloc(2 * PATH_MAX);
  if (path == 0) return;
  const target = path + PATH_MAX;
  if (strlen(directory) + strlen(name) + 2 <= PATH_MAX) {
    const length = readlink(join_path(path, directory, name), target, PATH_MAX - 1);
    if (length >= 0) {
      store<u8>(target + length, 0);
      printf(" -> %s", target);
    }
  }
  free(path);
}

export function print_long(list: Listing, directory: string): void {
  const text = alloca(24);
  const date = changetype<Date>(alloca(offsetof<Date>()));
  let links_width: u32 = 0;
  let user_width: u32 = 0;
  let group_width: u32 = 0;
  let size_width: u32 = 0;
  for (let i: u32 = 0; i < list.count; i++) {
    const entry = list.entries[i];
    links_width = max<u32>(links_width, snprintf(text, 24, "%u", entry.links));
    user_width = max<u32>(user_width, strlen(owner_name(entry.uid, text)));
    group_width = max<u32>(group_width, strlen(owner_name(entry.gid, text)));
    size_width = max<u32>(size_width, strlen(size_text(entry, text)));
  }
  for (let i: u32 = 0; i < list.count; i++) {
    const entry = list.entries[i];
    const mode = entry.mode;
    putchar(type_letter(mode));
    put_rights(mode >> 6, (mode & Mode.SET_UID) != 0, 0x73);
    put_rights(mode >> 3, (mode & Mode.SET_GID) != 0, 0x73);
    put_rights(mode, (mode & Mode.STICKY) != 0, 0x74);
    printf(" %*u %-*s", links_width, entry.links, user_width, owner_name(entry.uid, text));
    printf(" %-*s", group_width, owner_name(entry.gid, text));
    gmtime(entry.mtime, date);
    printf(" %*s %04u-%02u-%02u", size_width, size_text(entry, text), date.year, date.month, date.day);
    printf(" %02u:%02u %s", date.hour, date.minute, entry.name);
    if ((mode & Mode.TYPE) == Mode.LINK) put_link_target(directory, entry.name);
    putchar(Char.NEWLINE);
  }
}
