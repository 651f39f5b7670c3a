import type { Cpu } from "./cpu.ts";
import { raise, Vector } from "./exception.ts";
import { Flag, setResult } from "./flags.ts";
import { State } from "./layout.ts";
import { Record } from "./operation.ts";

/*
 * MUL IMUL DIV IDIV with one operand. SF ZF PF after a multiplication are undefined in the manual; the P6 sets them from
 * the low half of the product and clears AF. Division leaves the flags alone.
 */

const OVERFLOW = Flag.CF | Flag.OF;

function source32(cpu: Cpu, w: number): number {
  return cpu.m[(w >>> Record.DST_SHIFT) & 63];
}
function source16(cpu: Cpu, w: number): number {
  return cpu.m16[(w >>> Record.DST_SHIFT) & 63];
}
function source8(cpu: Cpu, w: number): number {
  return cpu.m8[(w >>> Record.DST_SHIFT) & 63];
}

/** High word of the unsigned product. */
function highUnsigned(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const middle = ah * bl + ((al * bl) >>> 16);
  const low = (middle & 0xffff) + al * bh;
  // middle can have 33 bits: no bit operations before the division.
  return (ah * bh + Math.floor(middle / 0x10000) + Math.floor(low / 0x10000)) | 0;
}

function highSigned(a: number, b: number): number {
  return (highUnsigned(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

export function mul32(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const a = m[State.EAX];
  const b = source32(cpu, w);
  const low = Math.imul(a, b);
  const high = highUnsigned(a, b);
  m[State.EAX] = low;
  m[State.EDX] = high;
  setResult(m, low, high !== 0 ? OVERFLOW : 0);
}

export function mul16(cpu: Cpu, w: number): void {
  const product = cpu.m16[State.EAX * 2] * source16(cpu, w);
  cpu.m16[State.EAX * 2] = product;
  cpu.m16[State.EDX * 2] = product >>> 16;
  setResult(cpu.m, (product << 16) >> 16, product >>> 16 !== 0 ? OVERFLOW : 0);
}

export function mul8(cpu: Cpu, w: number): void {
  const product = cpu.m8[State.EAX * 4] * source8(cpu, w);
  cpu.m16[State.EAX * 2] = product;
  setResult(cpu.m, (product << 24) >> 24, product >>> 8 !== 0 ? OVERFLOW : 0);
}

export function imul32(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const a = m[State.EAX];
  const b = source32(cpu, w);
  const low = Math.imul(a, b);
  const high = highSigned(a, b);
  m[State.EAX] = low;
  m[State.EDX] = high;
  setResult(m, low, high !== low >> 31 ? OVERFLOW : 0);
}

export function imul16(cpu: Cpu, w: number): void {
  const product = ((cpu.m16[State.EAX * 2] << 16) >> 16) * ((source16(cpu, w) << 16) >> 16);
  const low = (product << 16) >> 16;
  cpu.m16[State.EAX * 2] = product;
  cpu.m16[State.EDX * 2] = product >>> 16;
  setResult(cpu.m, low, product !== low ? OVERFLOW : 0);
}

export function imul8(cpu: Cpu, w: number): void {
  const product = ((cpu.m8[State.EAX * 4] << 24) >> 24) * ((source8(cpu, w) << 24) >> 24);
  const low = (product << 24) >> 24;
  cpu.m16[State.EAX * 2] = product;
  setResult(cpu.m, low, product !== low ? OVERFLOW : 0);
}

/** IMUL r16, r/m16 and its three-operand form: source in the src field, factor in the destination or the immediate. */
export function multiply16(m: Int32Array, left: number, right: number): number {
  const product = ((left << 16) >> 16) * ((right << 16) >> 16);
  const low = (product << 16) >> 16;
  setResult(m, low, product !== low ? OVERFLOW : 0);
  return low;
}

const TWO32 = 0x100000000;

/** Quotient and remainder of high:low (unsigned 64-bit) by `divisor`; false when the quotient needs over 32 bits. */
function divide64(cpu: Cpu, high: number, low: number, divisor: number): boolean {
  if (high >= divisor) return false;
  if (high < 0x200000) {
    // Below 2^53: a double holds the dividend exactly, and the correction below covers a rounded quotient.
    const dividend = high * TWO32 + low;
    let quotient = Math.floor(dividend / divisor);
    let remainder = dividend - quotient * divisor;
    if (remainder < 0) {
      quotient--;
      remainder += divisor;
    }
    cpu.quotient = quotient;
    cpu.remainder = remainder;
    return true;
  }
  // Long division, 16 quotient bits at a time: each partial dividend is below 2^48.
  const first = high * 0x10000 + (low >>> 16);
  const q1 = Math.floor(first / divisor);
  const second = (first - q1 * divisor) * 0x10000 + (low & 0xffff);
  const q0 = Math.floor(second / divisor);
  cpu.quotient = q1 * 0x10000 + q0;
  cpu.remainder = second - q0 * divisor;
  return true;
}

export function div32(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const divisor = source32(cpu, w) >>> 0;
  if (divisor === 0 || !divide64(cpu, m[State.EDX] >>> 0, m[State.EAX] >>> 0, divisor)) {
    raise(m, Vector.DE);
    return;
  }
  m[State.EAX] = cpu.quotient;
  m[State.EDX] = cpu.remainder;
}

export function div16(cpu: Cpu, w: number): void {
  const divisor = source16(cpu, w);
  const dividend = (cpu.m16[State.EDX * 2] * 0x10000 + cpu.m16[State.EAX * 2]) >>> 0;
  const quotient = divisor === 0 ? 0x10000 : Math.floor(dividend / divisor);
  if (quotient > 0xffff) {
    raise(cpu.m, Vector.DE);
    return;
  }
  cpu.m16[State.EAX * 2] = quotient;
  cpu.m16[State.EDX * 2] = dividend % divisor;
}

export function div8(cpu: Cpu, w: number): void {
  const divisor = source8(cpu, w);
  const dividend = cpu.m16[State.EAX * 2];
  const quotient = divisor === 0 ? 0x100 : Math.floor(dividend / divisor);
  if (quotient > 0xff) {
    raise(cpu.m, Vector.DE);
    return;
  }
  cpu.m16[State.EAX * 2] = quotient | ((dividend % divisor) << 8);
}

export function idiv32(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const divisor = source32(cpu, w);
  let low = m[State.EAX];
  let high = m[State.EDX];
  const negative = high < 0;
  if (negative) {
    low = -low | 0;
    high = (~high + (low === 0 ? 1 : 0)) | 0;
  }
  const magnitude = divisor < 0 ? -divisor : divisor;
  if (divisor === 0 || !divide64(cpu, high >>> 0, low >>> 0, magnitude)) {
    raise(m, Vector.DE);
    return;
  }
  const quotient = negative !== divisor < 0 ? -cpu.quotient : cpu.quotient;
  if (quotient !== (quotient | 0)) {
    raise(m, Vector.DE);
    return;
  }
  m[State.EAX] = quotient;
  m[State.EDX] = negative ? -cpu.remainder : cpu.remainder;
}

export function idiv16(cpu: Cpu, w: number): void {
  const divisor = (source16(cpu, w) << 16) >> 16;
  const dividend = (cpu.m16[State.EDX * 2] << 16) | cpu.m16[State.EAX * 2];
  const quotient = divisor === 0 ? 0x10000 : Math.trunc(dividend / divisor);
  if (quotient > 0x7fff || quotient < -0x8000) {
    raise(cpu.m, Vector.DE);
    return;
  }
  cpu.m16[State.EAX * 2] = quotient;
  cpu.m16[State.EDX * 2] = dividend % divisor;
}

export function idiv8(cpu: Cpu, w: number): void {
  const divisor = (source8(cpu, w) << 24) >> 24;
  const dividend = (cpu.m16[State.EAX * 2] << 16) >> 16;
  const quotient = divisor === 0 ? 0x100 : Math.trunc(dividend / divisor);
  if (quotient > 0x7f || quotient < -0x80) {
    raise(cpu.m, Vector.DE);
    return;
  }
  cpu.m16[State.EAX * 2] = (quotient & 0xff) | (((dividend % divisor) & 0xff) << 8);
}
