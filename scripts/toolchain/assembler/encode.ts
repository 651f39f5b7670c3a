/** From a form and its operands to bytes. */
import { Distance, Kind, type Operand, type Target } from "./operands.ts";
import { Place, type Form, type Slot } from "./forms.ts";
import type { RelocationKind } from "./types.ts";

/** A field whose value waits for an address: what a relocation says, with the offset in the buffer. */
export interface Fixup {
  offset: number;
  kind: RelocationKind;
  /** null: an absolute address (only in relative fields). */
  target: Target | null;
  addend: number;
}

/** A growing byte buffer with its fixups. */
export class CodeBuffer {
  bytes: Uint8Array;
  length = 0;
  fixups: Fixup[] = [];

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
  }

  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** The low `width` bytes (1, 2 or 4) of value, little-endian. */
  value(value: number, width: number): void {
    this.byte(value & 0xff);
    if (width > 1) this.byte((value >> 8) & 0xff);
    if (width > 2) {
      this.byte((value >> 16) & 0xff);
      this.byte((value >>> 24) & 0xff);
    }
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  clear(): void {
    this.length = 0;
    this.fixups.length = 0;
  }

  toBytes(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}

/** The mode and place an instruction is encoded for, and its prefixes. */
export interface Context {
  bits: 16 | 32;
  /** Section of the instruction (a target of the same identity is a known distance), and its offset there. */
  section: Target | null;
  offset: number;
  /** Explicit o16/o32, a16/a32: 0 for none. */
  operandPrefix: number;
  addressPrefix: number;
  /** lock, rep, segment and wait prefixes as bytes, 0 for none. */
  waitPrefix: number;
  repeatPrefix: number;
  lockPrefix: number;
  segmentPrefix: number;
}

export const newContext = (bits: 16 | 32): Context => ({
  bits,
  section: null,
  offset: 0,
  operandPrefix: 0,
  addressPrefix: 0,
  waitPrefix: 0,
  repeatPrefix: 0,
  lockPrefix: 0,
  segmentPrefix: 0,
});

const segmentOverride = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
const absolute: Record<number, RelocationKind> = { 1: "abs8", 2: "abs16", 4: "abs32" };
const relative: Record<number, RelocationKind> = { 1: "rel8", 2: "rel16", 4: "rel32" };

export const fitsSigned8 = (value: number): boolean => value >= -128 && value <= 127;

/** The displacement is the least that the operand's rules allow: 0, 1, 2 or 4 bytes. */
function displacementWidth(m: Operand, size: 16 | 32): number {
  const full = size >> 3;
  if (m.base < 0) return full;
  if (m.displacementSize === 1) return 1;
  if (m.displacementSize > 1 || m.target) return full;
  // ebp alone has no form without a displacement; nor has bp without an index.
  if (m.value === 0 && (m.base !== 5 || (size === 16 && m.index >= 0))) return 0;
  const value = size === 16 ? (m.value << 16) >> 16 : m.value | 0;
  return fitsSigned8(value) ? 1 : full;
}

function field(out: CodeBuffer, operand: Operand, width: number): void {
  if (operand.target) {
    out.fixups.push({ offset: out.length, kind: absolute[width], target: operand.target, addend: operand.value });
    out.value(0, width);
  } else out.value(operand.value, width);
}

/** r/m field numbers of 16-bit addressing by base and index: bx+si bx+di bp+si bp+di si di bp bx. */
function rm16(base: number, index: number): number {
  if (index >= 0) return (base === 3 ? 0 : 2) + (index === 6 ? 0 : 1);
  return base === 6 ? 4 : base === 7 ? 5 : base === 5 ? 6 : 7;
}

function modrmMemory(out: CodeBuffer, reg: number, m: Operand, size: 16 | 32): void {
  const middle = reg << 3;
  const width = displacementWidth(m, size);
  const mod = m.base < 0 || width === 0 ? 0 : width === 1 ? 0x40 : 0x80;
  if (size === 16) {
    out.byte(m.base < 0 ? middle | 6 : mod | middle | rm16(m.base, m.index));
  } else if (m.index >= 0) {
    const scale = m.scale === 1 ? 0 : m.scale === 2 ? 0x40 : m.scale === 4 ? 0x80 : 0xc0;
    out.byte(mod | middle | 4);
    out.byte(scale | (m.index << 3) | (m.base < 0 ? 5 : m.base));
  } else if (m.base < 0) out.byte(middle | 5);
  else {
    out.byte(mod | middle | m.base);
    if (m.base === 4) out.byte(0x24);
  }
  if (width === 1 && m.target) {
    out.fixups.push({ offset: out.length, kind: "abs8", target: m.target, addend: m.value });
    out.byte(0);
  } else if (width) field(out, m, width);
}

/** Address size of a memory operand: its registers', the a16/a32 prefix, or the mode's. */
const memoryAddressSize = (m: Operand, context: Context): 16 | 32 =>
  (m.addressSize || context.addressPrefix || context.bits) as 16 | 32;

/** Appends the instruction. The form must have been selected for these operands. */
export function encode(form: Form, operands: readonly Operand[], context: Context, out: CodeBuffer): void {
  const start = out.length;
  let memory: Operand | null = null;
  let reg = form.modrm >= 0 ? form.modrm : 0;
  let rm: Operand | null = null;
  let regOperand: Operand | null = null;
  let low = 0;
  const { slots } = form;
  for (let i = 0; i < slots.length; i++) {
    const operand = operands[i];
    switch (slots[i].place) {
      case Place.Reg:
        regOperand = operand;
        if (form.modrm === -1) reg = operand.register;
        break;
      case Place.Rm:
        rm = operand;
        if (operand.register < 0) memory = operand;
        break;
      case Place.OpcodeReg:
        low = operand.register;
        break;
      case Place.Moffs:
        memory = operand;
        break;
    }
  }

  if (context.waitPrefix || form.wait) out.byte(0x9b);
  if (context.repeatPrefix) out.byte(context.repeatPrefix);
  if (context.lockPrefix) out.byte(context.lockPrefix);
  if (memory && memory.segment >= 0) out.byte(segmentOverride[memory.segment]);
  else if (context.segmentPrefix) out.byte(context.segmentPrefix);
  const operandSize = context.operandPrefix || form.operandSize;
  if (operandSize && operandSize !== context.bits) out.byte(0x66);
  const addressSize = memory ? memoryAddressSize(memory, context) : context.addressPrefix || form.addressSize;
  if (addressSize && addressSize !== context.bits) out.byte(0x67);

  const { opcode } = form;
  const last = opcode.length - 1;
  for (let i = 0; i < last; i++) out.byte(opcode[i]);
  out.byte(opcode[last] + low);

  if (form.modrm !== -2) {
    if (memory) modrmMemory(out, reg, memory, addressSize as 16 | 32);
    else {
      const target = rm ?? regOperand;
      out.byte(0xc0 | (reg << 3) | (target ? target.register : 0));
    }
  }

  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i];
    const operand = operands[i];
    switch (slot.place) {
      case Place.Imm:
        field(out, operand, slot.width);
        break;
      case Place.Moffs:
        field(out, operand, addressSize >> 3);
        break;
      case Place.Far:
        field(out, operand, slot.width);
        out.value(operand.selector, 2);
        break;
      case Place.Rel: {
        const end = context.offset + (out.length - start) + slot.width;
        if (operand.target && operand.target === context.section) out.value(operand.value - end, slot.width);
        else {
          const addend = operand.value - slot.width;
          out.fixups.push({ offset: out.length, kind: relative[slot.width], target: operand.target, addend });
          out.value(0, slot.width);
        }
        break;
      }
    }
  }
  if (form.suffix >= 0) out.byte(form.suffix);
}

/** Length in bytes of a relative branch's rel8 form: prefixes, opcode, displacement. */
const shortLength = (form: Form, context: Context): number =>
  form.opcode.length +
  1 +
  (context.repeatPrefix ? 1 : 0) +
  (context.segmentPrefix ? 1 : 0) +
  (context.operandPrefix && context.operandPrefix !== context.bits ? 1 : 0);

function immediateMatches(form: Form, slot: Slot, operand: Operand, context: Context): boolean {
  const operandBits = form.operandSize || context.operandPrefix || context.bits;
  if (slot.place === Place.Fixed) {
    return operand.value === slot.constant && !operand.target && operand.size <= 1 && !operand.strict;
  }
  if (slot.place === Place.Rel) {
    if (operand.size && operand.size !== slot.width && !(slot.width === 1 && operand.distance === Distance.Short)) {
      return false;
    }
    if (slot.width > 1) return operand.distance !== Distance.Short;
    if (operand.distance !== Distance.Any) return operand.distance === Distance.Short;
    if (!form.relaxable) return true;
    if (!operand.target || operand.target !== context.section) return false;
    return fitsSigned8(operand.value - context.offset - shortLength(form, context));
  }
  if (slot.signExtended) {
    if (operand.size === 1) return true;
    if (operand.size && operand.size * 8 !== operandBits) return false;
    if (operand.target || (operand.strict && operand.size)) return false;
    return fitsSigned8(operandBits === 16 ? (operand.value << 16) >> 16 : operand.value | 0);
  }
  return operand.size === 0 || operand.size === slot.width;
}

/** A reason for which no form was selected; the assembler's messages follow it. */
export const enum Mismatch {
  Count = "count",
  Operands = "operands",
  Size = "size",
}

/**
 * The form for these operands: the first that fits, as long as the size of a memory operand is certain - stated by the
 * program, by another operand, or the only one possible.
 */
export function select(forms: readonly Form[], operands: readonly Operand[], context: Context): Form | Mismatch {
  let uncertain: Form | null = null;
  let ambiguous = false;
  let counted = false;
  candidates: for (const form of forms) {
    const { slots } = form;
    if (slots.length !== operands.length) continue;
    counted = true;
    if (form.operandSize && context.operandPrefix && form.operandSize !== context.operandPrefix) continue;
    let sizeStated = form.memorySlot < 0;
    let unsized = false;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i];
      const operand = operands[i];
      const kinds = operand.kinds;
      if ((kinds & slot.mask) === 0) continue candidates;
      if (slot.fixed >= 0 && operand.register !== slot.fixed) continue candidates;
      if (kinds === Kind.Immediate) {
        if (!immediateMatches(form, slot, operand, context)) continue candidates;
        if (operand.size === 0 || (operand.size === 1 && slot.signExtended)) unsized = true;
        if (operand.size && !sizeStated && operand.size === slots[form.memorySlot].memorySize) sizeStated = true;
      } else if (operand.register >= 0) {
        if (!sizeStated && slot.statesSize && slot.memorySize === slots[form.memorySlot].memorySize) sizeStated = true;
      } else if (kinds === Kind.FarPointer) {
        if (operand.size === 0) unsized = true;
        else if (operand.size !== slot.width) continue candidates;
      } else {
        if (slot.place === Place.Moffs && (operand.base >= 0 || operand.index >= 0)) continue candidates;
        if (kinds === Kind.MemUnsized) unsized = true;
        else sizeStated = true;
      }
    }
    if (form.usesDefaultSize && unsized) {
      if (form.operandSize && form.operandSize !== (context.operandPrefix || context.bits)) continue;
      sizeStated = true;
    }
    if (form.memorySlot >= 0 && operands[form.memorySlot].kinds !== Kind.MemUnsized) sizeStated = true;
    if (sizeStated) return form;
    const size = form.slots[form.memorySlot].memorySize;
    if (!uncertain) uncertain = form;
    else if (uncertain.slots[uncertain.memorySlot].memorySize !== size) ambiguous = true;
  }
  if (uncertain) return ambiguous ? Mismatch.Size : uncertain;
  return counted ? Mismatch.Operands : Mismatch.Count;
}
