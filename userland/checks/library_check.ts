// Strings, memory, numbers, sorting, environment, directories, dates.
import { Errno, errno, set_errno } from "../lib/errno";
import { closedir, opendir, readdir } from "../lib/dirent";
import { getenv, setenv, unsetenv } from "../lib/env";
import { free, malloc } from "../lib/malloc";
import { snprintf } from "../lib/printf";
import { getauxval, Auxiliary } from "../lib/start";
import { STAT_SIZE, Stat, is_directory, stat } from "../lib/stat";
import { atoi, qsort, strdup, strtol, strtoul } from "../lib/stdlib";
import { at, memcmp, memcpy, memmove, memset, skip, strchr, strcmp, strlen, strncmp, strnlen } from "../lib/string";
import { stpcpy, strrchr, strstr } from "../lib/string";
import { Date, gmtime } from "../lib/time";
import { check, check_equal, random, verdict } from "./check";

function text(address: usize): string {
  return changetype<string>(address);
}

function strings(): void {
  check_equal(strlen(""), 0, "strlen of nothing");
  check_equal(strlen("four"), 4, "strlen");
  check_equal(strnlen("four", 2), 2, "strnlen");
  check(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strcmp("a", "a") == 0, "strcmp");
  check(strcmp("\xc3\xa9", "z") > 0, "strcmp compares unsigned bytes");
  check(strncmp("abc", "abd", 2) == 0 && strncmp("abc", "abd", 3) < 0, "strncmp");
  const word = "hello";
  check(strchr(word, 0x6c) == "llo" && strrchr(word, 0x6c) == "lo", "strchr and strrchr");
  check(!strchr(word, 0x78), "strchr of what is not there");
  check(addr(strchr(word, 0)) == addr(word) + 5, "strchr of the end");
  check(strstr("in the middle", "the") == "the middle", "strstr");
  check(!strstr("abc", "abd") && strstr("abc", "") == "abc", "strstr of nothing");
  const buffer = alloca(16);
  check_equal(stpcpy(buffer, "abc"), buffer + 3, "stpcpy returns the end");
  check(text(buffer) == "abc" && skip(text(buffer), 1) == "bc", "stpcpy copies");
}

const area = memory.data(512, 4);
const model = memory.data(512, 4);

/** Against a byte loop through a copy, at every alignment and overlap. */
function blocks(): void {
  let right: bool = true;
  for (let round: u32 = 0; round < 2000; round++) {
    const from = random(200);
    const to = random(200);
    const count = random(200);
    for (let i: u32 = 0; i < 512; i++) store<u8>(area + i, random(256));
    memcpy(model, area, 512);
    for (let i: u32 = 0; i < count; i++) store<u8>(model + to + i, load<u8>(area + from + i));
    memmove(area + to, area + from, count);
    if (memcmp(area, model, 512) != 0) right = false;
    memset(area + to, 300 + from, count);
    for (let i: u32 = 0; i < count; i++) store<u8>(model + to + i, 300 + from);
    if (memcmp(area, model, 512) != 0) right = false;
  }
  check(right, "memmove and memset");
  store<u8>(model, load<u8>(area) + 1);
  check(memcmp(area, model, 1) != 0, "memcmp");
}

function numbers(): void {
  const end = alloca(4);
  check_equal(atoi("  -42x"), -42, "atoi");
  check_equal(strtol("0x1fz", end, 0), 31, "strtol, base from 0x");
  check(text(load<usize>(end)) == "z", "strtol, end");
  check_equal(strtol("0755", 0, 0), 493, "strtol, base from 0");
  check_equal(strtol("zz", 0, 36), 1295, "strtol, base 36");
  strtol("none", end, 10);
  check(text(load<usize>(end)) == "none", "strtol without digits");
  strtol("0x", end, 16);
  check(text(load<usize>(end)) == "x", "strtol of 0x alone reads the zero");
  set_errno(0);
  check_equal(strtol("99999999999", 0, 10), 0x7fffffff, "strtol, too large");
  check_equal(errno, Errno.ERANGE, "errno of strtol");
  check_equal(strtol("-99999999999", 0, 10), 0x80000000, "strtol, too small");
  check_equal(strtoul("4294967295", 0, 10), 0xffffffff, "strtoul");
  check_equal(strtoul("-1", 0, 10), 0xffffffff, "strtoul of -1");
  check_equal(strtoul("-4294967296", 0, 10), 0xffffffff, "strtoul, out of range");
}

function by_value(left: usize, right: usize): i32 {
  const a = load<u16>(left);
  const b = load<u16>(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

function sorting(): void {
  let right: bool = true;
  for (let round: u32 = 0; round < 300; round++) {
    const count = random(100);
    let sum: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      store<u16>(area + i * 2, random(round < 100 ? 5 : 60000));
      sum += load<u16>(area + i * 2);
    }
    qsort(area, count, 2, by_value);
    for (let i: u32 = 0; i < count; i++) {
      sum -= load<u16>(area + i * 2);
      if (i > 0 && load<u16>(area + i * 2 - 2) > load<u16>(area + i * 2)) right = false;
    }
    if (sum != 0) right = false;
  }
  check(right, "qsort");
}

function environment(): void {
  check(getenv("HOME") == "/", "getenv of what was given");
  check(!getenv("HOM") && !getenv("HOME_"), "getenv of what is not there");
  setenv("CHECK_EQUALS", "a=b");
  check(getenv("CHECK_EQUALS") == "a=b", "getenv of a value with an equals sign");
  const name = alloca(16);
  for (let i: u32 = 0; i < 50; i++) {
    snprintf(name, 16, "CHECK_%u", i);
    check_equal(setenv(text(name), text(name)), 0, "setenv");
  }
  check(getenv("CHECK_0") == "CHECK_0" && getenv("CHECK_49") == "CHECK_49", "getenv of what was set");
  setenv("CHECK_7", "other");
  check(getenv("CHECK_7") == "other", "setenv replaces");
  unsetenv("CHECK_7");
  check(!getenv("CHECK_7") && getenv("CHECK_8") == "CHECK_8", "unsetenv");
  check_equal(getauxval(Auxiliary.PAGESZ), 4096, "page size in the auxiliary vector");
}

function directories(): void {
  const dir = opendir("/");
  check(dir != null, "opendir");
  if (!dir) return;
  let found: u32 = 0;
  for (let entry = readdir(dir); entry; entry = readdir(dir)) if (entry.d_name == "tmp") found++;
  check_equal(found, 1, "readdir finds /tmp once");
  closedir(dir);
  const status = changetype<Stat>(alloca(STAT_SIZE));
  check(stat("/tmp", status) == 0 && is_directory(status.st_mode), "/tmp is a directory");
  check(!opendir("/nosuch") && errno == Errno.ENOENT, "opendir of what is not there");
}

function date_is(seconds: u32, year: u32, month: u32, day: u32): void {
  const date = changetype<Date>(alloca(offsetof<Date>()));
  gmtime(seconds, date);
  check(date.year == year && date.month == month && date.day == day, "gmtime");
}

function dates(): void {
  date_is(0, 1970, 1, 1);
  date_is(951782400, 2000, 2, 29);
  date_is(951868800, 2000, 3, 1);
  date_is(1709164800, 2024, 2, 29);
  date_is(4107542399, 2100, 2, 28);
  date_is(4107542400, 2100, 3, 1);
  date_is(1798761599, 2026, 12, 31);
}

export function main(): i32 {
  strings();
  blocks();
  numbers();
  sorting();
  environment();
  directories();
  dates();
  const copy = strdup("copy")!;
  check(copy == "copy" && at(copy, 4) == 0, "strdup");
  free(addr(copy));
  free(malloc(1));
  return verdict("library");
}
