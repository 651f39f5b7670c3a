// ls [-al1] [FILE]...: lists directories.
import { Char } from "../lib/ctype";
import { Dir, closedir, opendir, readdir } from "../lib/dirent";
import { complain, helped, misused } from "../lib/err";
import { errno, set_errno } from "../lib/errno";
import { free, malloc } from "../lib/malloc";
import { printf } from "../lib/printf";
import "../lib/start";
import { STAT_SIZE, Stat, is_directory, lstat, stat } from "../lib/stat";
import { fflush, stdout } from "../lib/stdio";
import { at, strlen } from "../lib/string";
import { isatty, terminal_columns } from "../lib/termios";
import { STDOUT_FILENO } from "../lib/unistd";
import { Listing, join_path, listing_add, listing_free, listing_init, listing_sort } from "./ls/listing";
import { print_long } from "./ls/long";

const help =
  "Usage: ls [-al1] [FILE]...\nLists directories.\n-a  also names that begin with a dot\n-l  mode, links, owner, group, size and time (UTC)\n-1  one name on a line\n";

const PATH_MAX: u32 = 4096;

const enum Show {
  HIDDEN = 1,
  LONG = 2,
  ONE_PER_LINE = 4,
}

let show: u32 = 0;

/** Fills columns downwards, as wide as the longest name and two spaces. */
function print_columns(list: Listing, width: u32): void {
  let longest: u32 = 0;
  for (let i: u32 = 0; i < list.count; i++) longest = max<u32>(longest, strlen(list.entries[i].name));
  const columns = max<u32>(1, width / (longest + 2));
  const rows = (list.count + columns - 1) / columns;
  for (let row: u32 = 0; row < rows; row++) {
    for (let i = row; i < list.count; i += rows) {
      const name = list.entries[i].name;
      if (i + rows >= list.count) printf("%s\n", name);
      else printf("%-*s", longest + 2, name);
    }
  }
}

function print_listing(list: Listing, directory: string): void {
  listing_sort(list);
  if ((show & Show.LONG) != 0) print_long(list, directory);
  else if ((show & Show.ONE_PER_LINE) != 0) {
    for (let i: u32 = 0; i < list.count; i++) printf("%s\n", list.entries[i].name);
  } else print_columns(list, terminal_columns(STDOUT_FILENO));
}

function read_directory(dir: Dir, path: string, list: Listing, status: Stat): i32 {
  const full = malloc(PATH_MAX);
  if (full == 0) return complain(path);
  let result = 0;
  for (;;) {
    set_errno(0);
    const found = readdir(dir);
    if (!found) break;
    const name = found.d_name;
    if (at(name, 0) == Char.DOT && (show & Show.HIDDEN) == 0) continue;
    if (strlen(path) + strlen(name) + 2 > PATH_MAX) continue;
    if (lstat(join_path(full, path, name), status) < 0) result = complain(changetype<string>(full));
    else if (!listing_add(list, name, status)) result = complain(path);
  }
  if (errno != 0) result = complain(path);
  free(full);
  return result;
}

function list_directory(path: string, status: Stat): i32 {
  const dir = opendir(path);
  if (!dir) return complain(path);
  const list = changetype<Listing>(alloca(offsetof<Listing>()));
  listing_init(list);
  const result = read_directory(dir, path, list, status);
  closedir(dir);
  if ((show & Show.LONG) != 0) {
    let blocks: u32 = 0;
    for (let i: u32 = 0; i < list.count; i++) blocks += list.entries[i].blocks;
    printf("total %u\n", blocks / 2); // st_blocks are 512 bytes, the total is in KiB
  }
  print_listing(list, path);
  listing_free(list);
  return result;
}

/** Takes the options; returns the index of the first that is not one, or -1. */
function parse_options(argc: i32, argv: Arr<string>): i32 {
  for (let i = 1; i < argc; i++) {
    const word = argv[i];
    if (at(word, 0) != Char.MINUS || at(word, 1) == 0) return i;
    if (word == "--") return i + 1;
    for (let k: u32 = 1; at(word, k) != 0; k++) {
      const letter = at(word, k);
      if (letter == Char.LOWER_A) show |= Show.HIDDEN;
      else if (letter == 0x6c) show |= Show.LONG;
      else if (letter == 0x31) show |= Show.ONE_PER_LINE;
      else {
        misused("unknown option ", word);
        return -1;
      }
    }
  }
  return argc;
}

export function main(argc: i32, argv: Arr<string>): i32 {
  if (helped(argc, argv, help)) return 0;
  if (!isatty(STDOUT_FILENO)) show |= Show.ONE_PER_LINE;
  const first = parse_options(argc, argv);
  if (first < 0) return 2;
  const status = changetype<Stat>(alloca(STAT_SIZE));
  if (first >= argc) return list_directory(".", status);

  // What is not a directory comes first, in one listing.
  let result = 0;
  const files = changetype<Listing>(alloca(offsetof<Listing>()));
  listing_init(files);
  let directories = 0;
  for (let i = first; i < argc; i++) {
    const long = (show & Show.LONG) != 0;
    const failed = stat(argv[i], status) < 0 && lstat(argv[i], status) < 0;
    if (failed) result = complain(argv[i]);
    else if (is_directory(status.st_mode)) directories++;
    else {
      if (long) lstat(argv[i], status);
      if (!listing_add(files, argv[i], status)) result = complain(argv[i]);
    }
  }
  print_listing(files, "");
  let printed = files.count != 0;
  const titled = argc - first > 1;
  for (let i = first; i < argc && directories > 0; i++) {
    if (stat(argv[i], status) < 0 || !is_directory(status.st_mode)) continue;
    if (titled) printf(printed ? "\n%s:\n" : "%s:\n", argv[i]);
    if (list_directory(argv[i], status) != 0) result = 1;
    printed = true;
  }
  listing_free(files);
  return fflush(stdout) == 0 ? result : complain("write error");
}
