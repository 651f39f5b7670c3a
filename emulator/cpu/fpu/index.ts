/**
 * The x87: what the processor calls.
 *
 *   const fpu = new Fpu(words, port);                               // words: the arena from State.EAX on, or all of it
 *   fpu.reset();                                                    // power-on
 *   fpu.executeEscape(opcode, modrm, cs, ip, segment, offset)       // D8..DF -> FpuStatus
 *   fpu.pending                                                     // WAIT and MMX: an unmasked exception is pending
 *   fpu.saveExtended(osfxsr) / fpu.restoreExtended(osfxsr)          // FXSAVE, FXRSTOR -> FpuStatus
 *
 * The processor checks CR0.EM, TS and MP (#NM) before it calls, forms the effective address, and lends memory, EFLAGS
 * and AX through `FpuPort`. It turns FpuStatus.PENDING into #MF (CR0.NE set) or FERR#, UNDEFINED into #UD, PROTECTION
 * into #GP(0), and delivers its own fault on MEMORY_FAULT; in all of these cases the x87 is as it was before. `cs:ip`
 * is the instruction with its prefixes, `segment:offset` (selector and offset) its memory operand, ignored for register
 * forms.
 */
export { escapeRow, ESCAPE_ROWS } from "./escape_table.ts";
export type { EscapeRow } from "./escape_table.ts";
export { Fpu } from "./fpu.ts";
export { EnvironmentLayout } from "./port.ts";
export type { FpuPort } from "./port.ts";
export { Control, Flag, FpuStatus, Precision, Rounding } from "./state.ts";
