import * as bcd from "./bcd.ts";
import * as bit from "./bit.ts";
import {
  sizeOf,
  isImmediate,
  registerField,
  MOVE_I,
  source,
  modify,
  plain,
  emitHandler,
  type Emitter,
  type EmitterMap,
} from "./emit_operands.ts";
import { handler, type Handler } from "./handlers.ts";
import { State } from "./layout.ts";
import { KnownFlags, Op, Record, Shift } from "./operation.ts";
import { shift16, shift8, shiftDouble16, shiftDouble32 } from "./shift.ts";

/* Shifts, rotates, bit tests and scans, flags. */

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

/** By mnemonic. */
export const bits: EmitterMap = {
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
};
