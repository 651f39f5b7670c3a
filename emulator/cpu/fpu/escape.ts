import type { Cpu } from "../cpu.ts";
import type { Decoder } from "../decode.ts";
import type { Emitter } from "../emit_operands.ts";
import { generalProtection, raise, Vector } from "../exception.ts";
import { handler, type Handler } from "../handlers.ts";
import { Segment, SegmentField, SegmentRight, State } from "../layout.ts";
import { checkRead, checkWrite } from "../memory.ts";
import { KnownFlags, Record } from "../operation.ts";
import { checkSegment, operandAddress } from "../segment_access.ts";
import { ControlBit } from "../tlb.ts";
import { Flag, FpuStatus } from "./state.ts";

/*
 * Where the x87 plugs in: the escape opcodes D8..DF, WAIT, FXSAVE and FXRSTOR. With CR0.EM or CR0.TS set all but WAIT
 * are #NM, so that a kernel can emulate or switch the unit lazily.
 */

/** Immediate of an escape's record: the ModRM byte, then these. */
const enum Escape {
  MODRM = 0xff,
  /** The low three bits of the opcode. */
  OPCODE_SHIFT = 8,
  OPCODE = 7,
  WIDE = 0x800,
  ADDRESS16 = 0x1000,
}

/**
 * In State.FAULT: not a fault; the processor stands still before the instruction until an interrupt comes. The run loop
 * makes it State.HALTED.
 */
export const FREEZE_BEFORE = 0x101;

const CS_SELECTOR = State.SEGMENTS + Segment.CS * SegmentField.WORDS + SegmentField.SELECTOR;

function available(cpu: Cpu): boolean {
  if ((cpu.m[State.CR0] & (ControlBit.CR0_EM | ControlBit.CR0_TS)) === 0) return true;
  raise(cpu.m, Vector.NM);
  return false;
}

/** Offset of the instruction at `p`, prefixes included. */
function instructionPointer(m: Int32Array, p: number): number {
  return (m[State.EIP] + (m[p + Record.META] & 0xfff)) | 0;
}

/** Points the port to the memory operand of the record at `p`. */
function aim(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const port = cpu.fpuPort;
  const info = m[p + Record.IMMEDIATE];
  const offset = operandAddress(m, w, p);
  port.segment = (w >>> Record.DST_SHIFT) & 63;
  port.offset = (info & Escape.ADDRESS16) !== 0 ? offset & 0xffff : offset;
  port.position = p;
  port.wide = (info & Escape.WIDE) !== 0;
}

const registerForm = handler((cpu, _w, p) => {
  if (!available(cpu)) return;
  const m = cpu.m;
  const info = m[p + Record.IMMEDIATE];
  const opcode = (info >>> Escape.OPCODE_SHIFT) & Escape.OPCODE;
  const ip = instructionPointer(m, p);
  finish(cpu, cpu.fpu.executeEscape(opcode, info & Escape.MODRM, m[CS_SELECTOR], ip, 0, 0));
});

const memoryForm = handler((cpu, w, p) => {
  if (!available(cpu)) return;
  const m = cpu.m;
  const info = m[p + Record.IMMEDIATE];
  aim(cpu, w, p);
  const { segment, offset } = cpu.fpuPort;
  const selector = m[State.SEGMENTS + segment * SegmentField.WORDS + SegmentField.SELECTOR];
  const opcode = (info >>> Escape.OPCODE_SHIFT) & Escape.OPCODE;
  const ip = instructionPointer(m, p);
  finish(cpu, cpu.fpu.executeEscape(opcode, info & Escape.MODRM, m[CS_SELECTOR], ip, selector, offset));
});

function finish(cpu: Cpu, status: FpuStatus): void {
  switch (status) {
    case FpuStatus.DONE:
      if (cpu.m[State.FPU_ERROR_LINE] !== 0) releaseErrorLine(cpu);
      break;
    case FpuStatus.PENDING:
      reportError(cpu);
      break;
    case FpuStatus.UNDEFINED:
      raise(cpu.m, Vector.UD);
      break;
    case FpuStatus.PROTECTION:
      generalProtection(cpu.m, 0);
      break;
    case FpuStatus.MEMORY_FAULT:
      break;
  }
}

/**
 * A waiting instruction met an unmasked exception: #MF, or with CR0.NE clear FERR#, and the processor waits before the
 * instruction for the interrupt that the machine makes of it (SDM 1, D.2.1).
 */
function reportError(cpu: Cpu): void {
  const m = cpu.m;
  if ((m[State.CR0] & ControlBit.CR0_NE) !== 0) {
    raise(m, Vector.MF);
    return;
  }
  m[State.FAULT] = FREEZE_BEFORE;
  if (m[State.FPU_ERROR_LINE] !== 0) return;
  m[State.FPU_ERROR_LINE] = 1;
  cpu.bus.floatingPointError?.(true);
}

/** FERR# goes when no unmasked exception is left. */
function releaseErrorLine(cpu: Cpu): void {
  const m = cpu.m;
  if ((m[State.FPU_STATUS] & Flag.SUMMARY) !== 0) return;
  m[State.FPU_ERROR_LINE] = 0;
  cpu.bus.floatingPointError?.(false);
}

function sizes(d: Decoder): number {
  return (d.operandSize === 4 ? Escape.WIDE : 0) | (d.address16 ? Escape.ADDRESS16 : 0);
}

/** The emitter of an ESC opcode, undefined ones included: whether there is an x87 at all comes first. */
export const escape: Emitter = (d) => {
  const opcode = d.opcode & Escape.OPCODE;
  const info = d.modRm | (opcode << Escape.OPCODE_SHIFT) | sizes(d);
  if (d.isMemory) {
    d.emitMemory(memoryForm, d.segment, 0, info);
    return;
  }
  d.emit(registerForm, 0, 0, info);
  // FCOMI and its kin.
  if (opcode === 3 || opcode === 7) d.knownFlags = KnownFlags.UNKNOWN;
};

/** WAIT: #NM when both CR0.MP and CR0.TS are set. */
export function wait(cpu: Cpu): void {
  const both = ControlBit.CR0_MP | ControlBit.CR0_TS;
  if ((cpu.m[State.CR0] & both) === both) raise(cpu.m, Vector.NM);
  else if (cpu.fpu.pending) reportError(cpu);
}

/** Size of the FXSAVE image, and its alignment, in bytes. */
const IMAGE_BYTES = 512;
const IMAGE_ALIGNMENT = 16;

/** True when the image may be accessed: aligned (#GP(0)), and all of it within the segment and mapped. */
function imageAccessible(cpu: Cpu, w: number, p: number, write: boolean): boolean {
  if (!available(cpu)) return false;
  aim(cpu, w, p);
  const { segment, offset, linear } = cpu.fpuPort;
  const right = write ? SegmentRight.WRITE : SegmentRight.READ;
  if (!checkSegment(cpu.m, segment, offset, IMAGE_BYTES, right)) return false;
  if ((linear & (IMAGE_ALIGNMENT - 1)) !== 0) {
    generalProtection(cpu.m, 0);
    return false;
  }
  return write ? checkWrite(cpu, linear, IMAGE_BYTES, p) : checkRead(cpu, linear, IMAGE_BYTES, p);
}

/** CR4.OSFXSR: the image includes MXCSR and the XMM registers. */
function withXmm(cpu: Cpu): boolean {
  return (cpu.m[State.CR4] & ControlBit.CR4_OSFXSR) !== 0;
}

function onImage(execute: Handler): Emitter {
  const op = handler(execute);
  return (d) => d.emitMemory(op, d.segment, 0, sizes(d));
}

export const saveImage = onImage((cpu, w, p) => {
  if (imageAccessible(cpu, w, p, true)) finish(cpu, cpu.fpu.saveExtended(withXmm(cpu)));
});

export const restoreImage = onImage((cpu, w, p) => {
  if (imageAccessible(cpu, w, p, false)) finish(cpu, cpu.fpu.restoreExtended(withXmm(cpu)));
});
