import { Flag, Head } from "../state.ts";
import { below64 } from "./word.ts";
import { Kind, kindOf } from "./kind.ts";

/** Condition codes of the four outcomes (SDM vol. 1, table 8-6). */
const GREATER = 0;
const LESS = Flag.C0;
const EQUAL = Flag.C3;
const UNORDERED = Flag.C0 | Flag.C2 | Flag.C3;

/**
 * Compares a with b (word indices into `w`).
 *
 * @param quiet true for the FUCOM family: a quiet NaN compares unordered without an exception
 * @returns C0, C2, C3 and exceptions; with an unmasked exception the condition codes count all the same
 */
export function compare(w: Int32Array, a: number, b: number, quiet: boolean): number {
  const kindA = kindOf(w, a);
  const kindB = kindOf(w, b);
  if (kindA >= Kind.QUIET || kindB >= Kind.QUIET) {
    const silent = quiet && kindA <= Kind.QUIET && kindB <= Kind.QUIET;
    return silent ? UNORDERED : UNORDERED | Flag.INVALID;
  }
  const flags = kindA === Kind.DENORMAL || kindB === Kind.DENORMAL ? Flag.DENORMAL : 0;
  return flags | order(w, a, kindA, b, kindB);
}

function order(w: Int32Array, a: number, kindA: Kind, b: number, kindB: Kind): number {
  if (kindA === Kind.ZERO && kindB === Kind.ZERO) return EQUAL;
  const signA = w[a + 2] & Head.SIGN;
  const signB = w[b + 2] & Head.SIGN;
  if (kindA === Kind.ZERO) return signB !== 0 ? GREATER : LESS;
  if (kindB === Kind.ZERO || signA !== signB) return signA !== 0 ? LESS : GREATER;
  // A pseudo-denormal's exponent of zero weighs as one.
  const exponentA = w[a + 2] & Head.EXPONENT || 1;
  const exponentB = w[b + 2] & Head.EXPONENT || 1;
  if (exponentA === exponentB && w[a + 1] === w[b + 1] && w[a] === w[b]) return EQUAL;
  const smaller = exponentA !== exponentB ? exponentA < exponentB : below64(w[a + 1], w[a], w[b + 1], w[b]);
  return smaller !== (signA !== 0) ? LESS : GREATER;
}

/** FXAM: the class in C3, C2, C0 and the sign in C1 (SDM vol. 2, FXAM). The register is not empty. */
export function examine(w: Int32Array, a: number): number {
  const sign = (w[a + 2] & Head.SIGN) !== 0 ? Flag.C1 : 0;
  switch (kindOf(w, a)) {
    case Kind.ZERO:
      return sign | Flag.C3;
    case Kind.NORMAL:
      return sign | Flag.C2;
    case Kind.DENORMAL:
      return sign | Flag.C3 | Flag.C2;
    case Kind.INFINITY:
      return sign | Flag.C2 | Flag.C0;
    case Kind.UNSUPPORTED:
      return sign;
    default:
      return sign | Flag.C0;
  }
}
