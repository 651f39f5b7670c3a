// What the kernel did about each page fault, for /proc/faults and for the debugger, which finds the ring, the fields and
// the names of the enumerators in the debug information.
import { current } from "../process/task";

export const enum FaultClass {
  /** Only tables or a fresh frame; no disk. */
  MINOR = 0,
  /** The frame's content came from disk. */
  MAJOR = 1,
  INVALID = 2,
}

export const enum FaultAction {
  /** Not decided yet. */
  NONE,
  DEMAND_ZERO,
  /** First read of anonymous memory: the shared page of zeroes. */
  ZERO_PAGE,
  FILE_READ,
  /** The page of the file was in memory already. */
  FILE_CACHED,
  COW_COPY,
  /** Copy-on-write with nobody left to share with: made writable in place. */
  COW_REUSE,
  SWAP_IN,
  STACK_GROW,
  /** The entry was right already. */
  SPURIOUS,
  SIGSEGV_MAPERR,
  SIGSEGV_ACCERR,
  SIGBUS,
  /** A bad user pointer in a system call: -EFAULT by the exception table. */
  FIXUP,
  OOPS,
  /** A page of a program, filled from its file. */
  ELF_LOAD,
}

export const NO_FRAME: u32 = 0xffffffff;

@unmanaged
export class fault_record {
  /** Number of the fault, from 0. */
  sequence: u32;
  pid: u32;
  eip: u32;
  cr2: u32;
  error_code: u32;
  vma_start: u32;
  vma_end: u32;
  vma_flags: u32;
  vma_kind: u32;
  class: u32;
  action: u32;
  /** Physical frame number that answers the fault; NO_FRAME if none does. */
  frame: u32;
  pte_before: u32;
  pte_after: u32;
  /** Disk sectors read. */
  sectors: u32;
  /** First 8 bytes of the process name. */
  @array(8) comm: Arr<u8>;
}

export const FAULT_RING_SIZE: u32 = 1024; // a power of two

export const fault_ring = changetype<StructArr<fault_record>>(memory.data(1024 * 68, 16));
/** Faults so far. Record n is in fault_ring[n % FAULT_RING_SIZE] until n + FAULT_RING_SIZE faults have happened. */
export let fault_seq: u32 = 0;

/** Opens the record of a new fault. It is complete when pgfault_handler returns. */
export function fault_begin(eip: u32, cr2: usize, error_code: u32): fault_record {
  const sequence = fault_seq++;
  const record = fault_ring[sequence & (FAULT_RING_SIZE - 1)];
  const task = current;
  record.sequence = sequence;
  record.pid = task.pid;
  record.eip = eip;
  record.cr2 = cr2;
  record.error_code = error_code;
  record.vma_start = 0;
  record.vma_end = 0;
  record.vma_flags = 0;
  record.vma_kind = 0;
  record.class = FaultClass.MINOR;
  record.action = FaultAction.NONE;
  record.frame = NO_FRAME;
  record.pte_before = 0;
  record.pte_after = 0;
  record.sectors = 0;
  const comm = addr(task.comm);
  const copy = addr(record.comm);
  store<u32>(copy, load<u32>(comm));
  store<u32>(copy, load<u32>(comm, 4), 4);
  task.fault = record;
  return record;
}
