// What the boot loader says (Multiboot 1, section 3.3), copied to our own memory before anything can overwrite it:
// the structure and all it points to lie wherever the loader liked.
import { strlcpy } from "../lib/string";
import { kaddr } from "../mm/memlayout";
import { panic } from "../lib/panic";

const BOOTLOADER_MAGIC: u32 = 0x2badb002;
const INFO_MEMORY: u32 = 1;
const INFO_COMMAND_LINE: u32 = 4;
const INFO_MODULES: u32 = 8;
const INFO_MEMORY_MAP: u32 = 0x40;

/** What the trampoline maps: everything the loader left for us must lie below. */
const MAPPED_AT_BOOT: usize = 0x800000;

@unmanaged
class multiboot_info {
  flags: u32;
  mem_lower: u32;
  mem_upper: u32;
  boot_device: u32;
  cmdline: u32;
  mods_count: u32;
  mods_addr: u32;
  @array(4) syms: Arr<u32>;
  mmap_length: u32;
  mmap_addr: u32;
}

@unmanaged
class multiboot_mod {
  mod_start: u32;
  mod_end: u32;
  string: u32;
  reserved: u32;
}

/** `size` does not count itself: the next entry is at this + size + 4. */
@unmanaged
class multiboot_mmap_entry {
  size: u32;
  base_low: u32;
  base_high: u32;
  length_low: u32;
  length_high: u32;
  type: u32;
}

/** A range of usable physical memory below 4 GiB. */
@unmanaged
export class memory_range {
  start: usize;
  end: usize;
}

@unmanaged
export class boot_module {
  /** Physical. */
  start: usize;
  end: usize;
}

const MAX_RANGES: u32 = 32;
const MAX_MODULES: u32 = 16;
const COMMAND_LINE_SIZE: u32 = 4096;

const ranges = changetype<StructArr<memory_range>>(memory.data(32 * 8, 16));
const modules = changetype<StructArr<boot_module>>(memory.data(16 * 8, 16));
const command_line = memory.data(4096, 16);
let nr_ranges: u32 = 0;
let nr_modules: u32 = 0;

function mapped(physical: u32, size: u32): usize {
  if (physical > MAPPED_AT_BOOT || size > MAPPED_AT_BOOT - physical) {
    panic("multiboot: the loader left its information at %p, out of reach", physical);
  }
  return kaddr(physical);
}

function add_range(start: usize, end: usize): void {
  if (nr_ranges == MAX_RANGES || start >= end) return;
  ranges[nr_ranges].start = start;
  ranges[nr_ranges].end = end;
  nr_ranges++;
}

function copy_memory_map(info: multiboot_info): void {
  if (!(info.flags & INFO_MEMORY_MAP)) {
    // only the two sizes of the BIOS's conventional answer, in KiB
    if (!(info.flags & INFO_MEMORY)) panic("multiboot: the loader does not say how much memory there is");
    add_range(0, info.mem_lower << 10);
    add_range(0x100000, 0x100000 + (info.mem_upper << 10));
    return;
  }
  let at = mapped(info.mmap_addr, info.mmap_length);
  const end = at + info.mmap_length;
  while (at < end) {
    const entry = changetype<multiboot_mmap_entry>(at);
    at += entry.size + 4;
    if (entry.type != 1 || entry.base_high) continue;
    let limit = entry.base_low + entry.length_low;
    if (entry.length_high || limit < entry.base_low) limit = 0xfffff000;
    add_range(entry.base_low, limit);
  }
}

export function multiboot_init(magic: u32, physical: usize): void {
  if (magic != BOOTLOADER_MAGIC) panic("not started by a multiboot loader (EAX was %p)", magic);
  const info = changetype<multiboot_info>(mapped(physical, offsetof<multiboot_info>()));
  if (info.flags & INFO_COMMAND_LINE && info.cmdline) {
    strlcpy(command_line, mapped(info.cmdline, 1), COMMAND_LINE_SIZE);
  }
  copy_memory_map(info);
  if (info.flags & INFO_MODULES) {
    const list = changetype<StructArr<multiboot_mod>>(mapped(info.mods_addr, info.mods_count * 16));
    for (let i: u32 = 0; i < info.mods_count && i < MAX_MODULES; i++) {
      modules[i].start = list[i].mod_start;
      modules[i].end = list[i].mod_end;
      nr_modules++;
    }
  }
}

export function boot_command_line(): usize {
  return command_line;
}
export function boot_ranges(): u32 {
  return nr_ranges;
}
export function boot_range(i: u32): memory_range {
  return ranges[i];
}
export function boot_modules(): u32 {
  return nr_modules;
}
export function get_boot_module(i: u32): boot_module {
  return modules[i];
}
