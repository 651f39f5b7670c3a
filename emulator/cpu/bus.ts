/** Width of a bus access in bytes. */
export type AccessSize = 1 | 2 | 4;

/**
 * What the processor sees of the machine around it. Every call is synchronous, and `Cpu.instructionCount` is exact
 * while it runs: it is the number of instructions retired before the one that makes the access.
 *
 * A call may set `cpu.interruptLine`, call `cpu.shortenLimit()` or `cpu.requestStop()`, or write guest RAM with
 * `cpu.writePhysicalMemory()` (DMA). All of these take effect at the next instruction boundary.
 */
export interface CpuBus {
  /** IN, INS. The result is taken modulo 2^(8 * size). `port` is 0..FFFFh. */
  readPort(port: number, size: AccessSize): number;
  /** OUT, OUTS. `value` is unsigned, 0 .. 2^(8 * size) - 1. */
  writePort(port: number, size: AccessSize, value: number): void;
  /**
   * Read of a physical address that is not plain RAM or ROM: device memory or a hole (open bus reads as ones).
   * `address` is unsigned, 0..FFFFFFFFh; an access never crosses a page (the processor splits it).
   */
  readPhysical(address: number, size: AccessSize): number;
  /** Write to a physical address that is not plain RAM, and every write to ROM. `value` is unsigned. */
  writePhysical(address: number, size: AccessSize, value: number): void;
  /** The INTA cycle: the vector (0..255) of the pending interrupt, from the 8259 pair. */
  acknowledgeInterrupt(): number;
  /**
   * The machine's clock for RDTSC, in ticks (retired instructions plus idle time), an integer below 2^53.
   * Without it the time stamp counter counts `instructionCount`.
   */
  timestamp?(): number;
  /**
   * FERR#: an x87 instruction has met an unmasked exception with CR0.NE clear (true), or the exception is gone (false).
   * Until an interrupt comes or `cpu.ignoreFloatingPointErrors` is set the processor waits before that instruction.
   */
  floatingPointError?(level: boolean): void;
}
