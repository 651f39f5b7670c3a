import { moveControl, moveSegment } from "./emit_system.ts";
import {
  sizeOf,
  isImmediate,
  registerField,
  inMemory,
  LOAD,
  STORE,
  STORE_I,
  MOVE,
  MOVE_I,
  source,
  modify,
  writeBack,
  CONDITIONS,
  onMemory,
  type Emitter,
  type EmitterMap,
} from "./emit_operands.ts";
import * as exchange from "./exchange.ts";
import { condition } from "./flags.ts";
import { handler } from "./handlers.ts";
import { State } from "./layout.ts";
import { KnownFlags, Op, Record } from "./operation.ts";

/* Moves, exchanges and conditional moves. */

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

/** By mnemonic. */
export const moves: EmitterMap = {
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
  NOP: (d) => d.emit(Op.NOP),
};
for (let code = 0; code < 16; code++) {
  moves[`SET${CONDITIONS[code]}`] = setCondition(code);
  moves[`CMOV${CONDITIONS[code]}`] = conditionalMove(code);
}
