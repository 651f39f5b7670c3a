// Real page faults, taken by the kernel itself in an address space made for the purpose.
import { current } from "../../process/task";
import { FaultAction, FaultClass, fault_record, fault_ring, fault_seq, FAULT_RING_SIZE } from "../fault_record";
import { PGSIZE } from "../memlayout";
import { dup_mmap, mm_create, mm_put, mm_switch } from "../mm";
import { do_mmap, do_mprotect, do_munmap, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED } from "../mmap";
import { PTE } from "../mmu";
import { get_pte } from "../paging";
import { nr_free_pages } from "../pmm";
import { mm_struct, VM_READ, VM_WRITE } from "../vma";
import { check } from "./selfcheck";

const BASE: usize = 0x20000000;

function enter(mm: mm_struct | null): void {
  current.mm = mm;
  mm_switch(mm);
}

function last(): fault_record {
  return fault_ring[(fault_seq - 1) & (FAULT_RING_SIZE - 1)];
}

/** The one fault since `before` was of this kind. */
function expect(before: u32, error: u32, action: u32, what: string): void {
  const record = last();
  check(fault_seq == before + 1, what);
  check(record.error_code == error && record.action == action && record.class == FaultClass.MINOR, what);
}

function entry_of(mm: mm_struct, address: usize): u32 {
  const pte = get_pte(mm.pgdir, address, false);
  return pte ? load<u32>(pte) : 0;
}

/** uCore's check_pgfault: bytes written are bytes read, and the frame is gone with the range. */
function check_anonymous(mm: mm_struct): void {
  let seq = fault_seq;
  store<u8>(BASE + 0x100, 1);
  expect(seq, 2, FaultAction.DEMAND_ZERO, "a first write is demand-zero");
  let sum: u32 = 0;
  for (let i: u32 = 0; i < 100; i++) {
    store<u8>(BASE + 0x100 + i, <u8>i);
    sum += i;
  }
  for (let i: u32 = 0; i < 100; i++) sum -= load<u8>(BASE + 0x100 + i);
  check(sum == 0 && fault_seq == seq + 1, "what was written is there");
  check(load<u8>(BASE + 0x200) == 0, "the rest is zero");

  seq = fault_seq;
  check(load<u32>(BASE + PGSIZE) == 0, "a first read is zero");
  expect(seq, 0, FaultAction.ZERO_PAGE, "a first read maps the zero page");
  seq = fault_seq;
  store<u32>(BASE + PGSIZE, 7);
  expect(seq, 3, FaultAction.COW_COPY, "the write after it copies");
  check(load<u32>(BASE + PGSIZE) == 7 && load<u32>(BASE + PGSIZE + 4) == 0, "the copy is writable");

  check(do_mprotect(mm, BASE, PGSIZE, 0) == 0, "PROT_NONE");
  check(!(entry_of(mm, BASE) & PTE.P), "nothing is present then");
  check(do_mprotect(mm, BASE, PGSIZE, VM_READ | VM_WRITE) == 0, "and back");
  seq = fault_seq;
  check(load<u8>(BASE + 0x101) == 1 && fault_seq == seq, "the page is as it was");
  store<u8>(BASE + 0x101, 2);
  expect(seq, 3, FaultAction.COW_REUSE, "its sole owner may write to it again");
}

function check_fork(mm: mm_struct): void {
  store<u32>(BASE, 1111);
  const child = dup_mmap(mm)!;
  check(!(entry_of(mm, BASE) & PTE.W) && entry_of(child, BASE) >> 12 == entry_of(mm, BASE) >> 12, "fork shares");
  let seq = fault_seq;
  store<u32>(BASE, 2222);
  expect(seq, 3, FaultAction.COW_COPY, "the first writer copies");
  enter(child);
  check(load<u32>(BASE) == 1111, "the other side has the old page");
  seq = fault_seq;
  store<u32>(BASE, 3333);
  expect(seq, 3, FaultAction.COW_REUSE, "the last owner writes in place");
  enter(mm);
  check(load<u32>(BASE) == 2222, "each has its own now");
  mm_put(child);
}

/** MAP_SHARED anonymous memory is one and the same on both sides of a fork. */
function check_shared(mm: mm_struct): void {
  const at = BASE + 0x100000;
  do_mmap(mm, at, 2 * PGSIZE, VM_READ | VM_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, null, 0);
  const child = dup_mmap(mm)!;
  store<u32>(at, 42);
  enter(child);
  check(load<u32>(at) == 42, "a shared page is shared");
  store<u32>(at + PGSIZE, 43);
  enter(mm);
  check(load<u32>(at + PGSIZE) == 43, "both ways");
  mm_put(child);
}

export function check_pgfault(): void {
  const mm = mm_create()!;
  enter(mm);
  const at = do_mmap(mm, BASE, 4 * PGSIZE, VM_READ | VM_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, null, 0);
  check(at == BASE, "MAP_FIXED");
  check_anonymous(mm);
  check_fork(mm);
  check_shared(mm);
  const before = nr_free_pages();
  check(do_munmap(mm, BASE, 4 * PGSIZE) == 0 && nr_free_pages() > before, "munmap frees frames");
  enter(null);
  mm_put(mm);
}
