// The new program's stack while exec builds it: strings at the top, below them the vectors the System V ABI asks for. The
// kernel writes them into fresh pages, which later become the first pages of the stack.
import { cpu_features } from "../boot/cpu";
import { HZ } from "../drivers/pit8254";
import { inode } from "../fs/inode";
import { E2BIG, EFAULT } from "../lib/errno";
import { random_bytes } from "../lib/random";
import { memcpy, strlen } from "../lib/string";
import { PGSIZE, STACK_TOP } from "../mm/memlayout";
import { Page, page2kva } from "../mm/page";
import { alloc_zeroed_page } from "../mm/pmm";
import { copy_from_user, get_user, strnlen_user } from "../mm/uaccess";
import { mm_struct } from "../mm/vma";
import { elf_image } from "./elf";

/** Arguments, environment and auxiliary vector together. */
export const ARG_PAGES: u32 = 32;
/** Entries of the auxiliary vector, the closing AT_NULL included: as many as push_vectors writes. */
const AUX_ENTRIES: u32 = 18;
/** What is read of a file to find out how to run it. */
export const HEAD_SIZE: u32 = 128;

/** A program in the making (Linux's struct linux_binprm). */
@unmanaged
export class binprm {
  /** struct Page addresses of the stack's topmost pages; the last is the one below STACK_TOP. */
  @array(32) pages: Arr<usize>;
  /** Lowest address used so far. */
  p: usize;
  argc: u32;
  envc: u32;
  /** Strings come from kernel memory (init), not from the caller's. */
  from_kernel: bool;
  file: inode | null;
  /** Address of the file name on the new stack. */
  execfn: usize;
  @array(128) head: Arr<u8>;
  @embed image: elf_image;
  entry: usize;
  interp_base: usize;
}

/** Kernel address of a byte of the new stack; 0 when out of room or memory. */
function stack_byte(bprm: binprm, address: usize): usize {
  const below = (STACK_TOP - 1 - address) >> 12;
  if (below >= ARG_PAGES) return 0;
  const index = ARG_PAGES - 1 - below;
  let page = bprm.pages[index];
  if (!page) {
    const fresh = alloc_zeroed_page();
    if (!fresh) return 0;
    page = addr(fresh);
    bprm.pages[index] = page;
  }
  return page2kva(changetype<Page>(page)) + (address & (PGSIZE - 1));
}

/** Puts `n` bytes below what is there already. 0, -E2BIG, -EFAULT. */
function push_bytes(bprm: binprm, from: usize, n: u32, from_kernel: bool): i32 {
  if (n > bprm.p - (STACK_TOP - ARG_PAGES * PGSIZE)) return -E2BIG;
  bprm.p -= n;
  let to = bprm.p;
  while (n) {
    const chunk = min<u32>(n, PGSIZE - (to & (PGSIZE - 1)));
    const kva = stack_byte(bprm, to);
    if (!kva) return -E2BIG;
    if (from_kernel) memcpy(kva, from, chunk);
    else if (copy_from_user(kva, from, chunk) < 0) return -EFAULT;
    to += chunk;
    from += chunk;
    n -= chunk;
  }
  return 0;
}

export function push_string(bprm: binprm, s: usize, from_kernel: bool): i32 {
  const limit = ARG_PAGES * PGSIZE;
  const n = from_kernel ? <i32>strlen(s) : strnlen_user(s, limit);
  if (n < 0) return n;
  if (<u32>n >= limit) return -E2BIG;
  return push_bytes(bprm, s, <u32>n + 1, from_kernel);
}

/** Entry `i` of argv or envp at `to`. */
function vector_entry(bprm: binprm, vector: usize, i: u32, to: usize): i32 {
  if (!bprm.from_kernel) return get_user(to, vector + (i << 2));
  store<u32>(to, load<u32>(vector + (i << 2)));
  return 0;
}

/** Length of argv or envp, or -errno. A null vector is an empty one. */
export function count_vector(bprm: binprm, vector: usize): i32 {
  if (!vector) return 0;
  const word = alloca(4);
  for (let i: u32 = 0; i < 0x8000; i++) {
    if (vector_entry(bprm, vector, i, word) < 0) return -EFAULT;
    if (!load<u32>(word)) return <i32>i;
  }
  return -E2BIG;
}

/** Pushes strings `first`.. of the vector, last first, so that they lie in order. */
export function push_vector(bprm: binprm, vector: usize, first: u32, count: u32): i32 {
  const word = alloca(4);
  for (let i = count; i > first; i--) {
    if (vector_entry(bprm, vector, i - 1, word) < 0) return -EFAULT;
    const error = push_string(bprm, load<u32>(word), bprm.from_kernel);
    if (error < 0) return error;
  }
  return 0;
}

// --- the words below the strings

function push_word(bprm: binprm, value: u32): bool {
  bprm.p -= 4;
  const kva = bprm.p > STACK_TOP - ARG_PAGES * PGSIZE ? stack_byte(bprm, bprm.p) : 0;
  if (!kva) return false;
  store<u32>(kva, value);
  return true;
}

function push_aux(bprm: binprm, type: u32, value: u32): bool {
  return push_word(bprm, value) && push_word(bprm, type);
}

/** Address behind the NUL of the string at `address` on the new stack. */
function skip_string(bprm: binprm, address: usize): usize {
  while (load<u8>(stack_byte(bprm, address))) address++;
  return address + 1;
}

/** Stores pointers to `count` consecutive strings from `address` on, and a null behind; where the strings end. */
function store_pointers(bprm: binprm, to: usize, count: u32, address: usize): usize {
  for (let i: u32 = 0; i < count; i++) {
    store<u32>(stack_byte(bprm, to), address);
    to += 4;
    address = skip_string(bprm, address);
  }
  store<u32>(stack_byte(bprm, to), 0);
  return address;
}

/** argc, argv, envp and the auxiliary vector, as the System V ABI for i386 lays them out (figure 3-31). */
export function push_vectors(bprm: binprm, mm: mm_struct): bool {
  const image = bprm.image;
  mm.arg_start = bprm.p;
  const random = alloca(16);
  random_bytes(random, 16);
  if (push_string(bprm, addr("i686"), true) < 0) return false;
  const platform = bprm.p;
  if (push_bytes(bprm, random, 16, true) < 0) return false;
  const random_at = bprm.p;
  const words = 1 + bprm.argc + 1 + bprm.envc + 1 + 2 * AUX_ENTRIES;
  bprm.p = ((bprm.p & ~15) - words * 4) & ~15; // ESP is 16-byte aligned at the entry point
  const sp = bprm.p;
  bprm.p += words * 4;
  const ok =
    push_aux(bprm, 0, 0) &&
    push_aux(bprm, 31, bprm.execfn) && // AT_EXECFN
    push_aux(bprm, 25, random_at) && // AT_RANDOM
    push_aux(bprm, 23, 0) && // AT_SECURE
    push_aux(bprm, 17, HZ) && // AT_CLKTCK
    push_aux(bprm, 16, cpu_features()) && // AT_HWCAP
    push_aux(bprm, 15, platform) && // AT_PLATFORM
    push_aux(bprm, 14, 0) && // AT_EGID
    push_aux(bprm, 13, 0) && // AT_GID
    push_aux(bprm, 12, 0) && // AT_EUID
    push_aux(bprm, 11, 0) && // AT_UID
    push_aux(bprm, 9, image.entry) && // AT_ENTRY
    push_aux(bprm, 8, 0) && // AT_FLAGS
    push_aux(bprm, 7, bprm.interp_base) && // AT_BASE
    push_aux(bprm, 6, PGSIZE) && // AT_PAGESZ
    push_aux(bprm, 5, image.phnum) && // AT_PHNUM
    push_aux(bprm, 4, 32) && // AT_PHENT
    push_aux(bprm, 3, image.phdr); // AT_PHDR
  if (!ok) return false;
  bprm.p = sp;
  if (!stack_byte(bprm, sp)) return false;
  store<u32>(stack_byte(bprm, sp), bprm.argc);
  const argv = sp + 4;
  for (let a = sp; a < sp + words * 4; a += PGSIZE) if (!stack_byte(bprm, a)) return false;
  mm.env_start = store_pointers(bprm, argv, bprm.argc, mm.arg_start);
  mm.arg_end = mm.env_start;
  mm.env_end = store_pointers(bprm, argv + (bprm.argc + 1) * 4, bprm.envc, mm.env_start);
  mm.start_stack = sp;
  return true;
}
