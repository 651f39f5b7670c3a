import { sizeOf, emitHandler, type Emitter, type EmitterMap } from "./emit_operands.ts";
import { endingHandler, handler, type Handler } from "./handlers.ts";
import * as io from "./io.ts";
import { Segment } from "./layout.ts";
import { Repeat } from "./operation.ts";
import * as string from "./string.ts";
import { StringInfo } from "./string.ts";

/* String instructions, port input and output. */

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

function portInstruction(byte: Handler, word: Handler, doubleword: Handler): Emitter {
  const ops = [0, endingHandler(byte), endingHandler(word), 0, endingHandler(doubleword)];
  return (d, row) => {
    const port = row.operands.includes("DX") ? -1 : d.immediate;
    emitHandler(d, ops[sizeOf(d, row)], 0, 0, port);
  };
}

/** By mnemonic. */
export const strings: EmitterMap = {
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
};
