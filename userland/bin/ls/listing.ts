// The entries of one listing, with what `ls` shows of each.
import { Char } from "../../lib/ctype";
import { free, realloc } from "../../lib/malloc";
import { Stat } from "../../lib/stat";
import { qsort, strdup } from "../../lib/stdlib";
import { stpcpy, strcmp } from "../../lib/string";

@unmanaged
export class Entry {
  name: string;
  mode: u32;
  links: u32;
  uid: u32;
  gid: u32;
  size: u32;
  device: u64;
  blocks: u32;
  mtime: u32;
}

@unmanaged
export class Listing {
  entries: StructArr<Entry>;
  count: u32;
  capacity: u32;
}

export function listing_init(list: Listing): void {
  list.entries = changetype<StructArr<Entry>>(0);
  list.count = 0;
  list.capacity = 0;
}

export function listing_add(list: Listing, name: string, status: Stat): bool {
  if (list.count == list.capacity) {
    const capacity = list.capacity == 0 ? 16 : list.capacity * 2;
    const grown = realloc(addr(list.entries), capacity * offsetof<Entry>());
    if (grown == 0) return false;
    list.entries = changetype<StructArr<Entry>>(grown);
    list.capacity = capacity;
  }
  const copy = strdup(name);
  if (!copy) return false;
  const entry = list.entries[list.count++];
  entry.name = copy;
  entry.mode = status.st_mode;
  entry.links = status.st_nlink;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.size = <u32>status.st_size;
  entry.device = status.st_rdev;
  entry.blocks = <u32>status.st_blocks;
  entry.mtime = status.st_mtime;
  return true;
}

export function listing_free(list: Listing): void {
  for (let i: u32 = 0; i < list.count; i++) free(addr(list.entries[i].name));
  free(addr(list.entries));
}

function by_name(left: usize, right: usize): i32 {
  return strcmp(changetype<Entry>(left).name, changetype<Entry>(right).name);
}

export function listing_sort(list: Listing): void {
  qsort(addr(list.entries), list.count, offsetof<Entry>(), by_name);
}

/** `directory/name`, or `name` alone for no directory, at `into`. */
export function join_path(into: usize, directory: string, name: string): string {
  let end = stpcpy(into, directory);
  if (end != into && load<u8>(end - 1) != Char.SLASH) store<u8>(end++, Char.SLASH);
  stpcpy(end, name);
  return changetype<string>(into);
}
