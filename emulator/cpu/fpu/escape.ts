import type { Cpu } from "../cpu.ts";
import type { Decoder } from "../decode.ts";
import type { Emitter } from "../emitters.ts";
import { raise, Vector } from "../exception.ts";
import { handler } from "../handlers.ts";
import { State } from "../layout.ts";
import { ControlBit } from "../tlb.ts";

/*
 * Where the x87 plugs in. With CR0.EM or CR0.TS set an ESC opcode is #NM, so that a kernel can emulate or switch the
 * unit lazily; otherwise, until there is a unit, it is an unimplemented opcode.
 */

const checkAvailable = handler((cpu) => {
  if ((cpu.m[State.CR0] & (ControlBit.CR0_EM | ControlBit.CR0_TS)) !== 0) raise(cpu.m, Vector.NM);
});

/** The emitter of an ESC opcode; `unimplemented` is the one for opcodes without an implementation. */
export function escape(unimplemented: Emitter): Emitter {
  return (d: Decoder, row) => {
    d.emit(checkAvailable);
    unimplemented(d, row);
  };
}

/** WAIT is #NM when both CR0.MP and CR0.TS are set. */
export function wait(cpu: Cpu): void {
  const both = ControlBit.CR0_MP | ControlBit.CR0_TS;
  if ((cpu.m[State.CR0] & both) === both) raise(cpu.m, Vector.NM);
}
