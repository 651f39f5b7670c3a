import * as transfer from "./control_transfer.ts";
import type { Decoder } from "./decode.ts";
import { emitInvalid } from "./emit_invalid.ts";
import {
  source,
  ending,
  emitHandler,
  emitMemoryHandler,
  partsCheck,
  CONDITIONS,
  type Emitter,
  type EmitterMap,
} from "./emit_operands.ts";
import * as exchange from "./exchange.ts";
import * as far from "./far_transfer.ts";
import { endingHandler, handler, type Handler } from "./handlers.ts";
import * as interrupt from "./interrupt_instructions.ts";
import { KnownFlags, Op, Record } from "./operation.ts";

/* Control transfer. */

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
      emitMemoryHandler(d, indirect, d.segment, 0, partsCheck(d));
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

const boundOp16 = handler(exchange.bound16);
const boundOp32 = handler(exchange.bound32);
const bound: Emitter = (d) => {
  const op = d.operandSize === 4 ? boundOp32 : boundOp16;
  emitMemoryHandler(d, op, d.segment, d.register(d.reg, d.operandSize), partsCheck(d));
};

/** By mnemonic. */
export const controlTransfer: EmitterMap = {
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
};
for (let code = 0; code < 16; code++) {
  controlTransfer[`J${CONDITIONS[code]}`] = jumpConditional(code);
}
