import * as bcd from "./bcd.ts";
import * as bit from "./bit.ts";
import * as control from "./control_register.ts";
import * as transfer from "./control_transfer.ts";
import { identify } from "./cpuid.ts";
import type { Decoder } from "./decode.ts";
import { generalProtection, raise, Vector } from "./exception.ts";
import * as exchange from "./exchange.ts";
import * as far from "./far_transfer.ts";
import { condition } from "./flags.ts";
import { escape, wait } from "./fpu/escape.ts";
import { endingHandler, handler, type Handler } from "./handlers.ts";
import { type Instruction, instructions } from "./instructions.ts";
import * as interrupt from "./interrupt_instructions.ts";
import * as io from "./io.ts";
import { Segment, State } from "./layout.ts";
import * as multiply from "./multiply.ts";
import { Binary, KnownFlags, Op, Record, Repeat, Shift, Unary } from "./operation.ts";
import * as segment from "./segment.ts";
import { operandAddress, segmentBase, SegmentCheck } from "./segment_access.ts";
import { shift16, shift8, shiftDouble16, shiftDouble32 } from "./shift.ts";
import * as stack from "./stack.ts";
import * as string from "./string.ts";
import { StringInfo } from "./string.ts";
import * as system from "./system.ts";

/*
 * From a table row to operations: for each mnemonic, how its operands are fetched, which operation does the work, and
 * where the result goes.
 */

export type Emitter = (d: Decoder, row: Instruction) => void;

// ---------------------------------------------------------------------------------------------------------------
// Operands

/** Operand size in bytes of the current instruction. */
function sizeOf(d: Decoder, row: Instruction): number {
  return row.size === 1 ? 1 : d.operandSize;
}

function isImmediate(operand: string): boolean {
  return operand.startsWith("imm");
}

/** Field of a register operand: r8 rv (ModRM reg, or in the opcode), AL rAX CL, or an r/m that is a register. */
function registerField(d: Decoder, row: Instruction, operand: string, size: number): number {
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
function inMemory(d: Decoder, operand: string): boolean {
  return isRm(operand) && d.isMemory;
}

const LOAD = [0, Op.LOAD8, Op.LOAD16, 0, Op.LOAD32];
const STORE = [0, Op.STORE8, Op.STORE16, 0, Op.STORE32];
const STORE_I = [0, Op.STORE8_I, Op.STORE16_I, 0, Op.STORE32_I];
const MODIFY = [0, Op.MODIFY8, Op.MODIFY16, 0, Op.MODIFY32];
const STOREBACK = [0, Op.STOREBACK8, Op.STOREBACK16, 0, Op.STOREBACK32];
const MOVE = [0, Op.MOV8_RR, Op.MOV16_RR, 0, Op.MOV_RR];
const MOVE_I = [0, Op.MOV8_RI, Op.MOV16_RI, 0, Op.MOV_RI];

/** Brings a source operand into a register field: its own, or TEMP for memory. */
function source(d: Decoder, row: Instruction, operand: string, size: number): number {
  if (!inMemory(d, operand)) return registerField(d, row, operand, size);
  d.resolveAddress(size, false);
  d.emitMemory(LOAD[size], d.temp(size));
  return d.temp(size);
}

/** Calls `work` with the field of a read-modify-write destination, fetching and writing back a memory operand. */
function modify(d: Decoder, row: Instruction, operand: string, size: number, work: (field: number) => void): void {
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
function writeBack(d: Decoder, row: Instruction, operand: string, size: number, field: number): void {
  if (inMemory(d, operand)) {
    d.resolveAddress(size, true);
    d.emitMemory(STORE[size], field);
  } else {
    d.emit(MOVE[size], registerField(d, row, operand, size), field);
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Plain handlers

/** An instruction without operands, or whose handler finds them itself; the immediate is in its record. */
function plain(execute: Handler): Emitter {
  const op = handler(execute);
  return (d) => emitHandler(d, op, 0, 0, d.immediate);
}

/** The same, ending the block. */
function ending(execute: Handler): Emitter {
  const op = endingHandler(execute);
  return (d) => emitHandler(d, op, 0, 0, d.immediate);
}

/** Emits a handler's record; what it leaves in the flags is unknown. */
function emitHandler(d: Decoder, op: number, dst: number, src = 0, immediate = 0, displacement = 0): void {
  d.emit(op, dst, src, immediate, displacement);
  d.knownFlags = KnownFlags.UNKNOWN;
  // The link is to whatever comes next: looked at before it is followed.
  if (op >= Op.ENDING_HANDLER) d.finishJump(d.lastRecord, 0, 0, 0);
}

function emitMemoryHandler(d: Decoder, op: number, dst: number, src = 0, immediate = 0): void {
  d.emitMemory(op, dst, src, immediate);
  d.knownFlags = KnownFlags.UNKNOWN;
  if (op >= Op.ENDING_HANDLER) d.finishJump(d.lastRecord, 0, 0, 0);
}

/** Two variants by operand size, 16 and 32 bits. */
function bySize(word: Emitter, doubleword: Emitter): Emitter {
  return (d, row) => (d.operandSize === 4 ? doubleword(d, row) : word(d, row));
}

// ---------------------------------------------------------------------------------------------------------------
// ADD OR ADC SBB AND SUB XOR CMP TEST

interface BinaryForms {
  operation: Binary;
  /** 32-bit operations. */
  rr: number;
  ri: number;
  /** Register with memory, 0 where it takes a load first. */
  rm: number;
  flags: KnownFlags;
}

function binary(forms: BinaryForms): Emitter {
  const { operation, flags } = forms;
  const readOnly = operation === Binary.CMP || operation === Binary.TEST;
  return (d, row) => {
    const size = sizeOf(d, row);
    const [destination, from] = row.operands;
    const immediate = isImmediate(from);
    if (inMemory(d, destination)) {
      if (readOnly) {
        compareMemory(d, row, forms, size);
      } else {
        modify(d, row, destination, size, (field) => {
          if (immediate) emitBinaryImmediate(d, forms, size, field);
          else emitBinary(d, forms, size, field, registerField(d, row, from, size));
        });
      }
    } else if (immediate) {
      emitBinaryImmediate(d, forms, size, registerField(d, row, destination, size));
      if (operation === Binary.CMP && size === 4) d.fusible = d.lastRecord;
    } else if (inMemory(d, from) && size === 4 && forms.rm !== 0) {
      d.resolveAddress(4, false);
      d.emitMemory(forms.rm, registerField(d, row, destination, 4));
    } else {
      const alone = !inMemory(d, from);
      const field = source(d, row, from, size);
      emitBinary(d, forms, size, registerField(d, row, destination, size), field);
      if (alone && readOnly && size === 4) d.fusible = d.lastRecord;
    }
    d.knownFlags = flags;
  };
}

/** CMP and TEST with a memory destination. */
function compareMemory(d: Decoder, row: Instruction, forms: BinaryForms, size: number): void {
  const from = row.operands[1];
  d.resolveAddress(size, false);
  if (size === 4 && forms.operation === Binary.CMP) {
    if (isImmediate(from)) d.emitMemory(Op.CMP_MI, 0, 0, d.immediate);
    else d.emitMemory(Op.CMP_MR, registerField(d, row, from, 4));
    return;
  }
  d.emitMemory(LOAD[size], d.temp(size));
  if (isImmediate(from)) emitBinaryImmediate(d, forms, size, d.temp(size));
  else emitBinary(d, forms, size, d.temp(size), registerField(d, row, from, size));
}

function emitBinary(d: Decoder, forms: BinaryForms, size: number, dst: number, src: number): void {
  if (size === 4) d.emit(forms.rr, dst, src);
  else if (size === 2) d.emit(Op.BINARY16_RR, dst, src, 0, forms.operation);
  else if (forms.operation === Binary.CMP) d.emit(Op.CMP8_RR, dst, src);
  else if (forms.operation === Binary.TEST) d.emit(Op.TEST8_RR, dst, src);
  else d.emit(Op.BINARY8_RR, dst, src, 0, forms.operation);
}

function emitBinaryImmediate(d: Decoder, forms: BinaryForms, size: number, dst: number): void {
  const immediate = d.immediate;
  if (size === 4) d.emit(forms.ri, dst, 0, immediate);
  else if (size === 2) d.emit(Op.BINARY16_RI, dst, 0, immediate, forms.operation);
  else if (forms.operation === Binary.CMP) d.emit(Op.CMP8_RI, dst, 0, (immediate << 24) >> 24);
  else if (forms.operation === Binary.TEST) d.emit(Op.TEST8_RI, dst, 0, immediate);
  else d.emit(Op.BINARY8_RI, dst, 0, immediate, forms.operation);
}

// ---------------------------------------------------------------------------------------------------------------
// One operand

function unary(operation: Unary, op32: number, flags: KnownFlags | null): Emitter {
  return (d, row) => {
    const size = sizeOf(d, row);
    modify(d, row, row.operands[0], size, (field) => {
      if (size === 4) d.emit(op32, field);
      else d.emit(size === 2 ? Op.UNARY16_R : Op.UNARY8_R, field, 0, 0, operation);
    });
    if (flags !== null) d.knownFlags = flags;
  };
}

/** MUL DIV IDIV and one-operand IMUL. */
function accumulator(byte: Handler, word: Handler, doubleword: Handler): Emitter {
  const ops = [0, handler(byte), handler(word), 0, handler(doubleword)];
  return (d, row) => {
    const size = sizeOf(d, row);
    const field = source(d, row, row.operands[0], size);
    emitHandler(d, ops[size], field);
  };
}

const multiplyAccumulator = accumulator(multiply.imul8, multiply.imul16, multiply.imul32);
const multiply16 = handler((cpu, w) => {
  const d = (w >>> Record.DST_SHIFT) & 63;
  cpu.m16[d] = multiply.multiply16(cpu.m, cpu.m16[d], cpu.m16[(w >>> Record.SRC_SHIFT) & 63]);
});
const multiplyImmediate16 = handler((cpu, w, p) => {
  cpu.m16[(w >>> Record.DST_SHIFT) & 63] = multiply.multiply16(
    cpu.m,
    cpu.m16[(w >>> Record.SRC_SHIFT) & 63],
    cpu.m[p + Record.IMMEDIATE],
  );
});

const imul: Emitter = (d, row) => {
  if (row.operands.length === 1) {
    multiplyAccumulator(d, row);
    return;
  }
  const size = d.operandSize;
  const from = source(d, row, row.operands[1], size);
  const to = d.register(d.reg, size);
  if (row.operands.length === 3) {
    if (size === 4) d.emit(Op.IMUL_RRI, to, from, d.immediate);
    else d.emit(multiplyImmediate16, to, from, d.immediate);
  } else {
    d.emit(size === 4 ? Op.IMUL_RR : multiply16, to, from);
  }
  d.knownFlags = KnownFlags.RESULT;
};

// ---------------------------------------------------------------------------------------------------------------
// Shifts

const shift16Register = handler((cpu, w, p) => {
  const d = (w >>> Record.DST_SHIFT) & 63;
  const count = cpu.m8[(w >>> Record.SRC_SHIFT) & 63];
  cpu.m16[d] = shift16(cpu.m, cpu.m[p + Record.DISPLACEMENT], cpu.m16[d], count);
});
const shift16Immediate = handler((cpu, w, p) => {
  const d = (w >>> Record.DST_SHIFT) & 63;
  cpu.m16[d] = shift16(cpu.m, cpu.m[p + Record.DISPLACEMENT], cpu.m16[d], cpu.m[p + Record.IMMEDIATE]);
});
const shift8Register = handler((cpu, w, p) => {
  const d = (w >>> Record.DST_SHIFT) & 63;
  const count = cpu.m8[(w >>> Record.SRC_SHIFT) & 63];
  cpu.m8[d] = shift8(cpu.m, cpu.m[p + Record.DISPLACEMENT], cpu.m8[d], count);
});
const shift8Immediate = handler((cpu, w, p) => {
  const d = (w >>> Record.DST_SHIFT) & 63;
  cpu.m8[d] = shift8(cpu.m, cpu.m[p + Record.DISPLACEMENT], cpu.m8[d], cpu.m[p + Record.IMMEDIATE]);
});
const SHIFT_R = [0, shift8Register, shift16Register, 0, Op.SHIFT32_RR];
const SHIFT_I = [0, shift8Immediate, shift16Immediate, 0, Op.SHIFT32_RI];

function shift(operation: Shift): Emitter {
  return (d, row) => {
    const size = sizeOf(d, row);
    const byRegister = row.operands[1] === "CL";
    const count = row.operands[1] === "1" ? 1 : d.immediate & 31;
    let known = KnownFlags.UNKNOWN;
    modify(d, row, row.operands[0], size, (field) => {
      if (byRegister) {
        d.emit(SHIFT_R[size], field, State.ECX * 4, 0, operation);
      } else if (size === 4 && count !== 0 && operation >= Shift.SHL) {
        const op = operation === Shift.SAR ? Op.SAR_RI : operation === Shift.SHR ? Op.SHR_RI : Op.SHL_RI;
        d.emit(op, field, 0, count);
        known = KnownFlags.RESULT;
      } else {
        d.emit(SHIFT_I[size], field, 0, count, operation);
      }
    });
    d.knownFlags = known;
  };
}

function shiftDouble(left: boolean): Emitter {
  const byRegister32 = handler((cpu, w) => {
    const d = (w >>> Record.DST_SHIFT) & 63;
    cpu.m[d] = shiftDouble32(cpu.m, left, cpu.m[d], cpu.m[(w >>> Record.SRC_SHIFT) & 63], cpu.m8[State.ECX * 4]);
  });
  const byImmediate32 = handler((cpu, w, p) => {
    const d = (w >>> Record.DST_SHIFT) & 63;
    const fill = cpu.m[(w >>> Record.SRC_SHIFT) & 63];
    cpu.m[d] = shiftDouble32(cpu.m, left, cpu.m[d], fill, cpu.m[p + Record.IMMEDIATE]);
  });
  const byRegister16 = handler((cpu, w) => {
    const d = (w >>> Record.DST_SHIFT) & 63;
    const fill = cpu.m16[(w >>> Record.SRC_SHIFT) & 63];
    cpu.m16[d] = shiftDouble16(cpu.m, left, cpu.m16[d], fill, cpu.m8[State.ECX * 4]);
  });
  const byImmediate16 = handler((cpu, w, p) => {
    const d = (w >>> Record.DST_SHIFT) & 63;
    const fill = cpu.m16[(w >>> Record.SRC_SHIFT) & 63];
    cpu.m16[d] = shiftDouble16(cpu.m, left, cpu.m16[d], fill, cpu.m[p + Record.IMMEDIATE]);
  });
  return (d, row) => {
    const size = d.operandSize;
    const fill = d.register(d.reg, size);
    modify(d, row, row.operands[0], size, (field) => {
      if (row.operands[2] === "CL") d.emit(size === 4 ? byRegister32 : byRegister16, field, fill);
      else d.emit(size === 4 ? byImmediate32 : byImmediate16, field, fill, d.immediate);
    });
    d.knownFlags = KnownFlags.UNKNOWN;
  };
}

// ---------------------------------------------------------------------------------------------------------------
// Bits

const bitTest32 = handler(bit.bitTest32);
const bitTest16 = handler(bit.bitTest16);
const bitOffset32 = handler(bit.bitStringOffset32);
const bitOffset16 = handler(bit.bitStringOffset16);

function bitTest(operation: bit.BitTest): Emitter {
  return (d, row) => {
    const size = d.operandSize;
    let bitField = d.register(d.reg, size);
    if (isImmediate(row.operands[1])) {
      d.emit(MOVE_I[size], d.temp2(size), 0, d.immediate & (size * 8 - 1));
      bitField = d.temp2(size);
    } else if (d.isMemory) {
      // A bit string: the register's upper bits move the address.
      d.emitMemory(Op.LEA, State.TEMP);
      d.emit(size === 4 ? bitOffset32 : bitOffset16, bitField);
      d.base = State.TEMP;
      d.index = State.TEMP2;
      d.scale = 0;
      d.displacement = 0;
    }
    const op = size === 4 ? bitTest32 : bitTest16;
    if (operation === bit.BitTest.BT) {
      const field = source(d, row, row.operands[0], size);
      d.emit(op, field, bitField, 0, operation);
    } else {
      modify(d, row, row.operands[0], size, (field) => d.emit(op, field, bitField, 0, operation));
    }
    d.knownFlags = KnownFlags.UNKNOWN;
  };
}

/** A handler that takes its r/m operand in src and writes the register in dst: BSF BSR. */
function toRegister(word: Handler, doubleword: Handler): Emitter {
  const op16 = handler(word);
  const op32 = handler(doubleword);
  return (d, row) => {
    const size = d.operandSize;
    const from = source(d, row, row.operands[1], size);
    emitHandler(d, size === 4 ? op32 : op16, d.register(d.reg, size), from);
  };
}

function byteSwap(): Emitter {
  const op16 = handler(bit.byteSwap16);
  const op32 = handler(bit.byteSwap32);
  return (d, row) => {
    const size = d.operandSize;
    d.emit(size === 4 ? op32 : op16, registerField(d, row, row.operands[0], size));
  };
}

// ---------------------------------------------------------------------------------------------------------------
// Moves

const move: Emitter = (d, row) => {
  const [to, from] = row.operands;
  if (to === "Sreg" || from === "Sreg") {
    moveSegment(d, row);
    return;
  }
  if (to === "CRn" || from === "CRn" || to === "DRn" || from === "DRn") {
    moveControl(d, row);
    return;
  }
  const size = sizeOf(d, row);
  if (isImmediate(from)) {
    if (inMemory(d, to)) {
      d.resolveAddress(size, true);
      d.emitMemory(STORE_I[size], 0, 0, d.immediate);
    } else {
      d.emit(MOVE_I[size], registerField(d, row, to, size), 0, d.immediate);
    }
  } else if (to.startsWith("moffs")) {
    d.resolveAddress(size, true);
    d.emitMemory(STORE[size], d.register(State.EAX, size));
  } else if (from.startsWith("moffs")) {
    d.resolveAddress(size, false);
    d.emitMemory(LOAD[size], d.register(State.EAX, size));
  } else if (inMemory(d, to)) {
    writeBack(d, row, to, size, registerField(d, row, from, size));
  } else if (inMemory(d, from)) {
    d.resolveAddress(size, false);
    d.emitMemory(LOAD[size], registerField(d, row, to, size));
  } else {
    d.emit(MOVE[size], registerField(d, row, to, size), registerField(d, row, from, size));
  }
};

/** MOVZX and MOVSX: from bytes or words to the operand size. */
function extend(load8: number, load16: number, move8: number, move16: number): Emitter {
  return (d, row) => {
    const from = row.operands[1] === "r/m8" ? 1 : 2;
    // A 16-bit destination gets the low half of the extended value by way of TEMP2.
    const to = d.operandSize === 4 ? d.reg : State.TEMP2;
    if (d.isMemory) {
      d.resolveAddress(from, false);
      d.emitMemory(from === 1 ? load8 : load16, to);
    } else {
      d.emit(from === 1 ? move8 : move16, to, d.register(d.rm, from));
    }
    if (d.operandSize === 2) d.emit(Op.MOV16_RR, d.register(d.reg, 2), d.temp2(2));
  };
}

const loadEffectiveAddress: Emitter = (d) => {
  d.resolveOffset();
  if (d.operandSize === 4) {
    d.emitMemory(Op.LEA, d.reg);
  } else {
    d.emitMemory(Op.LEA, State.TEMP);
    d.emit(Op.MOV16_RR, d.register(d.reg, 2), d.temp(2));
  }
};

/** A handler on (dst field, src field) for each size, with a read-modify-write first operand. */
function onBoth(op8: number, op16: number, op32: number, flags: KnownFlags | null): Emitter {
  const ops = [0, op8, op16, 0, op32];
  return (d, row) => {
    const size = sizeOf(d, row);
    const [to, from] = row.operands;
    modify(d, row, to, size, (field) => d.emit(ops[size], field, registerField(d, row, from, size)));
    if (flags !== null) d.knownFlags = flags;
  };
}

const exchangeBoth = onBoth(handler(exchange.exchange8), handler(exchange.exchange16), Op.XCHG_RR, null);

const exchangeOperands: Emitter = (d, row) => {
  // 90h is NOP (F3h before it: PAUSE).
  if (d.opcode === 0x90) d.emit(Op.NOP);
  else exchangeBoth(d, row);
};

function conditionalMove(code: number): Emitter {
  return (d, row) => {
    const size = d.operandSize;
    const known = d.knownFlags;
    const from = source(d, row, row.operands[1], size);
    if (size === 4) d.emit(Op.CMOVCC, d.reg, from, code);
    else d.emit(conditionalMove16, d.register(d.reg, 2), from, code);
    d.knownFlags = known;
  };
}
const conditionalMove16 = handler((cpu, w, p) => {
  if (condition(cpu.m, cpu.m[p + Record.IMMEDIATE])) {
    cpu.m16[(w >>> Record.DST_SHIFT) & 63] = cpu.m16[(w >>> Record.SRC_SHIFT) & 63];
  }
});

function setCondition(code: number): Emitter {
  return (d, row) => {
    const known = d.knownFlags;
    if (d.isMemory) {
      d.resolveAddress(1, true);
      d.emit(Op.SETCC, d.temp2(1), 0, code);
      d.emitMemory(Op.STORE8, d.temp2(1));
    } else {
      d.emit(Op.SETCC, registerField(d, row, row.operands[0], 1), 0, code);
    }
    d.knownFlags = known;
  };
}

/** XLAT: AL from DS:[EBX + AL]. */
const translateHandler = handler((cpu) => {
  cpu.m[State.TEMP2] = cpu.m8[State.EAX * 4];
});
const translate: Emitter = (d) => {
  d.emit(translateHandler);
  d.base = State.EBX;
  d.index = State.TEMP2;
  d.scale = 0;
  d.displacement = 0;
  d.segment = d.dataSegment();
  d.resolveAddress(1, false);
  d.emitMemory(Op.LOAD8, d.register(State.EAX, 1));
};

const signExtendByte = handler((cpu) => {
  cpu.m16[State.EAX * 2] = (cpu.m8[State.EAX * 4] << 24) >> 24;
});
const signExtendWord = handler((cpu) => {
  cpu.m16[State.EDX * 2] = (cpu.m16[State.EAX * 2] << 16) >> 31;
});

// ---------------------------------------------------------------------------------------------------------------
// Stack

const pushWord = handler(stack.pushWord);
const pushDoubleword = handler(stack.pushDoubleword);
const popWord = handler(stack.popWord);
const popDoubleword = handler(stack.popDoubleword);
const popMemory16 = handler(stack.popMemory16);
const popMemory32 = handler(stack.popMemory32);
const leave16 = handler(stack.leave16);
const leave32 = handler(stack.leave32);
const popSegment = handler(segment.popSegment);
const popStackSegment = endingHandler(segment.popSegment);
const moveFromSegment = handler(segment.moveFromSegment);

function segmentNamed(operand: string): number {
  return ["ES", "CS", "SS", "DS", "FS", "GS"].indexOf(operand);
}

const push: Emitter = (d, row) => {
  const [operand] = row.operands;
  const size = d.operandSize;
  const flat = d.stackIsFlat && size === 4;
  if (segmentNamed(operand) !== -1) {
    d.emit(moveFromSegment, State.TEMP, segmentNamed(operand));
    emitPush(d, d.temp(size));
  } else if (isImmediate(operand)) {
    if (flat) {
      d.emit(Op.PUSH_I, 0, 0, d.immediate);
    } else {
      d.emit(MOVE_I[size], d.temp(size), 0, d.immediate);
      emitPush(d, d.temp(size));
    }
  } else if (inMemory(d, operand) && flat) {
    d.resolveAddress(4, false);
    d.emitMemory(Op.PUSH_M);
  } else {
    emitPush(d, source(d, row, operand, size));
  }
};

function emitPush(d: Decoder, field: number): void {
  if (d.operandSize === 2) d.emit(pushWord, field);
  else d.emit(d.stackIsFlat ? Op.PUSH_R : pushDoubleword, field);
}

const pop: Emitter = (d, row) => {
  const [operand] = row.operands;
  const size = d.operandSize;
  if (segmentNamed(operand) !== -1) {
    emitHandler(d, operand === "SS" ? popStackSegment : popSegment, segmentNamed(operand), 0, size);
  } else if (inMemory(d, operand)) {
    const check = size | SegmentCheck.WRITE | (d.address16 ? SegmentCheck.ADDRESS16 : 0);
    d.emitMemory(size === 4 ? popMemory32 : popMemory16, d.segment, 0, check);
  } else {
    const field = registerField(d, row, operand, size);
    if (size === 2) d.emit(popWord, field);
    else d.emit(d.stackIsFlat ? Op.POP_R : popDoubleword, field);
  }
};

const leave: Emitter = (d) => {
  if (d.operandSize === 2) d.emit(leave16);
  else d.emit(d.stackIsFlat ? Op.LEAVE : leave32);
};

function enter(): Emitter {
  const op16 = handler(stack.enter16);
  const op32 = handler(stack.enter32);
  return (d) => emitHandler(d, d.operandSize === 4 ? op32 : op16, 0, 0, d.immediate | (d.immediate2 << 16));
}

// ---------------------------------------------------------------------------------------------------------------
// Control transfer

const jumpRelativeOp = endingHandler(transfer.jumpRelative);
const jumpIndirectOp = endingHandler(transfer.jumpIndirect);
const jumpConditionalOp = endingHandler(transfer.jumpConditional);
const callRelativeOp = endingHandler(transfer.callRelative);
const callIndirectOp = endingHandler(transfer.callIndirect);
const returnNearOp = endingHandler(transfer.returnNear);
const loopOp = endingHandler(transfer.loop);
const jumpFarOp = endingHandler(far.jumpFar);
const callFarOp = endingHandler(far.callFar);
const jumpFarIndirectOp = endingHandler(far.jumpFarIndirect);
const callFarIndirectOp = endingHandler(far.callFarIndirect);
const returnFarOp = endingHandler(far.returnFar);

function emitJump(d: Decoder, op: number, taken: number, links: number, dst = 0, immediate = 0): void {
  d.emit(op, dst, 0, immediate);
  d.finishJump(d.lastRecord, taken, d.nextDistance, links);
}

function farOrNear(near: number, direct: number, indirect: number, isCall: boolean): Emitter {
  const op = isCall ? Op.CALL : Op.JMP;
  const opRegister = isCall ? Op.CALL_R : Op.JMP_R;
  const indirectNear = isCall ? callIndirectOp : jumpIndirectOp;
  return (d, row) => {
    const [operand] = row.operands;
    const flat = d.jumpsAreFlat && (!isCall || d.stackIsFlat);
    if (operand.startsWith("rel")) {
      if (flat) emitJump(d, op, d.nextDistance + d.immediate, 1);
      else emitHandler(d, near, d.operandSize, 0, d.immediate);
    } else if (operand.startsWith("ptr")) {
      emitHandler(d, direct, 0, d.operandSize, d.immediate, d.immediate2);
    } else if (operand.startsWith("m16")) {
      d.resolveAddress(d.operandSize + 2, false);
      emitMemoryHandler(d, indirect, 0, 0, d.operandSize);
    } else {
      const size = d.operandSize;
      const field = source(d, row, operand, size);
      if (flat) emitJump(d, opRegister, 0, 0, field);
      else emitHandler(d, indirectNear, size, size === 4 ? field : field / 2);
    }
  };
}

const jump = farOrNear(jumpRelativeOp, jumpFarOp, jumpFarIndirectOp, false);
const call = farOrNear(callRelativeOp, callFarOp, callFarIndirectOp, true);

const returnNear: Emitter = (d, row) => {
  const drop = row.operands.length === 0 ? 0 : d.immediate;
  if (d.jumpsAreFlat && d.stackIsFlat) emitJump(d, drop === 0 ? Op.RET : Op.RET_I, 0, 0, 0, drop);
  else emitHandler(d, returnNearOp, d.operandSize, 0, drop);
};

const returnFar: Emitter = (d, row) => {
  emitHandler(d, returnFarOp, d.operandSize, 0, row.operands.length === 0 ? 0 : d.immediate);
};

/** By condition code: jumps that know what set the flags; 0 where the general one is needed. */
const AFTER_RESULT = [0, 0, 0, 0, Op.JZ_RESULT, Op.JNZ_RESULT, 0, 0, Op.JS_RESULT, Op.JNS_RESULT, 0, 0, 0, 0, 0, 0];
const AFTER_LOGIC = [
  ...[0, 0, 0, 0, Op.JZ_RESULT, Op.JNZ_RESULT, Op.JZ_RESULT, Op.JNZ_RESULT],
  ...[Op.JS_RESULT, Op.JNS_RESULT, 0, 0, Op.JS_RESULT, Op.JNS_RESULT, Op.JLE_LOGIC, Op.JG_LOGIC],
];
const AFTER_SUB = [
  ...[0, 0, Op.JB_SUB, Op.JAE_SUB, Op.JZ_SUB, Op.JNZ_SUB, Op.JBE_SUB, Op.JA_SUB],
  ...[0, 0, 0, 0, Op.JL_SUB, Op.JGE_SUB, Op.JLE_SUB, Op.JG_SUB],
];
const FUSED_CMP_RR = [
  ...[0, 0, Op.CMP_JB_RR, Op.CMP_JAE_RR, Op.CMP_JZ_RR, Op.CMP_JNZ_RR, Op.CMP_JBE_RR, Op.CMP_JA_RR],
  ...[0, 0, 0, 0, Op.CMP_JL_RR, Op.CMP_JGE_RR, Op.CMP_JLE_RR, Op.CMP_JG_RR],
];
const FUSED_CMP_RI = [
  ...[0, 0, Op.CMP_JB_RI, Op.CMP_JAE_RI, Op.CMP_JZ_RI, Op.CMP_JNZ_RI, Op.CMP_JBE_RI, Op.CMP_JA_RI],
  ...[0, 0, 0, 0, Op.CMP_JL_RI, Op.CMP_JGE_RI, Op.CMP_JLE_RI, Op.CMP_JG_RI],
];
const FUSED_TEST_RR = [
  ...[0, 0, 0, 0, Op.TEST_JZ_RR, Op.TEST_JNZ_RR, Op.TEST_JZ_RR, Op.TEST_JNZ_RR],
  ...[Op.TEST_JS_RR, Op.TEST_JNS_RR, 0, 0, Op.TEST_JS_RR, Op.TEST_JNS_RR, Op.TEST_JLE_RR, Op.TEST_JG_RR],
];

function jumpConditional(code: number): Emitter {
  return (d) => {
    if (!d.jumpsAreFlat) {
      emitHandler(d, jumpConditionalOp, d.operandSize, code, d.immediate);
      return;
    }
    const taken = d.nextDistance + d.immediate;
    const fusible = d.previousFusible;
    if (fusible !== 0) {
      const first = d.m[fusible] & Record.OP_MASK;
      const table = first === Op.CMP_RR ? FUSED_CMP_RR : first === Op.CMP_RI ? FUSED_CMP_RI : FUSED_TEST_RR;
      const fused = table[code];
      if (fused !== 0 && first !== Op.TEST_RI) {
        d.m[fusible] = (d.m[fusible] & ~Record.OP_MASK) | fused;
        d.finishJump(fusible, taken, d.nextDistance, 2);
        return;
      }
    }
    const known = d.knownFlags;
    const table = known === KnownFlags.SUB ? AFTER_SUB : known === KnownFlags.LOGIC ? AFTER_LOGIC : AFTER_RESULT;
    const op = known === KnownFlags.UNKNOWN ? 0 : table[code];
    emitJump(d, op !== 0 ? op : Op.JCC, taken, 2, op !== 0 ? 0 : code);
  };
}

function loop(kind: number): Emitter {
  return (d) => emitHandler(d, loopOp, d.operandSize, kind | (d.address16 ? 4 : 0), d.immediate);
}

/** Instructions whose handler wants the operand size in dst. */
function sized(execute: Handler): Emitter {
  const op = endingHandler(execute);
  return (d) => emitHandler(d, op, d.operandSize, 0, d.immediate);
}

// ---------------------------------------------------------------------------------------------------------------
// Strings

function stringInstruction(once: Handler, repeated: Handler, usesSource: boolean, size1: boolean): Emitter {
  const single = handler(once);
  // Port input and output may change what is pending: they end the block.
  const singleEnding = endingHandler(once);
  const rep = endingHandler(repeated);
  return (d, row) => {
    const size = size1 ? 1 : d.operandSize;
    const info =
      size |
      (d.address16 ? StringInfo.ADDRESS16 : 0) |
      (d.repeat === Repeat.REP ? StringInfo.REP : d.repeat === Repeat.REPNE ? StringInfo.REPNE : 0) |
      ((usesSource ? d.dataSegment() : Segment.ES) << StringInfo.SEGMENT_SHIFT);
    const port = row.mnemonic.startsWith("INS") || row.mnemonic.startsWith("OUTS");
    const op = d.repeat !== Repeat.NONE ? rep : port ? singleEnding : single;
    emitHandler(d, op, 0, 0, info);
  };
}

// ---------------------------------------------------------------------------------------------------------------
// Input and output

function portInstruction(byte: Handler, word: Handler, doubleword: Handler): Emitter {
  const ops = [0, endingHandler(byte), endingHandler(word), 0, endingHandler(doubleword)];
  return (d, row) => {
    const port = row.operands.includes("DX") ? -1 : d.immediate;
    emitHandler(d, ops[sizeOf(d, row)], 0, 0, port);
  };
}

// ---------------------------------------------------------------------------------------------------------------
// Segments and system

const moveToSegment = handler(segment.moveToSegment);
const moveToStackSegment = endingHandler(segment.moveToSegment);

function moveSegment(d: Decoder, row: Instruction): void {
  if (d.reg > Segment.GS || (row.operands[0] === "Sreg" && d.reg === Segment.CS)) {
    emitInvalid(d);
  } else if (row.operands[0] === "Sreg") {
    let field: number = d.rm;
    if (d.isMemory) {
      d.resolveAddress(2, false);
      d.emitMemory(Op.LOAD16, d.temp(2));
      field = State.TEMP;
    }
    emitHandler(d, d.reg === Segment.SS ? moveToStackSegment : moveToSegment, d.reg, field);
  } else if (d.isMemory) {
    d.emit(moveFromSegment, State.TEMP2, d.reg);
    d.resolveAddress(2, true);
    d.emitMemory(Op.STORE16, d.temp2(2));
  } else {
    d.emit(moveFromSegment, State.TEMP2, d.reg);
    d.emit(MOVE[d.operandSize], d.register(d.rm, d.operandSize), d.temp2(d.operandSize));
  }
}

const moveToControl = endingHandler(control.moveToControl);
const moveFromControl = handler(control.moveFromControl);
const moveToDebug = endingHandler(control.moveToDebug);
const moveFromDebug = handler(control.moveFromDebug);

function moveControl(d: Decoder, row: Instruction): void {
  switch (row.operands.join()) {
    case "CRn,r32":
      emitHandler(d, moveToControl, d.reg, d.rm);
      break;
    case "r32,CRn":
      d.emit(moveFromControl, d.rm, d.reg);
      break;
    case "DRn,r32":
      emitHandler(d, moveToDebug, d.reg, d.rm);
      break;
    default:
      d.emit(moveFromDebug, d.rm, d.reg);
  }
}

const loadFarPointer = endingHandler(segment.loadFarPointer);

function farPointer(register: Segment): Emitter {
  return (d) => {
    d.resolveAddress(d.operandSize + 2, false);
    emitMemoryHandler(d, loadFarPointer, d.reg, register, d.operandSize);
  };
}

const protectedOnly = handler(segment.protectedModeOnly);
const protectedAndPrivileged = handler(segment.protectedAndPrivileged);
const privilegedOnly = handler(segment.privilegedOnly);

/** Handlers that take a selector or word from r/m16 in dst. */
function fromWord(execute: Handler, check: number, endsBlock: boolean): Emitter {
  const op = endsBlock ? endingHandler(execute) : handler(execute);
  return (d) => {
    // #UD and the lack of privilege come before any fault of the operand.
    d.emit(check);
    let field: number = d.rm;
    if (d.isMemory) {
      d.resolveAddress(2, false);
      d.emitMemory(Op.LOAD16, d.temp(2));
      field = State.TEMP;
    }
    emitHandler(d, op, field);
  };
}

/** SLDT STR: a selector to r/m: 16 bits in memory, zero-extended in a register. `from`: the segment register. */
function storeSelector(from: Segment): Emitter {
  const op = handler(segment.storeSystemSegment);
  return (d) => {
    emitHandler(d, op, State.TEMP2, from);
    if (d.isMemory) {
      d.resolveAddress(2, true);
      d.emitMemory(Op.STORE16, d.temp2(2));
    } else {
      d.emit(MOVE[d.operandSize], d.register(d.rm, d.operandSize), d.temp2(d.operandSize));
    }
  };
}

const storeMachineStatusOp = handler(control.storeMachineStatus);
const storeMachineStatus: Emitter = (d) => {
  d.emit(storeMachineStatusOp, State.TEMP2);
  if (d.isMemory) {
    d.resolveAddress(2, true);
    d.emitMemory(Op.STORE16, d.temp2(2));
  } else {
    d.emit(MOVE[d.operandSize], d.register(d.rm, d.operandSize), d.temp2(d.operandSize));
  }
};

/** LAR LSL: selector from r/m16, a register of the operand size in dst. */
function inspectSelector(execute: Handler): Emitter {
  const op = handler(execute);
  return (d) => {
    d.emit(protectedOnly);
    let field: number = d.rm;
    if (d.isMemory) {
      d.resolveAddress(2, false);
      d.emitMemory(Op.LOAD16, d.temp(2));
      field = State.TEMP;
    }
    emitHandler(d, op, d.reg, field, d.operandSize);
  };
}

const adjustRpl = handler(segment.adjustRpl);
const adjustRplInMemory = handler(segment.adjustRplInMemory);

/** ARPL is #UD outside protected mode, before its operand is looked at. */
const adjustRplOperands: Emitter = (d) => {
  d.emit(protectedOnly);
  if (d.isMemory) {
    d.resolveAddress(2, false);
    emitMemoryHandler(d, adjustRplInMemory, d.segment, d.reg);
  } else {
    emitHandler(d, adjustRpl, d.rm, d.reg);
  }
};

/** A handler on a memory operand of `bytes` bytes; the register field in dst, the operand size in the immediate. */
function onMemory(execute: Handler, bytes: number, write: boolean, endsBlock: boolean): Emitter {
  const op = endsBlock ? endingHandler(execute) : handler(execute);
  return (d) => {
    d.resolveAddress(bytes, write);
    emitMemoryHandler(d, op, d.register(d.reg, d.operandSize), 0, d.operandSize);
  };
}

const invalidatePageOp = endingHandler(system.invalidatePage);
const invalidatePage: Emitter = (d) => {
  // Only the base is added; the limit is not checked (SDM 2, INVLPG).
  if (!d.addressIsFlat) {
    d.emitMemory(invalidateAddress, d.segment, 0, d.address16 ? SegmentCheck.ADDRESS16 : 0);
    d.base = State.ADDRESS;
    d.index = State.ZERO;
    d.scale = 0;
    d.displacement = 0;
  }
  emitMemoryHandler(d, invalidatePageOp, 0);
};
const invalidateAddress = handler((cpu, w, p) => {
  const m = cpu.m;
  let offset = operandAddress(m, w, p);
  if ((m[p + Record.IMMEDIATE] & SegmentCheck.ADDRESS16) !== 0) offset &= 0xffff;
  m[State.ADDRESS] = (segmentBase(m, (w >>> Record.DST_SHIFT) & 63) + offset) | 0;
});

const boundOp16 = handler(exchange.bound16);
const boundOp32 = handler(exchange.bound32);
const bound: Emitter = (d) => {
  d.resolveAddress(d.operandSize * 2, false);
  emitMemoryHandler(d, d.operandSize === 4 ? boundOp32 : boundOp16, d.register(d.reg, d.operandSize));
};

// ---------------------------------------------------------------------------------------------------------------
// Undefined and unimplemented encodings

const invalidOp = endingHandler(system.undefinedOpcode);
const tooLongOp = endingHandler((cpu) => generalProtection(cpu.m, 0));
const unimplementedOp = endingHandler((cpu, _w, p) => {
  cpu.reportUnimplemented(unimplementedName(cpu.m[p + Record.IMMEDIATE]));
  raise(cpu.m, Vector.UD);
});

/** Undefined: #UD. */
export function emitInvalid(d: Decoder): void {
  emitHandler(d, invalidOp, 0);
}

/** More than 15 bytes: #GP(0). */
export function emitTooLong(d: Decoder): void {
  emitHandler(d, tooLongOp, 0);
}

/** Defined for some processor, but not implemented: #UD, and the host is told. */
const unimplemented: Emitter = (d) => emitHandler(d, unimplementedOp, 0, 0, d.opcode);

/** MMX, SSE and their kin by opcode (100h more after 0Fh), or "" for what no processor defines. */
function unimplementedName(opcode: number): string {
  const second = opcode - 0x100;
  if (second < 0) return "";
  if (second === 0xae) return "FXSAVE group";
  if (second >= 0x10 && second <= 0x17) return "SSE move";
  if (second >= 0x28 && second <= 0x2f) return "SSE conversion";
  if (second >= 0x50 && second <= 0x7f && second !== 0x7a && second !== 0x7b) return "MMX/SSE";
  if (second === 0xc2 || (second >= 0xc4 && second <= 0xc6)) return "SSE";
  if (second >= 0xd0 && second <= 0xfe) return "MMX/SSE";
  if (second === 0x33) return "RDPMC";
  return "";
}

// ---------------------------------------------------------------------------------------------------------------
// The map from mnemonics

const CONDITIONS = ["O", "NO", "B", "AE", "E", "NE", "BE", "A", "S", "NS", "P", "NP", "L", "GE", "LE", "G"];

const emitters: { [mnemonic: string]: Emitter } = {
  ADD: binary({ operation: Binary.ADD, rr: Op.ADD_RR, ri: Op.ADD_RI, rm: Op.ADD_RM, flags: KnownFlags.RESULT }),
  OR: binary({ operation: Binary.OR, rr: Op.OR_RR, ri: Op.OR_RI, rm: Op.OR_RM, flags: KnownFlags.LOGIC }),
  ADC: binary({ operation: Binary.ADC, rr: Op.ADC_RR, ri: Op.ADC_RI, rm: 0, flags: KnownFlags.RESULT }),
  SBB: binary({ operation: Binary.SBB, rr: Op.SBB_RR, ri: Op.SBB_RI, rm: 0, flags: KnownFlags.UNKNOWN }),
  AND: binary({ operation: Binary.AND, rr: Op.AND_RR, ri: Op.AND_RI, rm: Op.AND_RM, flags: KnownFlags.LOGIC }),
  SUB: binary({ operation: Binary.SUB, rr: Op.SUB_RR, ri: Op.SUB_RI, rm: Op.SUB_RM, flags: KnownFlags.SUB }),
  XOR: binary({ operation: Binary.XOR, rr: Op.XOR_RR, ri: Op.XOR_RI, rm: Op.XOR_RM, flags: KnownFlags.LOGIC }),
  CMP: binary({ operation: Binary.CMP, rr: Op.CMP_RR, ri: Op.CMP_RI, rm: Op.CMP_RM, flags: KnownFlags.SUB }),
  TEST: binary({ operation: Binary.TEST, rr: Op.TEST_RR, ri: Op.TEST_RI, rm: 0, flags: KnownFlags.LOGIC }),
  INC: unary(Unary.INC, Op.INC_R, KnownFlags.RESULT),
  DEC: unary(Unary.DEC, Op.DEC_R, KnownFlags.RESULT),
  NEG: unary(Unary.NEG, Op.NEG_R, KnownFlags.SUB),
  NOT: unary(Unary.NOT, Op.NOT_R, null),
  MUL: accumulator(multiply.mul8, multiply.mul16, multiply.mul32),
  IMUL: imul,
  DIV: accumulator(multiply.div8, multiply.div16, multiply.div32),
  IDIV: accumulator(multiply.idiv8, multiply.idiv16, multiply.idiv32),
  DAA: plain(bcd.decimalAdjustAdd),
  DAS: plain(bcd.decimalAdjustSubtract),
  AAA: plain(bcd.asciiAdjustAdd),
  AAS: plain(bcd.asciiAdjustSubtract),
  AAM: plain(bcd.asciiAdjustMultiply),
  AAD: plain(bcd.asciiAdjustDivide),
  CBW: bySize(
    (d) => d.emit(signExtendByte),
    (d) => d.emit(Op.CWDE),
  ),
  CWD: bySize(
    (d) => d.emit(signExtendWord),
    (d) => d.emit(Op.CDQ),
  ),

  ROL: shift(Shift.ROL),
  ROR: shift(Shift.ROR),
  RCL: shift(Shift.RCL),
  RCR: shift(Shift.RCR),
  SHL: shift(Shift.SHL),
  SHR: shift(Shift.SHR),
  SAL: shift(Shift.SAL),
  SAR: shift(Shift.SAR),
  SHLD: shiftDouble(true),
  SHRD: shiftDouble(false),

  BT: bitTest(bit.BitTest.BT),
  BTS: bitTest(bit.BitTest.BTS),
  BTR: bitTest(bit.BitTest.BTR),
  BTC: bitTest(bit.BitTest.BTC),
  BSF: toRegister(bit.bitScanForward16, bit.bitScanForward32),
  BSR: toRegister(bit.bitScanReverse16, bit.bitScanReverse32),
  BSWAP: byteSwap(),
  CMC: plain(bit.complementCarry),
  CLC: plain(bit.clearCarry),
  STC: plain(bit.setCarry),
  CLD: plain(bit.clearDirection),
  STD: plain(bit.setDirection),
  SAHF: plain(bcd.storeAhIntoFlags),
  LAHF: plain(bcd.loadAhFromFlags),
  SALC: plain(bcd.setAlFromCarry),

  MOV: move,
  MOVZX: extend(Op.LOAD_ZX8, Op.LOAD_ZX16, Op.MOVZX8, Op.MOVZX16),
  MOVSX: extend(Op.LOAD_SX8, Op.LOAD_SX16, Op.MOVSX8, Op.MOVSX16),
  LEA: loadEffectiveAddress,
  XCHG: exchangeOperands,
  XLAT: translate,
  CMPXCHG: onBoth(
    handler(exchange.compareExchange8),
    handler(exchange.compareExchange16),
    handler(exchange.compareExchange32),
    KnownFlags.SUB,
  ),
  XADD: onBoth(
    handler(exchange.exchangeAdd8),
    handler(exchange.exchangeAdd16),
    handler(exchange.exchangeAdd32),
    KnownFlags.RESULT,
  ),
  CMPXCHG8B: onMemory(exchange.compareExchange64, 8, true, false),

  PUSH: push,
  POP: pop,
  PUSHA: bySize(plain(stack.pushAll16), plain(stack.pushAll32)),
  POPA: bySize(plain(stack.popAll16), plain(stack.popAll32)),
  PUSHF: bySize(plain(system.pushFlags16), plain(system.pushFlags32)),
  POPF: bySize(ending(system.popFlags16), ending(system.popFlags32)),
  ENTER: enter(),
  LEAVE: leave,

  JMP: jump,
  CALL: call,
  RET: returnNear,
  RETF: returnFar,
  LOOPNE: loop(0),
  LOOPE: loop(1),
  LOOP: loop(2),
  JCXZ: loop(3),
  INT3: ending(interrupt.breakpointInstruction),
  INT: ending(interrupt.interruptInstruction),
  INTO: ending(interrupt.overflowInstruction),
  INT1: ending(interrupt.debugInstruction),
  IRET: sized(interrupt.interruptReturn),
  BOUND: bound,
  UD2: (d) => emitInvalid(d),

  MOVSB: stringInstruction(string.movs, string.repMovs, true, true),
  MOVSV: stringInstruction(string.movs, string.repMovs, true, false),
  CMPSB: stringInstruction(string.cmps, string.repCmps, true, true),
  CMPSV: stringInstruction(string.cmps, string.repCmps, true, false),
  STOSB: stringInstruction(string.stos, string.repStos, false, true),
  STOSV: stringInstruction(string.stos, string.repStos, false, false),
  LODSB: stringInstruction(string.lods, string.repLods, true, true),
  LODSV: stringInstruction(string.lods, string.repLods, true, false),
  SCASB: stringInstruction(string.scas, string.repScas, false, true),
  SCASV: stringInstruction(string.scas, string.repScas, false, false),
  INSB: stringInstruction(string.ins, string.repIns, false, true),
  INSV: stringInstruction(string.ins, string.repIns, false, false),
  OUTSB: stringInstruction(string.outs, string.repOuts, true, true),
  OUTSV: stringInstruction(string.outs, string.repOuts, true, false),

  IN: portInstruction(io.in8, io.in16, io.in32),
  OUT: portInstruction(io.out8, io.out16, io.out32),

  LES: farPointer(Segment.ES),
  LDS: farPointer(Segment.DS),
  LSS: farPointer(Segment.SS),
  LFS: farPointer(Segment.FS),
  LGS: farPointer(Segment.GS),
  SLDT: storeSelector(Segment.LDTR),
  STR: storeSelector(Segment.TR),
  LLDT: fromWord(segment.loadLdt, protectedAndPrivileged, false),
  LTR: fromWord(segment.loadTask, protectedAndPrivileged, false),
  VERR: fromWord(segment.verifyRead, protectedOnly, false),
  VERW: fromWord(segment.verifyWrite, protectedOnly, false),
  LAR: inspectSelector(segment.loadAccessRights),
  LSL: inspectSelector(segment.loadSegmentLimit),
  ARPL: adjustRplOperands,

  SGDT: onMemory(system.storeGdt, 6, true, false),
  SIDT: onMemory(system.storeIdt, 6, true, false),
  LGDT: onMemory(system.loadGdt, 6, false, false),
  LIDT: onMemory(system.loadIdt, 6, false, false),
  SMSW: storeMachineStatus,
  LMSW: fromWord(control.loadMachineStatus, privilegedOnly, true),
  INVLPG: invalidatePage,
  CLTS: plain(control.clearTaskSwitched),
  INVD: plain(system.flushCaches),
  WBINVD: plain(system.flushCaches),
  CLI: plain(system.clearInterruptFlag),
  STI: ending(system.setInterruptFlag),
  HLT: ending(system.halt),
  RDTSC: plain(system.readTimestampCounter),
  RDMSR: plain(system.readMsr),
  WRMSR: plain(system.writeMsr),
  CPUID: plain(identify),
  SYSENTER: ending(system.systemEnter),
  SYSEXIT: ending(system.systemExit),
  NOP: (d) => d.emit(Op.NOP),
  WAIT: plain(wait),
};
for (let code = 0; code < 16; code++) {
  emitters[`J${CONDITIONS[code]}`] = jumpConditional(code);
  emitters[`SET${CONDITIONS[code]}`] = setCondition(code);
  emitters[`CMOV${CONDITIONS[code]}`] = conditionalMove(code);
}
for (let i = 0; i < 8; i++) emitters[`ESC${i}`] = escape(unimplemented);

const emitterByRow = instructions.map((row) => {
  const emitter = emitters[row.mnemonic];
  if (emitter === undefined) throw new Error(`no emitter for ${row.mnemonic}`);
  return emitter;
});

/** The emitter for what the decoder has read; null for an undefined encoding. */
export function emitterOf(row: Instruction | null, d: Decoder): Emitter | null {
  if (row === null) return unimplementedName(d.opcode) === "" ? null : unimplemented;
  // LOCK needs a memory destination, and an instruction that can be locked (SDM 2, LOCK).
  if (d.lock && !(row.lockable && d.isMemory)) return null;
  if (row.memoryOnly && !d.isMemory) return null;
  return emitterByRow[row.id];
}
