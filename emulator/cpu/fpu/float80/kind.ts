import { Exponent, Head } from "../state.ts";
import { HIGH_BIT } from "./word.ts";

/**
 * What a register holds. Ordered: from QUIET on, the value is no number and no infinity.
 * Unsupported are the encodings the 387 stopped accepting: a non-zero exponent without the integer bit (unnormal,
 * pseudo-infinity, pseudo-NaN; SDM vol. 1, table 8-3). A pseudo-denormal counts as denormal.
 */
export const enum Kind {
  ZERO = 0,
  NORMAL = 1,
  DENORMAL = 2,
  INFINITY = 3,
  QUIET = 4,
  SIGNALLING = 5,
  UNSUPPORTED = 6,
}

/** The register at word index `a` of `w`. */
export function kindOf(w: Int32Array, a: number): Kind {
  const exponent = w[a + 2] & Head.EXPONENT;
  const high = w[a + 1];
  if (exponent === 0) return (high | w[a]) === 0 ? Kind.ZERO : Kind.DENORMAL;
  if (high >= 0) return Kind.UNSUPPORTED;
  if (exponent !== Exponent.MAXIMUM) return Kind.NORMAL;
  if (high === HIGH_BIT && w[a] === 0) return Kind.INFINITY;
  return (high & 0x40000000) !== 0 ? Kind.QUIET : Kind.SIGNALLING;
}
