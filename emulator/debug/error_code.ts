// The #PF error code: Intel SDM volume 3A, section 4.7.

export const enum PageFaultBit {
  /** Set: the translation exists but its rights forbid the access. Clear: a PDE or PTE is not present. */
  PRESENT = 1,
  WRITE = 2,
  USER = 4,
  /** A reserved bit is set in a paging structure. */
  RESERVED = 8,
  INSTRUCTION_FETCH = 16,
}

/** Who did what: `U/W`, `K/R`, ... in the notation of uCore's messages; X for a fetch that the processor reports as one. */
export function describeAccess(errorCode: number): string {
  const who = errorCode & PageFaultBit.USER ? "U" : "K";
  const what = errorCode & PageFaultBit.INSTRUCTION_FETCH ? "X" : errorCode & PageFaultBit.WRITE ? "W" : "R";
  return `${who}/${what}`;
}

/** The error bits in words: `U/W, not present`, `K/W, protection`, `U/R, reserved bit`. */
export function describeErrorCode(errorCode: number): string {
  let why = "not present";
  if (errorCode & PageFaultBit.RESERVED) why = "reserved bit";
  else if (errorCode & PageFaultBit.PRESENT) why = "protection";
  return `${describeAccess(errorCode)}, ${why}`;
}
