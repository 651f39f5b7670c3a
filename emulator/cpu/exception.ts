import { State } from "./layout.ts";

/** Exception vectors (SDM 3, 6.3). */
export const enum Vector {
  DE = 0,
  DB = 1,
  NMI = 2,
  BP = 3,
  OF = 4,
  BR = 5,
  UD = 6,
  NM = 7,
  DF = 8,
  TS = 10,
  NP = 11,
  SS = 12,
  GP = 13,
  PF = 14,
  MF = 16,
  AC = 17,
}

const NO_ERROR_CODE = -1;

/**
 * Faults without host exceptions: whoever detects one leaves it in State.FAULT and returns; every caller on the way
 * out checks the word before it changes anything. The run loop delivers it (interrupt.ts). The first fault wins.
 */
export function raise(m: Int32Array, vector: Vector): void {
  raiseWithCode(m, vector, NO_ERROR_CODE);
}

/** `errorCode`: 16 bits, as pushed. */
export function raiseWithCode(m: Int32Array, vector: Vector, errorCode: number): void {
  if (m[State.FAULT] !== 0) return;
  m[State.FAULT] = vector + 1;
  m[State.FAULT_ERROR] = errorCode;
}

/** #GP with a selector (or 0) as its error code: RPL bits are replaced by EXT, which delivery adds. */
export function generalProtection(m: Int32Array, selector: number): void {
  raiseWithCode(m, Vector.GP, selector & 0xfffc);
}

/** Bits of a page fault's error code (SDM 3, 4.7). */
export const enum PageFault {
  PRESENT = 1,
  WRITE = 2,
  USER = 4,
  RESERVED = 8,
}

export function pageFault(m: Int32Array, linear: number, errorCode: number): void {
  if (m[State.FAULT] !== 0) return;
  m[State.CR2] = linear;
  m[State.FAULT] = Vector.PF + 1;
  m[State.FAULT_ERROR] = errorCode;
}
