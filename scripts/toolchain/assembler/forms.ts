/**
 * The instruction table made ready for matching: each row of `instructions/*.ts` becomes one Form, or two where it says
 * `v` (16 and 32 bits). A row is in the notation of the Intel manuals:
 *
 *   MNEMONIC[/ALIAS...] operand, operand | encoding
 *
 * Operands: r8 r16 r32 rv, r/m8 ... r/mv, m (any memory), m8 ... m128, m16:16 m16:32 (far), imm8 imm16 imm32 immv,
 * imm8s (a byte, sign-extended), rel8 rel16 rel32 relv, ptr16:16 ptr16:32 ptr16:v, moffs8 ... moffsv, Sreg CRn DRn TRn ST(i)
 * mm mm/m64 xmm xmm/m32 ..., or a fixed register or number: al ax eax av (al's wide forms) cl dx st0 1 3.
 * Encoding: hex bytes, XX+r XX+i (register in the opcode), /r /0.../7 (ModRM), ib iw id iv (immediate), cb cw cd cv (relative),
 * NN:ib (a constant byte), cp (far pointer), o16 o32 ov (operand size), a16 a32 (address size), wait (9B first),
 * df: among the sizes of this mnemonic an operand of no stated size takes the mode's default.
 * `cc` in a mnemonic with +cc in the encoding stands for the sixteen conditions.
 */
import { Kind, registers } from "./operands.ts";

/** How an operand enters the encoding. */
export const enum Place {
  Fixed,
  Reg,
  Rm,
  OpcodeReg,
  Imm,
  Rel,
  Far,
  Moffs,
}

export interface Slot {
  /** Kinds accepted. */
  mask: number;
  place: Place;
  /** Register number required, -1 for any. */
  fixed: number;
  /** Immediate value required (shifts by 1, int 3), -1 for any. */
  constant: number;
  /** Bytes in the encoding for Imm, Rel, Moffs, offset part of Far. */
  width: number;
  /** Imm: sign-extended to the operand size by the processor. */
  signExtended: boolean;
  /** Size in bytes of a memory operand in this slot; 0 where any will do. */
  memorySize: number;
  /** The slot's operand, a general, MMX or XMM register, states the operand size of the instruction. */
  statesSize: boolean;
  text: string;
}

export interface Form {
  /** Lower-case mnemonic. */
  name: string;
  /** The row it came from, with `v` and `cc` filled in. */
  row: string;
  slots: Slot[];
  /** 16 or 32 where the row has o16/o32, else 0. */
  operandSize: number;
  addressSize: number;
  opcode: number[];
  /** -2 no ModRM, -1 /r, else the digit. */
  modrm: number;
  /** A constant immediate byte after the operands' bytes (cmpeqps and its kin), -1 for none. */
  suffix: number;
  wait: boolean;
  usesDefaultSize: boolean;
  /** Index of the slot whose memory operand's size other slots can state; -1 for none. */
  memorySlot: number;
  /** rel8 with a near sibling: an assembler may choose. */
  relaxable: boolean;
}

export const conditions = [
  ["o"],
  ["no"],
  ["b", "c", "nae"],
  ["ae", "nc", "nb"],
  ["e", "z"],
  ["ne", "nz"],
  ["be", "na"],
  ["a", "nbe"],
  ["s"],
  ["ns"],
  ["p", "pe"],
  ["np", "po"],
  ["l", "nge"],
  ["ge", "nl"],
  ["le", "ng"],
  ["g", "nle"],
];

const slotOf = (mask: number, place: Place, more: Partial<Slot> = {}): Omit<Slot, "text"> => ({
  mask,
  place,
  fixed: -1,
  constant: -1,
  width: 0,
  signExtended: false,
  memorySize: 0,
  statesSize: false,
  ...more,
});

const memories: [number, number][] = [
  [1, Kind.Mem8],
  [2, Kind.Mem16],
  [4, Kind.Mem32],
  [8, Kind.Mem64],
  [10, Kind.Mem80],
  [16, Kind.Mem128],
];

const slotTable: Record<string, Omit<Slot, "text">> = {
  r8: slotOf(Kind.Reg8, Place.Reg, { statesSize: true, memorySize: 1 }),
  r16: slotOf(Kind.Reg16, Place.Reg, { statesSize: true, memorySize: 2 }),
  r32: slotOf(Kind.Reg32, Place.Reg, { statesSize: true, memorySize: 4 }),
  m: slotOf(Kind.AnyMem, Place.Rm),
  /** A register that sits in the r/m field of a /r row. */
  "rm:r16": slotOf(Kind.Reg16, Place.Rm),
  "rm:r32": slotOf(Kind.Reg32, Place.Rm),
  "far-": slotOf(Kind.MemFarUnsized, Place.Rm),
  "m16:16": slotOf(Kind.MemFar16, Place.Rm),
  "m16:32": slotOf(Kind.MemFar32, Place.Rm),
  imm8: slotOf(Kind.Immediate, Place.Imm, { width: 1 }),
  imm16: slotOf(Kind.Immediate, Place.Imm, { width: 2 }),
  imm32: slotOf(Kind.Immediate, Place.Imm, { width: 4 }),
  imm8s: slotOf(Kind.Immediate, Place.Imm, { width: 1, signExtended: true }),
  rel8: slotOf(Kind.Immediate, Place.Rel, { width: 1 }),
  rel16: slotOf(Kind.Immediate, Place.Rel, { width: 2 }),
  rel32: slotOf(Kind.Immediate, Place.Rel, { width: 4 }),
  "ptr16:16": slotOf(Kind.FarPointer, Place.Far, { width: 2 }),
  "ptr16:32": slotOf(Kind.FarPointer, Place.Far, { width: 4 }),
  moffs8: slotOf(Kind.MemUnsized | Kind.Mem8, Place.Moffs, { memorySize: 1 }),
  moffs16: slotOf(Kind.MemUnsized | Kind.Mem16, Place.Moffs, { memorySize: 2 }),
  moffs32: slotOf(Kind.MemUnsized | Kind.Mem32, Place.Moffs, { memorySize: 4 }),
  Sreg: slotOf(Kind.SegmentReg, Place.Reg),
  CRn: slotOf(Kind.ControlReg, Place.Reg),
  DRn: slotOf(Kind.DebugReg, Place.Reg),
  TRn: slotOf(Kind.TestReg, Place.Reg),
  "ST(i)": slotOf(Kind.FpuReg, Place.OpcodeReg),
  "to-ST(i)": slotOf(Kind.FpuTo, Place.OpcodeReg),
  mm: slotOf(Kind.MmxReg, Place.Reg, { statesSize: true, memorySize: 8 }),
  xmm: slotOf(Kind.XmmReg, Place.Reg, { statesSize: true, memorySize: 16 }),
  "1": slotOf(Kind.Immediate, Place.Fixed, { constant: 1 }),
  "3": slotOf(Kind.Immediate, Place.Fixed, { constant: 3 }),
};
for (const [size, kind] of memories) {
  slotTable[`m${size * 8}`] = slotOf(Kind.MemUnsized | kind, Place.Rm, { memorySize: size });
  slotTable[`xmm/m${size * 8}`] = slotOf(Kind.XmmReg | Kind.MemUnsized | kind, Place.Rm, { memorySize: size });
  slotTable[`mm/m${size * 8}`] = slotOf(Kind.MmxReg | Kind.MemUnsized | kind, Place.Rm, { memorySize: size });
}
for (const [size, reg, kind] of [
  [1, Kind.Reg8, Kind.Mem8],
  [2, Kind.Reg16, Kind.Mem16],
  [4, Kind.Reg32, Kind.Mem32],
]) {
  slotTable[`r/m${size * 8}`] = slotOf(reg | Kind.MemUnsized | kind, Place.Rm, { memorySize: size });
}
// pinsrw: the low half of a 32-bit register, or 16 bits of memory.
slotTable["r32/m16"] = slotOf(Kind.Reg32 | Kind.MemUnsized | Kind.Mem16, Place.Rm, { memorySize: 2 });

function slot(text: string): Slot {
  const known = slotTable[text];
  if (known) return { ...known, text };
  const fixed = registers.get(text);
  if (!fixed) throw new Error(`instruction table: unknown operand "${text}"`);
  const statesSize = text === "al" || text === "ax" || text === "eax";
  return {
    ...slotOf(fixed.kinds, Place.Fixed, { fixed: fixed.register, statesSize, memorySize: statesSize ? fixed.size : 0 }),
    text,
  };
}

const immediateWidth: Record<string, number> = { ib: 1, cb: 1, iw: 2, cw: 2, id: 4, cd: 4 };

function parseRow(row: string): Form {
  const [left, right] = row.split("|").map((part) => part.trim());
  const [name] = left.split(" ", 1);
  const slots = left.slice(name.length).split(",").map((s) => s.trim()).filter(Boolean).map(slot); // prettier-ignore
  const form: Form = {
    name: name.toLowerCase(),
    row,
    slots,
    operandSize: 0,
    addressSize: 0,
    opcode: [],
    modrm: -2,
    suffix: -1,
    wait: false,
    usesDefaultSize: false,
    memorySlot: slots.findIndex((s) => (s.mask & Kind.AnyMem) !== 0 && s.memorySize !== 0),
    relaxable: false,
  };
  const widths: number[] = [];
  for (const token of right.split(/\s+/)) {
    if (/^[0-9A-F]{2}$/.test(token)) form.opcode.push(parseInt(token, 16));
    else if (/^[0-9A-F]{2}\+[ri]$/.test(token)) {
      form.opcode.push(parseInt(token, 16));
      const place = slots.find((s) => s.place === Place.Reg || s.place === Place.OpcodeReg);
      if (place) place.place = Place.OpcodeReg;
    } else if (token === "/r") form.modrm = -1;
    else if (/^\/[0-7]$/.test(token)) {
      form.modrm = Number(token[1]);
      for (const s of slots) if (s.place === Place.Reg) s.place = Place.Rm;
    } else if (/^[0-9A-F]{2}:ib$/.test(token)) form.suffix = parseInt(token, 16);
    else if (token === "o16") form.operandSize = 16;
    else if (token === "o32") form.operandSize = 32;
    else if (token === "a16") form.addressSize = 16;
    else if (token === "a32") form.addressSize = 32;
    else if (token === "wait") form.wait = true;
    else if (token === "df") form.usesDefaultSize = true;
    else if (token in immediateWidth) widths.push(immediateWidth[token]);
    else if (token !== "cp") throw new Error(`instruction table: unknown encoding "${token}" in "${row}"`);
  }
  const inSlots = slots.filter((s) => s.place === Place.Imm || s.place === Place.Rel).map((s) => s.width);
  if (inSlots.join() !== widths.join()) throw new Error(`instruction table: immediates disagree in "${row}"`);
  // Two plain registers and /r: the destination is in reg, the source in r/m (segment, control and debug registers keep reg).
  if (form.modrm === -1 && !slots.some((s) => s.place === Place.Rm)) {
    const plain = slots.filter(
      (s) =>
        s.place === Place.Reg && (s.mask & (Kind.Reg8 | Kind.Reg16 | Kind.Reg32 | Kind.MmxReg | Kind.XmmReg)) !== 0,
    );
    const special = slots.some(
      (s) => (s.mask & (Kind.SegmentReg | Kind.ControlReg | Kind.DebugReg | Kind.TestReg)) !== 0,
    );
    if (special) plain[0].place = Place.Rm;
    else if (plain.length > 1) plain[1].place = Place.Rm;
  }
  return form;
}

/** A row with its aliases, `cc` and `v` written out. */
function expandRow(row: string): string[] {
  const [left, right] = row.split("|").map((part) => part.trim());
  const [names] = left.split(" ", 1);
  const operands = left.slice(names.length);
  let rows: [string, string][] = [];
  for (const name of names.split("/")) {
    if (!name.includes("cc")) rows.push([name, right]);
    else
      conditions.forEach((aliases, number) => {
        const encoding = right.replace(/([0-9A-F]{2})\+cc/, (_, byte: string) =>
          (parseInt(byte, 16) + number).toString(16).toUpperCase().padStart(2, "0"),
        );
        for (const alias of aliases) rows.push([name.replace("cc", alias.toUpperCase()), encoding]);
      });
  }
  if (/\bov\b/.test(right)) {
    const wide = (text: string, bits: 16 | 32): string =>
      text
        .replace(/\bov\b/g, `o${bits}`)
        .replace(/\b(i|c)v\b/g, bits === 16 ? "$1w" : "$1d")
        .replace(/\bav\b/g, bits === 16 ? "ax" : "eax")
        .replace(/(r\/m|moffs|imm|rel|ptr16:|m16:|\br|\bm)v\b/g, `$1${bits}`);
    rows = rows.flatMap(([name, encoding]) =>
      ([16, 32] as const).map((bits): [string, string] => [`${name}${wide(operands, bits)}`, wide(encoding, bits)]),
    );
    return rows.map(([head, encoding]) => `${head} | ${encoding}`);
  }
  return rows.map(([name, encoding]) => `${name}${operands} | ${encoding}`);
}

/** Forms by lower-case mnemonic, in the order in which they are tried. */
export function buildForms(rows: readonly string[]): Map<string, Form[]> {
  const forms = new Map<string, Form[]>();
  for (const row of rows.flatMap(expandRow)) {
    const form = parseRow(row);
    const list = forms.get(form.name);
    if (list) list.push(form);
    else forms.set(form.name, [form]);
  }
  for (const list of forms.values()) {
    const hasNear = list.some((f) => f.slots.some((s) => s.place === Place.Rel && s.width > 1));
    if (!hasNear) continue;
    for (const form of list) form.relaxable = form.slots.some((s) => s.place === Place.Rel && s.width === 1);
  }
  return forms;
}
