// Executes /try/0, /try/1, ... each in a child, and says how each ended: `n: error 8`, `n: exit 7`, `n: signal 11`, or
// `n: running` for one that had to be killed. At the end: how much memory is missing.
import { int80_2, int80_3, int80_4 } from "~lib/cpu";
import { close, exit, fork, open, read, say, write } from "./linux";

const EXEC_FAILED: u32 = 200;

function print_number(value: u32): void {
  const text = alloca(12);
  let at = text + 12;
  do {
    store<u8>(--at, <u8>(0x30 + (value % 10)));
    value /= 10;
  } while (value);
  write(1, at, text + 12 - at);
}

/** "/try/N" in `path`. */
function set_path(path: usize, n: u32): void {
  store<u32>(path, 0x7972742f);
  store<u8>(path, 0x2f, 4);
  let digits: u32 = 1;
  for (let v = n; v >= 10; v /= 10) digits++;
  store<u8>(path + 5 + digits, 0);
  for (let i = digits; i > 0; i--) {
    store<u8>(path + 4 + i, <u8>(0x30 + (n % 10)));
    n /= 10;
  }
}

/** MemFree in KiB. */
function free_memory(): u32 {
  const text = alloca(256);
  const fd = open("/proc/meminfo");
  const n = read(fd, text, 255);
  close(fd);
  let at = text;
  while (at < text + n && load<u32>(at) != 0x466d654d) at++; // "MemF"
  while (at < text + n && (load<u8>(at) < 0x30 || load<u8>(at) > 0x39)) at++;
  let value: u32 = 0;
  while (load<u8>(at) >= 0x30 && load<u8>(at) <= 0x39) value = value * 10 + load<u8>(at++) - 0x30;
  return value;
}

function wait_for(pid: i32, status: usize): bool {
  const pause = alloca(8);
  store<u32>(pause, 0);
  store<u32>(pause, 10000000, 4);
  for (let i = 0; i < 100; i++) {
    if (int80_4(114, pid, status, 1, 0) == pid) return true;
    int80_2(162, pause, 0);
  }
  int80_2(37, pid, 9);
  int80_4(114, pid, status, 0, 0);
  return false;
}

function try_one(path: usize, n: u32): void {
  const argv = alloca(8);
  store<u32>(argv, path);
  store<u32>(argv, 0, 4);
  const status = alloca(4);
  const pid = fork();
  if (pid == 0) {
    const error = int80_3(11, path, argv, argv + 4);
    exit(EXEC_FAILED - error);
  }
  const ended = wait_for(pid, status);
  const word = load<u32>(status);
  print_number(n);
  if (!ended) say(": running");
  else if (word & 0x7f) say(": signal ");
  else if (word >> 8 >= EXEC_FAILED) say(": error ");
  else say(": exit ");
  if (ended) print_number(word & 0x7f ? word & 0x7f : word >> 8 >= EXEC_FAILED ? (word >> 8) - EXEC_FAILED : word >> 8);
  say("\n");
}

export function main(): i32 {
  const path = alloca(32);
  const status = alloca(4);
  let before: u32 = 0;
  for (let round = 0; round < 2; round++) {
    // the first round fills the page cache
    if (round == 1) before = free_memory();
    for (let n: u32 = 0; ; n++) {
      set_path(path, n);
      const fd = open(changetype<string>(path));
      if (fd < 0) break;
      close(fd);
      if (round == 1) {
        try_one(path, n);
        continue;
      }
      const pid = fork();
      if (pid == 0) {
        int80_3(11, path, 0, 0);
        exit(1);
      }
      wait_for(pid, status);
    }
  }
  say("missing: ");
  print_number(before - free_memory());
  say(" KiB\n");
  return 0;
}
