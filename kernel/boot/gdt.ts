// Segments: flat code and data for kernel and user, the TSS that holds the kernel stack, three entries for thread-local
// storage (where Linux has them: 6, 7, 8), and a second TSS for double faults.
import { lgdt, ltr } from "~lib/cpu";

export const enum Selector {
  KERNEL_CODE = 0x08,
  KERNEL_DATA = 0x10,
  USER_CODE = 0x1b,
  USER_DATA = 0x23,
  TSS = 0x28,
  TLS_FIRST = 6,
  TLS_COUNT = 3,
  DOUBLE_FAULT_TSS = 0x48,
}

/** 32-bit task state segment (SDM vol. 3, 8.2.1). The kernel switches stacks itself: only esp0/ss0 are live. */
@unmanaged
export class taskstate {
  link: u32;
  esp0: u32;
  ss0: u32;
  esp1: u32;
  ss1: u32;
  esp2: u32;
  ss2: u32;
  cr3: u32;
  eip: u32;
  eflags: u32;
  eax: u32;
  ecx: u32;
  edx: u32;
  ebx: u32;
  esp: u32;
  ebp: u32;
  esi: u32;
  edi: u32;
  es: u32;
  cs: u32;
  ss: u32;
  ds: u32;
  fs: u32;
  gs: u32;
  ldt: u32;
  trap: u16;
  iomap_base: u16;
}

const gdt = changetype<Arr<u64>>(memory.data(10 * 8, 16));
export const tss = changetype<taskstate>(memory.data(104, 16));
export const double_fault_tss = changetype<taskstate>(memory.data(104, 16));
const double_fault_stack = memory.data(4096, 16);

/** Loads CS and the data segment registers with the kernel's selectors (trap/entry code). */
declare function reload_segments(): void;
declare const double_fault: usize;

/** Type 9 = available 32-bit TSS, DPL 0, byte granular. */
function tss_descriptor(base: usize): u64 {
  const low: u64 = ((<u64>(base & 0xffffff)) << 16) | ((<u64>(base >> 24)) << 56);
  return low | ((<u64>0x89) << 40) | 103;
}

export function gdt_init(boot_pgdir_physical: usize): void {
  gdt[1] = 0x00cf9a000000ffff;
  gdt[2] = 0x00cf92000000ffff;
  gdt[3] = 0x00cffa000000ffff;
  gdt[4] = 0x00cff2000000ffff;
  gdt[5] = tss_descriptor(addr(tss));
  gdt[9] = tss_descriptor(addr(double_fault_tss));
  const pointer = alloca(8);
  store<u16>(pointer, 10 * 8 - 1);
  store<u32>(pointer, addr(gdt), 2);
  lgdt(pointer);
  reload_segments();
  tss.ss0 = Selector.KERNEL_DATA;
  tss.iomap_base = 104; // beyond the limit: no port is open to user programs
  ltr(Selector.TSS);

  // When the kernel stack itself is bad no trap frame can be pushed on it, so the double fault arrives by a task switch
  double_fault_tss.eip = double_fault;
  double_fault_tss.cr3 = boot_pgdir_physical;
  double_fault_tss.esp = double_fault_stack + 4096;
  double_fault_tss.eflags = 2;
  double_fault_tss.cs = Selector.KERNEL_CODE;
  double_fault_tss.ss = Selector.KERNEL_DATA;
  double_fault_tss.ds = Selector.KERNEL_DATA;
  double_fault_tss.es = Selector.KERNEL_DATA;
  double_fault_tss.fs = 0;
  double_fault_tss.gs = 0;
  double_fault_tss.iomap_base = 104;
}

/** Where the processor puts ESP when a user program traps. */
export function set_kernel_stack(top: usize): void {
  tss.esp0 = top;
}

/** Replaces the thread-local storage descriptors: `entries` are three u64. */
export function load_tls(entries: Arr<u64>): void {
  gdt[6] = entries[0];
  gdt[7] = entries[1];
  gdt[8] = entries[2];
}
