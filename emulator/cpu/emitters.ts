import { controlTransfer } from "./emit_control.ts";
import { arithmetic } from "./emit_arithmetic.ts";
import { bits } from "./emit_bit.ts";
import { unimplemented, unimplementedName } from "./emit_invalid.ts";
import { moves } from "./emit_move.ts";
import type { Emitter, EmitterMap } from "./emit_operands.ts";
import { stackInstructions } from "./emit_stack.ts";
import { strings } from "./emit_string.ts";
import { systemInstructions } from "./emit_system.ts";
import type { Decoder } from "./decode.ts";
import { escape, restoreImage, saveImage } from "./fpu/escape.ts";
import { type Instruction, instructions } from "./instructions.ts";

/* Which emitter a row of the instruction table has. */

const emitters: EmitterMap = {
  ...arithmetic,
  ...bits,
  ...moves,
  ...stackInstructions,
  ...controlTransfer,
  ...strings,
  ...systemInstructions,
  FXSAVE: saveImage,
  FXRSTOR: restoreImage,
};

const emitterByRow = instructions.map((row) => {
  const emitter = isEscape(row.opcode) ? escape : emitters[row.mnemonic];
  if (emitter === undefined) throw new Error(`no emitter for ${row.mnemonic}`);
  return emitter;
});

function isEscape(opcode: number): boolean {
  return opcode >= 0xd8 && opcode <= 0xdf;
}

/** The emitter for what the decoder has read; null for an undefined encoding. */
export function emitterOf(row: Instruction | null, d: Decoder): Emitter | null {
  if (row === null && isEscape(d.opcode)) return d.lock ? null : escape;
  if (row === null) return unimplementedName(d.opcode) === "" ? null : unimplemented;
  // LOCK needs a memory destination, and an instruction that can be locked (SDM 2, LOCK).
  if (d.lock && !(row.lockable && d.isMemory)) return null;
  if (row.memoryOnly && !d.isMemory) return null;
  return emitterByRow[row.id];
}
