import { Flag, Head } from "../state.ts";
import { below64 } from "./word.ts";
import { Kind } from "./kind.ts";

const QUIET_BIT = 0x40000000;

/** Stores the default NaN, "real indefinite". */
export function storeIndefinite(w: Int32Array, d: number): void {
  w[d] = 0;
  w[d + 1] = 0xc0000000 | 0;
  w[d + 2] = 0xffff;
}

/** An invalid operation: the default NaN if the exception is masked, otherwise `d` stays. */
export function invalid(w: Int32Array, d: number, control: number): number {
  if ((control & Flag.INVALID) !== 0) storeIndefinite(w, d);
  return Flag.INVALID;
}

/** The only operand is a NaN or unsupported: stores the quiet NaN that results. */
export function propagate(w: Int32Array, d: number, a: number, kind: Kind, control: number): number {
  if (kind === Kind.UNSUPPORTED) return invalid(w, d, control);
  const flags = kind === Kind.SIGNALLING ? Flag.INVALID : 0;
  if ((flags & ~control) === 0) quiet(w, d, a);
  return flags;
}

/** At least one of two operands is a NaN or unsupported: stores the NaN that results (SDM vol. 1, table 4-7). */
export function propagatePair(
  w: Int32Array,
  d: number,
  a: number,
  kindA: Kind,
  b: number,
  kindB: Kind,
  control: number,
): number {
  if (kindA === Kind.UNSUPPORTED || kindB === Kind.UNSUPPORTED) return invalid(w, d, control);
  const flags = kindA === Kind.SIGNALLING || kindB === Kind.SIGNALLING ? Flag.INVALID : 0;
  if ((flags & ~control) === 0) quiet(w, d, choosesFirst(w, a, kindA, b, kindB) ? a : b);
  return flags;
}

/** Of two NaNs: the quiet one, else the larger significand, else the positive one. */
function choosesFirst(w: Int32Array, a: number, kindA: Kind, b: number, kindB: Kind): boolean {
  if (kindB < Kind.QUIET) return true;
  if (kindA < Kind.QUIET) return false;
  if (kindA !== kindB) return kindA === Kind.QUIET;
  if (w[a + 1] !== w[b + 1] || w[a] !== w[b]) return below64(w[b + 1], w[b], w[a + 1], w[a]);
  return (w[a + 2] & Head.SIGN) === 0;
}

function quiet(w: Int32Array, d: number, a: number): void {
  w[d] = w[a];
  w[d + 1] = w[a + 1] | QUIET_BIT;
  w[d + 2] = w[a + 2];
}
