// execve: a new program in the same process.
//
// The new address space is built completely before the old one goes, so that a failure leaves the caller as it was.
import { load_tls, Selector } from "../boot/gdt";
import { fd_close_on_exec } from "../fs/file";
import { inode, inode_get, inode_put, is_regular } from "../fs/inode";
import { lookup_path } from "../fs/namei";
import { inode_read } from "../fs/read";
import { E2BIG, EACCES, ENOEXEC, ENOMEM, is_error } from "../lib/errno";
import { memset, strlcpy } from "../lib/string";
import { kfree, kmalloc, kzalloc } from "../mm/kmalloc";
import { LOAD_BIAS, MMAP_TOP, page_down, page_up, PGSIZE, STACK_TOP } from "../mm/memlayout";
import { mm_create, mm_put, mm_switch } from "../mm/mm";
import { PTE } from "../mm/mmu";
import { Page } from "../mm/page";
import { page_insert } from "../mm/paging";
import { page_put } from "../mm/pmm";
import { insert_vma_struct, mm_struct, vma_create, VmaKind, VM_GROWSDOWN, VM_READ, VM_WRITE } from "../mm/vma";
import { TrapFrame } from "../trap/trapframe";
import { ARG_PAGES, binprm, count_vector, HEAD_SIZE, push_string, push_vector, push_vectors } from "./binprm";
import { elf_image, load_elf } from "./elf";
import { exit_mm } from "./exit";
import { fpu_drop } from "./fpu";
import { NSIG, SIG_DFL, SIG_IGN } from "./sigaction";
import { current, user_frame } from "./task";

const MAX_SCRIPTS: u32 = 4;

/** Finds the file at `path` (kernel memory) and reads its head. */
function open_program(bprm: binprm, path: usize): i32 {
  const old = bprm.file;
  bprm.file = null;
  if (old) inode_put(old);
  const found = lookup_path(path, true);
  if (is_error(found)) return <i32>found;
  const file = changetype<inode>(found);
  bprm.file = file;
  if (!is_regular(file) || !(file.mode & 0o111)) return -EACCES;
  memset(addr(bprm.head), 0, HEAD_SIZE);
  const n = inode_read(file, 0, addr(bprm.head), HEAD_SIZE - 1);
  return n < 0 ? n : 0;
}

/**
 * `#!interpreter [argument]`: pushes the script's name, the argument and the interpreter's name, and opens the interpreter,
 * whose path is at the returned address. 0: not a script. Or -errno.
 */
function follow_script(bprm: binprm, path: usize): i32 {
  const head = bprm.head;
  if (head[0] != 0x23 || head[1] != 0x21) return 0;
  const start = addr(head) + 2;
  let end = start;
  while (load<u8>(end) && load<u8>(end) != 0x0a) end++;
  if (!load<u8>(end)) return -ENOEXEC; // longer than we look at
  while (end > start && (load<u8>(end - 1) == 0x20 || load<u8>(end - 1) == 0x09)) end--;
  store<u8>(end, 0);
  let name = start;
  while (load<u8>(name) == 0x20 || load<u8>(name) == 0x09) name++;
  if (name == end) return -ENOEXEC;
  let argument = name;
  while (argument < end && load<u8>(argument) != 0x20 && load<u8>(argument) != 0x09) argument++;
  if (argument < end) {
    store<u8>(argument++, 0);
    while (load<u8>(argument) == 0x20 || load<u8>(argument) == 0x09) argument++;
  }
  let error = push_string(bprm, path, true);
  if (error < 0) return error;
  bprm.argc++;
  if (argument < end) {
    error = push_string(bprm, argument, true);
    if (error < 0) return error;
    bprm.argc++;
  }
  error = push_string(bprm, name, true);
  if (error < 0) return error;
  bprm.argc++;
  return <i32>(name - addr(head));
}

/** Opens the program and pushes all strings: file name, environment, arguments. */
function prepare_strings(bprm: binprm, path: usize, argv: usize, envp: usize): i32 {
  let error = open_program(bprm, path);
  if (error < 0) return error;
  const argc = count_vector(bprm, argv);
  if (argc < 0) return argc;
  const envc = count_vector(bprm, envp);
  if (envc < 0) return envc;
  bprm.envc = <u32>envc;
  bprm.p = STACK_TOP - 4; // the last word stays zero, as in Linux
  error = push_string(bprm, path, true);
  if (error < 0) return error;
  bprm.execfn = bprm.p;
  error = push_vector(bprm, envp, 0, bprm.envc);
  if (error < 0) return error;
  const script = bprm.head[0] == 0x23 && bprm.head[1] == 0x21;
  // a script's argv[0] gives way to its path, and a program must have an argv[0]
  error = push_vector(bprm, argv, script && argc ? 1 : 0, <u32>argc);
  if (error < 0) return error;
  bprm.argc = script && argc ? <u32>argc - 1 : <u32>argc;
  let name = path;
  const buffer = kmalloc(HEAD_SIZE);
  if (!buffer) return -ENOMEM;
  for (let depth: u32 = 0; ; depth++) {
    const at = follow_script(bprm, name);
    error = at;
    if (at <= 0) break;
    if (depth == MAX_SCRIPTS) {
      error = -ENOEXEC;
      break;
    }
    strlcpy(buffer, addr(bprm.head) + <u32>at, HEAD_SIZE);
    name = buffer;
    error = open_program(bprm, name);
    if (error < 0) break;
  }
  kfree(buffer);
  if (error < 0) return error;
  if (!bprm.argc) {
    error = push_string(bprm, path, true);
    bprm.argc = 1;
  }
  return error;
}

/** The stack range, with the pages written so far. */
function map_stack(bprm: binprm, mm: mm_struct): bool {
  const vma = vma_create(page_down(bprm.p), STACK_TOP, VM_READ | VM_WRITE | VM_GROWSDOWN);
  if (!vma) return false;
  vma.vm_kind = VmaKind.STACK;
  insert_vma_struct(mm, vma);
  for (let i: u32 = 0; i < ARG_PAGES; i++) {
    const page = bprm.pages[i];
    const address = STACK_TOP - (ARG_PAGES - i) * PGSIZE;
    if (!page || address < vma.vm_start) continue;
    if (!page_insert(mm.pgdir, changetype<Page>(page), address, PTE.U | PTE.W)) return false;
  }
  return true;
}

/** The program and, if it wants one, its interpreter (the dynamic linker). */
function load_images(bprm: binprm, mm: mm_struct): i32 {
  const file = bprm.file!;
  const image = bprm.image;
  let error = load_elf(mm, file, LOAD_BIAS, image);
  if (error < 0) return error;
  bprm.entry = image.entry;
  mm.start_code = image.start_code;
  mm.end_code = image.end_code;
  mm.start_data = image.start_data;
  mm.end_data = image.end_data;
  mm.start_brk = page_up(image.end);
  mm.brk = mm.start_brk;
  inode_get(file);
  mm.executable = file;
  if (!image.interp_size) return 0;
  const size = image.interp_size;
  if (size >= HEAD_SIZE) return -ENOEXEC;
  const path = addr(bprm.head);
  if (inode_read(file, image.interp_offset, path, size) != <i32>size) return -ENOEXEC;
  store<u8>(path + size, 0);
  const found = lookup_path(path, true);
  if (is_error(found)) return <i32>found;
  const interp = changetype<inode>(found);
  const other = changetype<elf_image>(alloca(44));
  bprm.interp_base = MMAP_TOP - 0x400000;
  error = load_elf(mm, interp, bprm.interp_base, other);
  bprm.entry = other.entry;
  inode_put(interp);
  return error;
}

/** What the program finds: zeroed registers, its entry point, its stack. */
function start_frame(tf: TrapFrame, entry: usize, esp: usize): void {
  memset(addr(tf), 0, offsetof<TrapFrame>());
  tf.ds = Selector.USER_DATA;
  tf.es = Selector.USER_DATA;
  tf.cs = Selector.USER_CODE;
  tf.ss = Selector.USER_DATA;
  tf.eip = entry;
  tf.esp = esp;
  tf.eflags = 0x202; // IF
}

/** Everything of the old program that does not survive. */
function forget_old_program(path: usize): void {
  const task = current;
  exit_mm(task);
  fpu_drop(task);
  task.uses_tls = true; // the descriptors in the GDT are the old program's: load the empty ones
  for (let i: u32 = 0; i < 3; i++) task.tls[i] = 0;
  for (let i: u32 = 0; i < NSIG; i++) {
    const action = task.sighand.action[i];
    if (action.handler != SIG_IGN) action.handler = SIG_DFL;
    action.flags = 0;
  }
  task.altstack = 0;
  task.altstack_size = 0;
  task.clear_child_tid = 0;
  task.set_child_tid = 0;
  fd_close_on_exec(task.files);
  let name = path;
  for (let p = path; load<u8>(p); p++) if (load<u8>(p) == 0x2f && load<u8>(p + 1)) name = p + 1;
  memset(addr(task.comm), 0, 16);
  strlcpy(addr(task.comm), name, 16);
}

function build(bprm: binprm, path: usize, argv: usize, envp: usize): i32 {
  let error = prepare_strings(bprm, path, argv, envp);
  if (error < 0) return error;
  const mm = mm_create();
  if (!mm) return -ENOMEM;
  error = load_images(bprm, mm);
  if (error == 0 && !push_vectors(bprm, mm)) error = -E2BIG;
  if (error == 0 && !map_stack(bprm, mm)) error = -ENOMEM;
  if (error < 0) {
    mm_put(mm);
    return error;
  }
  forget_old_program(path);
  current.mm = mm;
  mm_switch(mm);
  load_tls(current.tls);
  start_frame(user_frame(current), bprm.entry, bprm.p);
  return 0;
}

/**
 * Runs the program at `path` (kernel memory) in the current task. `argv` and `envp` are NULL-terminated vectors, of the
 * caller's memory or, with `from_kernel`, the kernel's. 0: the way back to user mode leads into the program. Or -errno.
 */
export function do_execve(path: usize, argv: usize, envp: usize, from_kernel: bool): i32 {
  const bprm = changetype<binprm | null>(kzalloc(offsetof<binprm>()));
  if (!bprm) return -ENOMEM;
  bprm.from_kernel = from_kernel;
  const error = build(bprm, path, argv, envp);
  for (let i: u32 = 0; i < ARG_PAGES; i++) {
    const page = bprm.pages[i];
    if (page) page_put(changetype<Page>(page)); // what is mapped has a reference of its own by now
  }
  const file = bprm.file;
  if (file) inode_put(file);
  kfree(addr(bprm));
  return error;
}
