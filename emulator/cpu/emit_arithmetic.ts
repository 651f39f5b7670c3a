import * as bcd from "./bcd.ts";
import type { Decoder } from "./decode.ts";
import {
  sizeOf,
  isImmediate,
  registerField,
  inMemory,
  LOAD,
  source,
  modify,
  plain,
  emitHandler,
  bySize,
  type Emitter,
  type EmitterMap,
} from "./emit_operands.ts";
import { handler, type Handler } from "./handlers.ts";
import type { Instruction } from "./instructions.ts";
import { State } from "./layout.ts";
import * as multiply from "./multiply.ts";
import { Binary, KnownFlags, Op, Record, Unary } from "./operation.ts";

/* ADD OR ADC SBB AND SUB XOR CMP TEST, INC DEC NEG NOT, MUL DIV, BCD, sign extension. */

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

const signExtendByte = handler((cpu) => {
  cpu.m16[State.EAX * 2] = (cpu.m8[State.EAX * 4] << 24) >> 24;
});
const signExtendWord = handler((cpu) => {
  cpu.m16[State.EDX * 2] = (cpu.m16[State.EAX * 2] << 16) >> 31;
});

/** By mnemonic. */
export const arithmetic: EmitterMap = {
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
};
