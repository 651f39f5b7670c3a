import { carry, Flag, FlagKind } from "./flags.ts";
import { State } from "./layout.ts";
import { Binary, Unary } from "./operation.ts";

/*
 * ADD OR ADC SBB AND SUB XOR CMP TEST, INC DEC NEG NOT on 8 and 16 bits. (The 32-bit ones are cases of execute.ts.)
 * Operands may be zero- or sign-extended; the result's upper bits mean nothing.
 */

export function binary8(m: Int32Array, operation: number, left: number, right: number): number {
  return binary(m, operation, (left << 24) >> 24, (right << 24) >> 24, 24, 2);
}

export function binary16(m: Int32Array, operation: number, left: number, right: number): number {
  return binary(m, operation, (left << 16) >> 16, (right << 16) >> 16, 16, 1);
}

/** `shift`: bits the size is short of 32; `size`: its number among the kinds of FlagKind. */
function binary(m: Int32Array, operation: number, a: number, b: number, shift: number, size: number): number {
  switch (operation) {
    case Binary.ADD:
      return sum(m, a, ((a + b) << shift) >> shift, FlagKind.ADD + size);
    case Binary.ADC: {
      const c = carry(m);
      return sum(m, a, ((a + b + c) << shift) >> shift, (c !== 0 ? FlagKind.ADC : FlagKind.ADD) + size);
    }
    case Binary.SBB: {
      const c = carry(m);
      difference(m, a, b, (c !== 0 ? FlagKind.SBB : FlagKind.SUB) + size);
      return a - b - c;
    }
    case Binary.SUB:
      difference(m, a, b, FlagKind.SUB + size);
      return a - b;
    case Binary.CMP:
      difference(m, a, b, FlagKind.SUB + size);
      return a;
    case Binary.OR:
      return logic(m, a | b);
    case Binary.AND:
      return logic(m, a & b);
    case Binary.XOR:
      return logic(m, a ^ b);
    default: // TEST
      logic(m, a & b);
      return a;
  }
}

function sum(m: Int32Array, a: number, result: number, kind: number): number {
  m[State.FLAG_KIND] = kind;
  m[State.FLAG_A] = a;
  m[State.FLAG_B] = result;
  return result;
}

function difference(m: Int32Array, a: number, b: number, kind: number): void {
  m[State.FLAG_KIND] = kind;
  m[State.FLAG_A] = a;
  m[State.FLAG_B] = b;
}

function logic(m: Int32Array, result: number): number {
  m[State.FLAG_KIND] = FlagKind.LOGIC;
  m[State.FLAG_B] = result;
  return result;
}

export function unary8(m: Int32Array, operation: number, operand: number): number {
  return unary(m, operation, (operand << 24) >> 24, 24, 2);
}

export function unary16(m: Int32Array, operation: number, operand: number): number {
  return unary(m, operation, (operand << 16) >> 16, 16, 1);
}

function unary(m: Int32Array, operation: number, a: number, shift: number, size: number): number {
  switch (operation) {
    case Unary.INC:
      return step(m, ((a + 1) << shift) >> shift, FlagKind.INC + size);
    case Unary.DEC:
      return step(m, ((a - 1) << shift) >> shift, FlagKind.DEC + size);
    case Unary.NEG:
      difference(m, 0, a, FlagKind.SUB + size);
      return -a;
    default: // NOT
      return ~a;
  }
}

function step(m: Int32Array, result: number, kind: number): number {
  m[State.EFLAGS] = (m[State.EFLAGS] & ~Flag.CF) | carry(m);
  m[State.FLAG_KIND] = kind;
  m[State.FLAG_B] = result;
  return result;
}
