// The page fault: from the trap to the decision.
//
//   trap -> trap_dispatch -> pgfault_handler -> do_pgfault
//
// do_pgfault finds the range the address lies in, checks the rights, and gets the page by the way its range and page table
// entry demand. What it cannot resolve, pgfault_handler turns into a signal, an -EFAULT, or the report of a kernel bug.
import { invlpg, rcr2 } from "~lib/cpu";
import { filemap_fill, filemap_find } from "../fs/filemap";
import { inode } from "../fs/inode";
import { EACCES, EFAULT, EIO, ENOMEM } from "../lib/errno";
import { oops } from "../lib/panic";
import { pr_warn, printk } from "../lib/printk";
import { clear_page, copy_page, memset } from "../lib/string";
import { out_of_memory, segfault } from "../process/fault_signal";
import { current } from "../process/task";
import { from_user, TrapFrame } from "../trap/trapframe";
import { FaultAction, FaultClass, fault_begin, fault_record, NO_FRAME } from "./fault_record";
import { page_down, page_up, PGSIZE, STACK_GUARD_GAP, STACK_LIMIT, USER_LIMIT } from "./memlayout";
import { PF, PTE, pte_addr } from "./mmu";
import { pa2page, page2kva, page2pa, PG } from "./page";
import { get_pte } from "./paging";
import { alloc_page, page_get, page_put } from "./pmm";
import { describe_address } from "./describe";
import { search_exception_table } from "./uaccess";
import {
  find_vma,
  find_vma_from,
  mm_struct,
  VmaKind,
  vma_prev,
  vma_struct,
  VM_ACCESS,
  VM_GROWSDOWN,
  VM_SHARED,
  VM_WRITE,
  VM_ZERO_TAIL,
} from "./vma";
import { zero_page } from "./zero_page";

const PRESENT_USER: u32 = PTE.P | PTE.U;
const PRESENT_USER_WRITABLE: u32 = PTE.P | PTE.U | PTE.W;

/** uCore's line, for faults that nothing resolves. */
export function print_pgfault(error_code: u32, address: usize): void {
  // a fault of the kernel's own is a bug, and said whatever `quiet` asks for
  const say = error_code & PF.USER ? printk : pr_warn;
  say(
    "page fault at 0x%p: %c/%c [%s].\n",
    address,
    error_code & PF.USER ? 0x55 : 0x4b,
    error_code & PF.WRITE ? 0x57 : 0x52,
    error_code & PF.PROT ? "protection fault" : "no page found",
  );
}

export function pgfault_handler(tf: TrapFrame): void {
  const address = rcr2();
  const error_code = tf.err;
  const task = current;
  const record = fault_begin(tf.eip, address, error_code);
  const mm = task.mm;
  let result = -EFAULT;
  if (address >= USER_LIMIT) record.vma_kind = VmaKind.KERNEL;
  else if (mm && !(error_code & PF.RSVD)) result = do_pgfault(mm, error_code, address);
  if (result == 0) {
    if (record.class == FaultClass.MAJOR) task.maj_flt++;
    else task.min_flt++;
    return;
  }

  record.class = FaultClass.INVALID;
  if (mm) note_entry(mm, address, record);
  if (!from_user(tf)) {
    const fixup = search_exception_table(tf.eip);
    if (fixup) {
      record.action = FaultAction.FIXUP;
      tf.eip = fixup;
      return;
    }
    record.action = FaultAction.OOPS;
    print_pgfault(error_code, address);
    pr_warn("0x%p is %s\n", address, describe_address(address));
    oops(address < PGSIZE ? "null pointer" : "page fault", tf);
  }
  print_pgfault(error_code, address);
  if (result == -ENOMEM) {
    out_of_memory(tf);
    return;
  }
  record.action =
    result == -EACCES ? FaultAction.SIGSEGV_ACCERR : result == -EIO ? FaultAction.SIGBUS : FaultAction.SIGSEGV_MAPERR;
  segfault(tf, address, record.action);
}

/** What the page tables say of an address whose fault comes to nothing. */
function note_entry(mm: mm_struct, address: usize, record: fault_record): void {
  const pte = get_pte(mm.pgdir, address, false);
  if (!pte) return;
  record.pte_before = load<u32>(pte);
  record.pte_after = record.pte_before;
}

/**
 * Resolves a fault at `address` in `mm`. 0: done, the instruction can run again. -EFAULT: no range there. -EACCES: the range
 * does not allow it. -EIO: the file has no such page. -ENOMEM.
 */
export function do_pgfault(mm: mm_struct, error_code: u32, address: usize): i32 {
  const record = current.fault;
  let vma = find_vma(mm, address);
  let grown = false;
  if (!vma) {
    vma = expand_stack(mm, address);
    if (!vma) return -EFAULT;
    grown = true;
  }
  record.vma_start = vma.vm_start;
  record.vma_end = vma.vm_end;
  record.vma_flags = vma.vm_flags;
  record.vma_kind = vma.vm_kind;
  const write = (error_code & PF.WRITE) != 0;
  if (!(vma.vm_flags & (write ? VM_WRITE : VM_ACCESS))) return -EACCES;

  const pte = get_pte(mm.pgdir, address, true);
  if (!pte) return -ENOMEM;
  const entry = load<u32>(pte);
  record.pte_before = entry;
  let result: i32 = 0;
  if (entry & PTE.P) {
    if (write && !(entry & PTE.W)) result = do_wp_page(vma, pte, address, record);
    else record.action = FaultAction.SPURIOUS;
    // a read of a present page that may be read: the translation in the TLB was older than the entry
    invlpg(address);
  } else {
    const file = vma.vm_file;
    if (file) result = do_file_page(vma, file, pte, page_down(address), write, record);
    else result = do_anonymous_page(pte, write, record);
    if (grown && result == 0) record.action = FaultAction.STACK_GROW;
  }
  const after = load<u32>(pte);
  record.pte_after = after;
  record.frame = after & PTE.P ? after >> 12 : NO_FRAME;
  return result;
}

/** Memory that has never been touched: zeroes, shared by all readers until the first write. */
function do_anonymous_page(pte: usize, write: bool, record: fault_record): i32 {
  if (!write) {
    const zeroes = zero_page();
    page_get(zeroes);
    store<u32>(pte, page2pa(zeroes) | PRESENT_USER);
    record.action = FaultAction.ZERO_PAGE;
    return 0;
  }
  const page = alloc_page();
  if (!page) return -ENOMEM;
  clear_page(page2kva(page));
  store<u32>(pte, page2pa(page) | PRESENT_USER_WRITABLE);
  record.action = FaultAction.DEMAND_ZERO;
  return 0;
}

/** A write to a present read-only page of a range that may be written: copy-on-write, or shared memory read first. */
function do_wp_page(vma: vma_struct, pte: usize, address: usize, record: fault_record): i32 {
  const entry = load<u32>(pte);
  const old = pa2page(pte_addr(entry));
  if (vma.vm_flags & VM_SHARED || (old.count == 1 && !(old.flags & (PG.RESERVED | PG.CACHE)))) {
    store<u32>(pte, entry | PTE.W);
    record.action = FaultAction.COW_REUSE;
    return 0;
  }
  const page = alloc_page();
  if (!page) return -ENOMEM;
  if (old == zero_page()) clear_page(page2kva(page));
  else copy_page(page2kva(page), page2kva(old));
  store<u32>(pte, page2pa(page) | PRESENT_USER_WRITABLE);
  page_put(old);
  record.action = FaultAction.COW_COPY;
  return 0;
}

/** A page of a file. Readers and sharers get the page cache's frame, a private writer a copy at once. */
function do_file_page(vma: vma_struct, file: inode, pte: usize, la: usize, write: bool, record: fault_record): i32 {
  const offset = vma.vm_offset + (la - vma.vm_start);
  if (vma.vm_flags & VM_ZERO_TAIL && la + PGSIZE > vma.vm_file_end) {
    return do_file_tail(vma, file, pte, la, offset, record);
  }
  if (offset >= page_up(file.size)) return -EIO;
  const program = vma.vm_kind != VmaKind.MMAP;
  record.action = FaultAction.FILE_CACHED;
  let cached = filemap_find(file, offset >> 12);
  if (!cached) {
    cached = filemap_fill(file, offset >> 12);
    if (!cached) return -ENOMEM;
    record.action = !file.data ? FaultAction.DEMAND_ZERO : program ? FaultAction.ELF_LOAD : FaultAction.FILE_READ;
  }
  if (!write || vma.vm_flags & VM_SHARED) {
    page_get(cached);
    store<u32>(pte, page2pa(cached) | (write ? PRESENT_USER_WRITABLE : PRESENT_USER));
    return 0;
  }
  const page = alloc_page();
  if (!page) return -ENOMEM;
  copy_page(page2kva(page), page2kva(cached));
  store<u32>(pte, page2pa(page) | PRESENT_USER_WRITABLE);
  record.action = program ? FaultAction.ELF_LOAD : FaultAction.COW_COPY;
  return 0;
}

/** The page where a program's data ends and its bss begins: file up to vm_file_end, zeroes behind. Never shared. */
function do_file_tail(vma: vma_struct, file: inode, pte: usize, la: usize, offset: u32, record: fault_record): i32 {
  let cached = filemap_find(file, offset >> 12);
  if (!cached) cached = filemap_fill(file, offset >> 12);
  if (!cached) return -ENOMEM;
  const page = alloc_page();
  if (!page) return -ENOMEM;
  const kva = page2kva(page);
  const used = vma.vm_file_end - la;
  copy_page(kva, page2kva(cached));
  memset(kva + used, 0, PGSIZE - used);
  store<u32>(pte, page2pa(page) | (vma.vm_flags & VM_WRITE ? PRESENT_USER_WRITABLE : PRESENT_USER));
  record.action = FaultAction.ELF_LOAD;
  return 0;
}

/**
 * Extends the stack down to `address` if the first range above is a stack, the limit allows it, and the guard gap to the
 * range below stays. The range, or null.
 */
export function expand_stack(mm: mm_struct, address: usize): vma_struct | null {
  const vma = find_vma_from(mm, address);
  if (!vma || !(vma.vm_flags & VM_GROWSDOWN)) return null;
  const start = page_down(address);
  if (vma.vm_end - start > STACK_LIMIT) return null;
  const below = vma_prev(vma);
  if (below && start < below.vm_end + STACK_GUARD_GAP) return null;
  mm.total_vm += (vma.vm_start - start) >> 12;
  vma.vm_start = start;
  return vma;
}
