// kmalloc: aligned, not overlapping, reusable, and all frames come back.
import { kfree, kmalloc, kmalloc_in_use, kzalloc } from "../kmalloc";
import { PGSIZE } from "../memlayout";
import { memset } from "../../lib/string";
import { check } from "./selfcheck";

const OBJECTS: u32 = 200;

function check_size(size: u32): void {
  const list = changetype<Arr<usize>>(kmalloc(OBJECTS * 4));
  for (let i: u32 = 0; i < OBJECTS; i++) {
    const object = kmalloc(size);
    check(object != 0 && !(object & (size >= 16 ? min<u32>(15, size - 1) : 15)), "an object is aligned");
    memset(object, <u8>i, size);
    list[i] = object;
  }
  let intact = true;
  for (let i: u32 = 0; i < OBJECTS; i++) {
    const last: u32 = load<u8>(list[i] + size - 1);
    intact = intact && load<u8>(list[i]) == <u8>i && last == (i & 0xff);
  }
  check(intact, "objects do not overlap");
  for (let i: u32 = 0; i < OBJECTS; i += 2) kfree(list[i]);
  for (let i: u32 = 1; i < OBJECTS; i += 2) kfree(list[i]);
  kfree(addr(list));
}

export function check_kmalloc(): void {
  const before = kmalloc_in_use();
  check_size(1);
  check_size(16);
  check_size(24);
  check_size(100);
  check_size(512);
  check_size(2048);
  check_size(PGSIZE + 1);
  const zeroed = kzalloc(300);
  let sum: u32 = 0;
  for (let i: u32 = 0; i < 300; i++) sum += load<u8>(zeroed + i);
  check(sum == 0, "kzalloc zeroes");
  kfree(zeroed);
  kfree(0);
  check(kmalloc_in_use() == before, "everything is freed");
}
