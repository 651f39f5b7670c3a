import type { Decoder } from "./decode.ts";
import {
  isImmediate,
  registerField,
  inMemory,
  MOVE_I,
  source,
  plain,
  ending,
  emitHandler,
  bySize,
  type Emitter,
  type EmitterMap,
} from "./emit_operands.ts";
import { endingHandler, handler } from "./handlers.ts";
import { State } from "./layout.ts";
import { Op } from "./operation.ts";
import * as segment from "./segment.ts";
import { SegmentCheck } from "./segment_access.ts";
import * as stack from "./stack.ts";
import * as system from "./system.ts";

/* The stack. */

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
export const moveFromSegment = handler(segment.moveFromSegment);

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

/** By mnemonic. */
export const stackInstructions: EmitterMap = {
  PUSH: push,
  POP: pop,
  PUSHA: bySize(plain(stack.pushAll16), plain(stack.pushAll32)),
  POPA: bySize(plain(stack.popAll16), plain(stack.popAll32)),
  PUSHF: bySize(plain(system.pushFlags16), plain(system.pushFlags32)),
  POPF: bySize(ending(system.popFlags16), ending(system.popFlags32)),
  ENTER: enter(),
  LEAVE: leave,
};
