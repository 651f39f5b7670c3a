import type { Decoder } from "./decode.ts";
import { endingHandler, handler, type Handler } from "./handlers.ts";
import type { Instruction } from "./instructions.ts";
import { State } from "./layout.ts";
import { KnownFlags, Op } from "./operation.ts";
import { SegmentCheck } from "./segment_access.ts";

/*
 * From a table row to operations: how operands are fetched and results go back. The files emit_*.ts say for each
 * mnemonic which operation does the work.
 */

export type Emitter = (d: Decoder, row: Instruction) => void;

/** Emitters by mnemonic. */
export type EmitterMap = { [mnemonic: string]: Emitter };

/** Operand size in bytes of the current instruction. */
export function sizeOf(d: Decoder, row: Instruction): number {
  return row.size === 1 ? 1 : d.operandSize;
}

export function isImmediate(operand: string): boolean {
  return operand.startsWith("imm");
}

/** Field of a register operand: r8 rv (ModRM reg, or in the opcode), AL rAX CL, or an r/m that is a register. */
export function registerField(d: Decoder, row: Instruction, operand: string, size: number): number {
  switch (operand) {
    case "AL":
    case "rAX":
      return d.register(State.EAX, size);
    case "CL":
      return State.ECX * 4;
    case "r/m8":
    case "r/m16":
    case "r/mv":
      return d.register(d.rm, size);
    default:
      return d.register(row.registerInOpcode ? d.opcode & 7 : d.reg, size);
  }
}

function isRm(operand: string): boolean {
  return operand.startsWith("r/m");
}

/** True when the operand is in memory. */
export function inMemory(d: Decoder, operand: string): boolean {
  return isRm(operand) && d.isMemory;
}

export const LOAD = [0, Op.LOAD8, Op.LOAD16, 0, Op.LOAD32];
export const STORE = [0, Op.STORE8, Op.STORE16, 0, Op.STORE32];
export const STORE_I = [0, Op.STORE8_I, Op.STORE16_I, 0, Op.STORE32_I];
export const MODIFY = [0, Op.MODIFY8, Op.MODIFY16, 0, Op.MODIFY32];
export const STOREBACK = [0, Op.STOREBACK8, Op.STOREBACK16, 0, Op.STOREBACK32];
export const MOVE = [0, Op.MOV8_RR, Op.MOV16_RR, 0, Op.MOV_RR];
export const MOVE_I = [0, Op.MOV8_RI, Op.MOV16_RI, 0, Op.MOV_RI];

/** Brings a source operand into a register field: its own, or TEMP for memory. */
export function source(d: Decoder, row: Instruction, operand: string, size: number): number {
  if (!inMemory(d, operand)) return registerField(d, row, operand, size);
  d.resolveAddress(size, false);
  d.emitMemory(LOAD[size], d.temp(size));
  return d.temp(size);
}

/** Calls `work` with the field of a read-modify-write destination, fetching and writing back a memory operand. */
export function modify(
  d: Decoder,
  row: Instruction,
  operand: string,
  size: number,
  work: (field: number) => void,
): void {
  if (!inMemory(d, operand)) {
    work(registerField(d, row, operand, size));
    return;
  }
  d.resolveAddress(size, true);
  d.emitMemory(MODIFY[size]);
  work(d.temp(size));
  d.emit(STOREBACK[size]);
}

/** Stores the register field `field` to an r/m destination that is only written. */
export function writeBack(d: Decoder, row: Instruction, operand: string, size: number, field: number): void {
  if (inMemory(d, operand)) {
    d.resolveAddress(size, true);
    d.emitMemory(STORE[size], field);
  } else {
    d.emit(MOVE[size], registerField(d, row, operand, size), field);
  }
}

/** An instruction without operands, or whose handler finds them itself; the immediate is in its record. */
export function plain(execute: Handler): Emitter {
  const op = handler(execute);
  return (d) => emitHandler(d, op, 0, 0, d.immediate);
}

/** The same, ending the block. */
export function ending(execute: Handler): Emitter {
  const op = endingHandler(execute);
  return (d) => emitHandler(d, op, 0, 0, d.immediate);
}

/** Emits a handler's record; what it leaves in the flags is unknown. */
export function emitHandler(d: Decoder, op: number, dst: number, src = 0, immediate = 0, displacement = 0): void {
  d.emit(op, dst, src, immediate, displacement);
  d.knownFlags = KnownFlags.UNKNOWN;
  // The link is to whatever comes next: looked at before it is followed.
  if (op >= Op.ENDING_HANDLER) d.finishJump(d.lastRecord, 0, 0, 0);
}

export function emitMemoryHandler(d: Decoder, op: number, dst: number, src = 0, immediate = 0): void {
  d.emitMemory(op, dst, src, immediate);
  d.knownFlags = KnownFlags.UNKNOWN;
  if (op >= Op.ENDING_HANDLER) d.finishJump(d.lastRecord, 0, 0, 0);
}

/** The immediate of a record for readFarPointer and readOperandPart. */
export function partsCheck(d: Decoder): number {
  return d.operandSize | (d.address16 ? SegmentCheck.ADDRESS16 : 0);
}

/** Two variants by operand size, 16 and 32 bits. */
export function bySize(word: Emitter, doubleword: Emitter): Emitter {
  return (d, row) => (d.operandSize === 4 ? doubleword(d, row) : word(d, row));
}

/** In the order of their codes. */
export const CONDITIONS = ["O", "NO", "B", "AE", "E", "NE", "BE", "A", "S", "NS", "P", "NP", "L", "GE", "LE", "G"];

/** A handler on a memory operand of `bytes` bytes; the register field in dst, the operand size in the immediate. */
export function onMemory(execute: Handler, bytes: number, write: boolean, endsBlock: boolean): Emitter {
  const op = endsBlock ? endingHandler(execute) : handler(execute);
  return (d) => {
    d.resolveAddress(bytes, write);
    emitMemoryHandler(d, op, d.register(d.reg, d.operandSize), 0, d.operandSize);
  };
}
