import { carry, Flag, setFlags, setResult } from "./flags.ts";
import { Shift } from "./operation.ts";

/*
 * ROL ROR RCL RCR SHL SHR SAR, SHLD SHRD. The count is taken modulo 32 (the 386 and later); zero changes no flag. OF is
 * defined for a count of 1; for others it is what the P6 leaves, the same formula. AF is cleared, as the P6 does
 * (undefined in the manual).
 */

export function shift32(m: Int32Array, operation: number, value: number, count: number): number {
  return shift(m, operation, value, count & 31, 32);
}

export function shift16(m: Int32Array, operation: number, value: number, count: number): number {
  return shift(m, operation, value & 0xffff, count & 31, 16);
}

export function shift8(m: Int32Array, operation: number, value: number, count: number): number {
  return shift(m, operation, value & 0xff, count & 31, 8);
}

/** `value` zero-extended (32-bit: any); returns the result in the low `bits` bits. */
function shift(m: Int32Array, operation: number, value: number, n: number, bits: number): number {
  if (n === 0) return value;
  const top = bits - 1;
  const up = 32 - bits;
  switch (operation) {
    case Shift.ROL: {
      const k = n & top;
      const r = k === 0 ? value : (value << k) | (value >>> (bits - k));
      const c = r & 1;
      setFlags(m, Flag.CF | Flag.OF, c | ((((r >>> top) & 1) ^ c) << 11));
      return r;
    }
    case Shift.ROR: {
      const k = n & top;
      const r = k === 0 ? value : (value >>> k) | (value << (bits - k));
      const c = (r >>> top) & 1;
      setFlags(m, Flag.CF | Flag.OF, c | ((((r >>> (top - 1)) & 1) ^ c) << 11));
      return r;
    }
    case Shift.RCL: {
      let c = carry(m);
      let r = value;
      const k = n % (bits + 1);
      for (let i = 0; i < k; i++) {
        const out = (r >>> top) & 1;
        r = (r << 1) | c;
        c = out;
      }
      setFlags(m, Flag.CF | Flag.OF, c | ((((r >>> top) & 1) ^ c) << 11));
      return r;
    }
    case Shift.RCR: {
      let c = carry(m);
      let r = value;
      const k = n % (bits + 1);
      for (let i = 0; i < k; i++) {
        const out = r & 1;
        r = ((r >>> 1) & (0x7fffffff >>> up)) | (c << top);
        c = out;
      }
      setFlags(m, Flag.CF | Flag.OF, c | ((((r >>> top) ^ (r >>> (top - 1))) & 1) << 11));
      return r;
    }
    case Shift.SHR: {
      const r = value >>> n;
      const of = (((r << 1) ^ r) >>> top) & 1;
      setResult(m, (r << up) >> up, ((value >>> (n - 1)) & 1) | (of << 11));
      return r;
    }
    case Shift.SAR: {
      const signed = (value << up) >> up;
      const r = signed >> n;
      setResult(m, r, (signed >> (n - 1)) & 1);
      return r;
    }
    default: {
      // SHL, and SAL, its undocumented twin.
      const r = value << n;
      const c = n > bits ? 0 : (value >>> (bits - n)) & 1;
      setResult(m, (r << up) >> up, c | ((((r >>> top) & 1) ^ c) << 11));
      return r;
    }
  }
}

/** SHLD, SHRD on 32 bits. */
export function shiftDouble32(m: Int32Array, left: boolean, value: number, fill: number, count: number): number {
  const n = count & 31;
  if (n === 0) return value;
  const r = left ? (value << n) | (fill >>> (32 - n)) : (value >>> n) | (fill << (32 - n));
  const c = left ? (value >>> (32 - n)) & 1 : (value >>> (n - 1)) & 1;
  setResult(m, r | 0, c | (((value ^ r) >>> 31) << 11));
  return r;
}

/**
 * SHLD, SHRD on 16 bits. A count above 16 is undefined in the manual; the P6 goes on shifting in the destination's own
 * bits after the source's: the operand is the 48-bit value:fill:value.
 */
export function shiftDouble16(m: Int32Array, left: boolean, value: number, fill: number, count: number): number {
  const n = count & 31;
  if (n === 0) return value;
  const a = value & 0xffff;
  const b = fill & 0xffff;
  let r: number;
  let c: number;
  if (left) {
    const high = ((a << 16) | b) >>> 0;
    r = n <= 16 ? (high << n) >>> 16 : ((b << (n - 16)) | (a >>> (32 - n))) & 0xffff;
    c = n <= 16 ? (a >>> (16 - n)) & 1 : (b >>> (32 - n)) & 1;
  } else {
    const low = ((b << 16) | a) >>> 0;
    r = n <= 16 ? (low >>> n) & 0xffff : ((b >>> (n - 16)) | (a << (32 - n))) & 0xffff;
    c = n <= 16 ? (a >>> (n - 1)) & 1 : (b >>> (n - 17)) & 1;
  }
  r &= 0xffff;
  setResult(m, (r << 16) >> 16, c | (((a ^ r) & 0x8000) >>> 4));
  return r;
}
