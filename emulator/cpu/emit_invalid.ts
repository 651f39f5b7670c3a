import type { Decoder } from "./decode.ts";
import { emitHandler, type Emitter } from "./emit_operands.ts";
import { generalProtection, raise, Vector } from "./exception.ts";
import { endingHandler } from "./handlers.ts";
import { Record } from "./operation.ts";
import * as system from "./system.ts";

/* Undefined and unimplemented encodings. */

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
export const unimplemented: Emitter = (d) => emitHandler(d, unimplementedOp, 0, 0, d.opcode);

/** MMX, SSE and their kin by opcode (100h more after 0Fh), or "" for what no processor defines. */
export function unimplementedName(opcode: number): string {
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
