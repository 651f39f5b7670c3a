// What is measured: the guests' names as the kernel knows them, and how much work each does by default.

export interface Guest {
  name: string;
  /** What it does, for people. */
  title: string;
  /**
   * Work size: about a second of an interpreter on an idle machine. For the guests of kind "system" it is the number of
   * operations, so that a rate can be given.
   */
  count: number;
  /** "compute" runs as a Linux program, too; "system" needs the machine. */
  kind: "compute" | "system";
  /** Of a system guest: what one operation is. */
  operation?: string;
}

export const guests: readonly Guest[] = [
  { name: "dhry", title: "integers, strings, records", count: 280_000, kind: "compute" },
  { name: "sieve", title: "primes, 1 MiB of flags", count: 4, kind: "compute" },
  { name: "crc32", title: "CRC by a table", count: 600, kind: "compute" },
  { name: "matmul", title: "128x128 integer matrices", count: 5, kind: "compute" },
  { name: "qsort", title: "quick sort, recursive", count: 30, kind: "compute" },
  { name: "memrep", title: "REP MOVS and STOS", count: 8000, kind: "compute" },
  { name: "membyte", title: "byte copy loop", count: 150, kind: "compute" },
  { name: "membyte-4k", title: "same, buffers 4 KiB-aliased", count: 150, kind: "compute" },
  { name: "membyte-1m", title: "same, buffers 1 MiB-aliased", count: 150, kind: "compute" },
  { name: "vm", title: "bytecode interpreter", count: 300_000, kind: "compute" },
  { name: "fault", title: "page faults from ring 3", count: 600_000, kind: "system", operation: "faults" },
  { name: "syscall", title: "int 0x80 round trips", count: 600_000, kind: "system", operation: "calls" },
  { name: "switch", title: "CR3 load, 16 pages touched", count: 200_000, kind: "system", operation: "switches" },
];
