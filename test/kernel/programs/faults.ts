// Takes page faults of every kind, each in a megabyte of its own from 20000000h on, then prints /proc/faults.
// The expectations are in ../fault_records.test.ts.
import {
  close,
  exit,
  fork,
  MAP_PRIVATE,
  MAP_SHARED,
  mmap,
  mmap_file,
  mprotect,
  open,
  pipe,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  read,
  wait,
  write,
} from "./linux";

const RW: u32 = PROT_READ | PROT_WRITE;
const PAGE: u32 = 4096;
let next_area: usize = 0x20000000;

function area(prot: u32): usize {
  const at = next_area;
  next_area += 0x100000;
  mmap(at, 16 * PAGE, prot, MAP_PRIVATE);
  return at;
}

/** A child does the deed; whether it dies of it is seen in the records. */
function in_child(address: usize, writing: bool): void {
  if (fork() == 0) {
    if (writing) store<u8>(address, 1);
    else load<u8>(address);
    exit(0);
  }
  wait();
}

function anonymous(): void {
  const first = area(RW);
  store<u32>(first, 1);
  const second = area(RW);
  load<u32>(second);
  store<u32>(second, 1);
}

function copy_on_write(): void {
  const a = area(RW);
  store<u32>(a, 1);
  store<u32>(a + PAGE, 1);
  const ends = alloca(8);
  pipe(ends);
  if (fork() == 0) {
    read(load<u32>(ends), ends + 4, 1); // until the parent has written
    exit(0);
  }
  store<u32>(a, 2); // shared: copied
  write(load<u32>(ends, 4), a, 1);
  wait();
  store<u32>(a + PAGE, 2); // nobody left to share with: reused
  close(load<u32>(ends));
  close(load<u32>(ends, 4));
}

function kernel_accesses(zero: u32): void {
  const fresh = area(RW);
  read(zero, fresh, 4);
  const shared_zero = area(RW);
  load<u32>(shared_zero);
  read(zero, shared_zero, 4);
  const source = area(RW);
  const ends = alloca(8);
  pipe(ends);
  write(load<u32>(ends, 4), source, 4);
  const nothing = area(RW) + 0x80000; // not mapped
  write(load<u32>(ends, 4), nothing, 4);
  read(zero, nothing + PAGE, 4);
}

function invalid(): void {
  const read_only = area(PROT_READ);
  in_child(read_only, true);
  load<u8>(read_only + PAGE);
  in_child(read_only + PAGE, true);
  const none = area(PROT_NONE);
  in_child(none, false);
  in_child(none + PAGE, true);
  const unmapped = area(RW) + 0x80000;
  in_child(unmapped, false);
}

function protections(): void {
  const a = area(RW);
  store<u32>(a, 1);
  mprotect(a, PAGE, PROT_READ);
  mprotect(a, PAGE, RW);
  store<u32>(a, 2);
}

function shared(): void {
  const a = area(RW);
  mmap(a, 2 * PAGE, RW, MAP_SHARED);
  if (fork() == 0) {
    store<u32>(a, 1);
    exit(0);
  }
  wait();
  load<u32>(a);
  store<u32>(a, 2);
}

function files(): void {
  const fd = open("/etc/file");
  const a = area(RW);
  mmap_file(a, PAGE, PROT_READ, MAP_PRIVATE, fd);
  load<u32>(a); // filled
  const b = area(RW);
  mmap_file(b, PAGE, PROT_READ, MAP_PRIVATE, fd);
  load<u32>(b); // cached
  const c = area(RW);
  mmap_file(c, PAGE, RW, MAP_PRIVATE, fd);
  store<u32>(c, 1); // one fault, one copy
  const d = area(RW);
  mmap_file(d, 2 * PAGE, RW, MAP_PRIVATE, fd);
  load<u32>(d);
  store<u32>(d, 1);
  in_child(d + PAGE, false); // beyond the end
}

function stack_and_null(): void {
  const here = alloca(4);
  store<u32>(here - 0x20000, 1);
  in_child(here - 0x900000, true);
  in_child(0, false);
  in_child(4, true);
  in_child(0xc0100000, true);
  in_child(0xffffe000, false);
}

function print_records(): void {
  const fd = open("/proc/faults");
  const buffer = alloca(1024);
  let n = read(fd, buffer, 1024);
  while (n > 0) {
    write(1, buffer, n);
    n = read(fd, buffer, 1024);
  }
}

export function main(): i32 {
  const zero = open("/dev/zero");
  anonymous();
  copy_on_write();
  kernel_accesses(zero);
  invalid();
  protections();
  shared();
  files();
  stack_and_null();
  print_records();
  return 0;
}
