import type { CaseBuilder } from "./builder.ts";
import type { Row } from "./rows.ts";

/** What the rest of an instruction is, once its operands are chosen. */
export interface Plan {
  /** For opcodes with a register in their low bits. */
  register: number;
  immediateBytes: number;
  /** The immediates' bytes. `end`: EIP of the next instruction. */
  immediates(end: number): number[];
}

export type Planner = (b: CaseBuilder, row: Row) => Plan;

export function little(value: number, bytes: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < bytes; i++) result.push((value >>> (8 * i)) & 0xff);
  return result;
}

/** Bytes of an operand, as the syntax column writes it. */
export function operandBytes(b: CaseBuilder, row: Row, operand: string): number {
  switch (operand) {
    case "r/m8":
    case "r8":
    case "AL":
    case "moffs8":
      return 1;
    case "r/m16":
    case "r16":
      return 2;
    case "m64":
      return 8;
    case "m16:v":
      return 2 + b.operandSize;
    case "m":
      return row.instruction.mnemonic === "BOUND" ? 2 * b.operandSize : row.instruction.mnemonic === "INVLPG" ? 1 : 6;
    default:
      return b.operandSize;
  }
}

/** The r/m operand's text, or undefined. */
export function rmOperand(row: Row): string | undefined {
  return row.instruction.operands.find((operand) => operand.startsWith("r/m") || /^m(\d|$)/.test(operand));
}

/** Encodes the ModRM operand: a register, or memory with a value in it. */
export function encodeRm(b: CaseBuilder, row: Row, shift = 0): void {
  const { instruction } = row;
  const reg = instruction.digit !== -1 ? instruction.digit : b.reg;
  const operand = rmOperand(row) ?? "r/mv";
  const onlyMemory = instruction.memoryOnly && !(mayBeRegister(row) && b.random.chance(2));
  if (!onlyMemory && (instruction.memoryOnly || b.random.chance(45))) {
    b.encodeRegister(reg, b.random.below(8));
    return;
  }
  const size = memoryBytes(b, row, operand);
  b.encodeMemory(reg, size, shift);
  const { memory } = b;
  if (memory === null) return;
  for (let at = 0; at < size; at += 4) b.patch(memory.linear + at, Math.min(4, size - at), b.value());
}

/** Selectors take two bytes of memory whatever the operand size. */
function memoryBytes(b: CaseBuilder, row: Row, operand: string): number {
  if (row.instruction.operands.includes("Sreg")) return 2;
  return operandBytes(b, row, operand);
}

/** Rows on memory whose encoding with a register is no other instruction on any processor: #UD. */
function mayBeRegister({ instruction }: Row): boolean {
  return ["LEA", "LSS", "LFS", "LGS", "CMPXCHG8B", "CALL", "JMP"].includes(instruction.mnemonic);
}

/** The value of the r/m operand, which is `size` bytes (at most 4). */
export function readRm(b: CaseBuilder, size: number): number {
  const { memory } = b;
  if (memory === null) return b.readRegister(b.rm, size);
  let value = 0;
  for (const { address, bytes } of b.patches) {
    for (let i = 0; i < bytes.length; i++) {
      const at = address + i - memory.linear;
      if (at >= 0 && at < size) value = ((value & ~(0xff << (8 * at))) | (bytes[i] << (8 * at))) >>> 0;
    }
  }
  return value;
}

export function writeRm(b: CaseBuilder, size: number, value: number): void {
  if (b.memory === null) b.writeRegister(b.rm, size, value);
  else b.patch(b.memory.linear, size, value);
}

/** Any number for the immediates of most instructions. */
export function anyImmediates(b: CaseBuilder, row: Row, first?: number): Plan {
  const bytes: number[] = [];
  row.instruction.immediates.forEach((kind, i) => {
    const size = kind === "iw" ? 2 : kind === "iv" ? b.operandSize : 1;
    bytes.push(...little(i === 0 && first !== undefined ? first : b.value(), size));
  });
  return { register: b.random.below(8), immediateBytes: bytes.length, immediates: () => bytes };
}
