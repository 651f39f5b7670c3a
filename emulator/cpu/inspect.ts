/** What the debugger sees of the processor: plain data, read without any effect on the run. */

export interface SegmentView {
  selector: number;
  base: number;
  /** Byte-granular, inclusive. */
  limit: number;
  /** Access byte in bits 0-7, AVL L D/B G in bits 12-15; 0 = null segment. */
  access: number;
}

/** A TLB entry as the hardware holds it: it may be out of date against the page tables. */
export interface TlbEntry {
  /** Linear address of the page. */
  linear: number;
  /** Physical address of the page. */
  physical: number;
  /** Combined rights of directory and table entry. */
  writable: boolean;
  user: boolean;
  dirty: boolean;
  global: boolean;
  /** Filled from a 4 MiB page. */
  large: boolean;
}

/** Every step of a page walk. Addresses are physical; entries are the raw 32-bit words, -1 where not reached. */
export interface PageWalk {
  linear: number;
  /** False when CR0.PG is clear: physical is linear. */
  paging: boolean;
  directoryAddress: number;
  directoryEntry: number;
  tableAddress: number;
  tableEntry: number;
  large: boolean;
  present: boolean;
  /** Rights combined over both levels. */
  writable: boolean;
  user: boolean;
  /** Where the walk ends, or -1 when not present. */
  physical: number;
}
