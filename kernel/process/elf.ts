// ELF32 programs: checked, and laid out as memory ranges. Nothing is read yet; pages come by faults.
import { find_vma_overlap } from "../mm/mmap";
import { inode, inode_get, is_regular } from "../fs/inode";
import { inode_read } from "../fs/read";
import { ENOEXEC, ENOMEM } from "../lib/errno";
import { MMAP_MIN, page_down, page_up, PGSIZE, USER_LIMIT } from "../mm/memlayout";
import { insert_vma_struct, mm_struct, vma_create, VmaKind, VM_EXEC, VM_READ, VM_WRITE, VM_ZERO_TAIL } from "../mm/vma";

export const MAX_PHDRS: u32 = 32;

@unmanaged
export class elf_header {
  @array(16) ident: Arr<u8>;
  type: u16;
  machine: u16;
  version: u32;
  entry: u32;
  phoff: u32;
  shoff: u32;
  flags: u32;
  ehsize: u16;
  phentsize: u16;
  phnum: u16;
  shentsize: u16;
  shnum: u16;
  shstrndx: u16;
}

@unmanaged
export class program_header {
  type: u32;
  offset: u32;
  vaddr: u32;
  paddr: u32;
  filesz: u32;
  memsz: u32;
  flags: u32;
  align: u32;
}

const ET_EXEC: u16 = 2;
const ET_DYN: u16 = 3;
const EM_386: u16 = 3;
const PT_LOAD: u32 = 1;
const PT_INTERP: u32 = 3;
const PT_PHDR: u32 = 6;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const PF_R: u32 = 4;

/** What exec needs to know of a loaded image. */
@unmanaged
export class elf_image {
  /** What was added to the file's addresses. */
  bias: usize;
  entry: usize;
  /** Address of the program headers in memory. */
  phdr: usize;
  phnum: u32;
  /** First address behind everything: where the heap can begin. */
  end: usize;
  start_code: usize;
  end_code: usize;
  start_data: usize;
  end_data: usize;
  /** File offset and length of the interpreter's path; 0 length: none wanted. */
  interp_offset: u32;
  interp_size: u32;
}

function is_elf386(header: elf_header): bool {
  return (
    load<u32>(addr(header.ident)) == 0x464c457f &&
    header.ident[4] == 1 && // 32-bit
    header.ident[5] == 1 && // little-endian
    header.machine == EM_386 &&
    (header.type == ET_EXEC || header.type == ET_DYN) &&
    header.phentsize == offsetof<program_header>() &&
    header.phnum > 0 &&
    <u32>header.phnum <= MAX_PHDRS
  );
}

function segment_ok(segment: program_header, bias: usize, file_size: u32): bool {
  const start = segment.vaddr + bias;
  return (
    segment.filesz <= segment.memsz &&
    segment.offset <= file_size &&
    segment.filesz <= file_size - segment.offset &&
    start >= MMAP_MIN &&
    start < USER_LIMIT &&
    segment.memsz <= USER_LIMIT - PGSIZE - start &&
    (!segment.filesz || !((start - segment.offset) & (PGSIZE - 1)))
  );
}

function vm_flags_of(segment: program_header): u32 {
  return (
    (segment.flags & PF_R ? VM_READ : 0) | (segment.flags & PF_W ? VM_WRITE : 0) | (segment.flags & PF_X ? VM_EXEC : 0)
  );
}

/** The file's part of a segment, then the zeroed part that begins on a page of its own. */
function map_segment(mm: mm_struct, file: inode, segment: program_header, start: usize): i32 {
  const flags = vm_flags_of(segment);
  const file_end = start + segment.filesz;
  const end = page_up(start + segment.memsz);
  let zero_start = page_down(start);
  if (segment.filesz) {
    zero_start = page_up(file_end);
    if (find_vma_overlap(mm, page_down(start), zero_start)) return -ENOEXEC;
    const vma = vma_create(page_down(start), zero_start, flags);
    if (!vma) return -ENOMEM;
    vma.vm_kind = flags & VM_EXEC ? VmaKind.TEXT : VmaKind.DATA;
    inode_get(file);
    vma.vm_file = file;
    vma.vm_offset = page_down(segment.offset);
    vma.vm_file_end = file_end;
    // behind the file's bytes a page has the next part of the file; where memory goes on beyond them it must be zero
    if (segment.memsz > segment.filesz) vma.vm_flags |= VM_ZERO_TAIL;
    insert_vma_struct(mm, vma);
  }
  if (zero_start < end) {
    if (find_vma_overlap(mm, zero_start, end)) return -ENOEXEC;
    const vma = vma_create(zero_start, end, flags);
    if (!vma) return -ENOMEM;
    vma.vm_kind = VmaKind.BSS;
    insert_vma_struct(mm, vma);
  }
  return 0;
}

/**
 * Lays the program out in `mm`. Position-independent ones go to `bias_for_dyn`. 0, or -ENOEXEC for what is no i386
 * program, is cut short, or overlaps itself.
 */
export function load_elf(mm: mm_struct, file: inode, bias_for_dyn: usize, image: elf_image): i32 {
  const header = changetype<elf_header>(alloca(52));
  if (!is_regular(file) || inode_read(file, 0, addr(header), 52) != 52 || !is_elf386(header)) return -ENOEXEC;
  const table = changetype<StructArr<program_header>>(alloca(1024));
  const table_size = <u32>header.phnum * offsetof<program_header>();
  if (inode_read(file, header.phoff, addr(table), table_size) != <i32>table_size) return -ENOEXEC;
  const bias = header.type == ET_DYN ? bias_for_dyn : 0;
  image.bias = bias;
  image.entry = header.entry + bias;
  image.phdr = 0;
  image.phnum = header.phnum;
  image.end = 0;
  image.start_code = 0;
  image.end_code = 0;
  image.start_data = 0;
  image.end_data = 0;
  image.interp_size = 0;
  let loadable = false;
  for (let i: u32 = 0; i < image.phnum; i++) {
    const segment = table[i];
    if (segment.type == PT_INTERP) {
      image.interp_offset = segment.offset;
      image.interp_size = segment.filesz;
    }
    if (segment.type == PT_PHDR) image.phdr = segment.vaddr + bias;
    if (segment.type != PT_LOAD || !segment.memsz) continue;
    if (!segment_ok(segment, bias, file.size)) return -ENOEXEC;
    const start = segment.vaddr + bias;
    const error = map_segment(mm, file, segment, start);
    if (error < 0) return error;
    loadable = true;
    note_segment(image, segment, start, header.phoff);
  }
  return loadable && image.entry < USER_LIMIT ? 0 : -ENOEXEC;
}

function note_segment(image: elf_image, segment: program_header, start: usize, phoff: u32): void {
  const end = start + segment.memsz;
  if (end > image.end) image.end = end;
  if (segment.flags & PF_X) {
    if (!image.start_code) image.start_code = start;
    image.end_code = start + segment.filesz;
  } else if (segment.flags & PF_W) {
    if (!image.start_data) image.start_data = start;
    image.end_data = start + segment.filesz;
  }
  // the program headers are in memory where the segment that contains their place in the file is
  if (!image.phdr && segment.offset <= phoff && phoff < segment.offset + segment.filesz) {
    image.phdr = start + (phoff - segment.offset);
  }
}
