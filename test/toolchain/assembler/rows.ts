/** Source lines for every row of the instruction table: each operand slot in all its shapes. */
import { instructions } from "../../../scripts/toolchain/assembler/instructions/index.ts";
import { Kind } from "../../../scripts/toolchain/assembler/operands.ts";
import { Place, type Form, type Slot } from "../../../scripts/toolchain/assembler/forms.ts";

const general32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const displacements32 = ["", "+4", "-128", "+127", "+128", "-129", "+0x12345678"];

const plain32 = [
  "0x1234",
  "dword 5",
  "0xfffffff0",
  "byte ebx+1",
  "dword ebx+1",
  "byte ebx",
  "dword ebp",
  "es:ebx",
  "cs:eax+ecx*2",
  "ss:0x10",
  "ds:ebp",
  "fs:0",
  "gs:esi-1",
];

/** Every base, every index, every scale, every size of displacement, and every pair of base and index. */
export const someAddresses32: string[] = [
  ...plain32,
  ...general32.flatMap((base) => displacements32.map((d) => base + d)),
  ...general32.flatMap((base, b) =>
    general32
      .filter((index) => index !== "esp")
      .map(
        (index, i) => `${base}+${index}*${1 << ((b + i) % 4)}${displacements32[(b + 3 * i) % displacements32.length]}`,
      ),
  ),
  ...general32
    .filter((r) => r !== "esp")
    .flatMap((index, i) => [2, 3, 4, 5, 8, 9].map((s) => `${index}*${s}+${16 * i}`)),
];

/** And with every scale. */
export const addresses32: string[] = [
  ...someAddresses32,
  ...general32.flatMap((base, b) =>
    general32
      .filter((index) => index !== "esp")
      .flatMap((index, i) =>
        [1, 2, 4, 8].flatMap((s) =>
          ["", displacements32[1 + ((b + i + s) % 6)]].map((d) => `${base}+${index}*${s}${d}`),
        ),
      ),
  ),
];

const bases16 = ["bx+si", "bx+di", "bp+si", "bp+di", "si", "di", "bp", "bx", "si+bx", "di+bp"];
export const addresses16: string[] = [
  "0x1234",
  "word 5",
  ...bases16.flatMap((base) => ["", "+4", "-128", "+127", "+128", "-129", "+0x1234", "+0xffff"].map((d) => base + d)),
  "byte bx+1",
  "word bx+1",
  "word bx",
  "es:bx",
  "cs:bp",
  "fs:si",
];

const few32 = ["ebx", "ebp-8", "esp+0x1000", "esi+edi*4+4", "eax*8", "0x1234", "gs:ecx"];
const few16 = ["bx+si", "bp", "di-8", "0x1234", "es:bx+0x1000"];

const sizeWord: Record<number, string> = {
  1: "byte ",
  2: "word ",
  4: "dword ",
  8: "qword ",
  10: "tword ",
  16: "oword ",
};
const registersOf: [number, string[]][] = [
  [Kind.Reg8, ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"]],
  [Kind.Reg16, ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]],
  [Kind.Reg32, general32],
  [Kind.SegmentReg, ["es", "cs", "ss", "ds", "fs", "gs"]],
  [Kind.ControlReg, ["cr0", "cr2", "cr3", "cr4"]],
  [Kind.DebugReg, ["dr0", "dr1", "dr2", "dr3", "dr6", "dr7"]],
  [Kind.TestReg, ["tr3", "tr4", "tr5", "tr6", "tr7"]],
  [Kind.FpuReg, ["st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7"]],
  [Kind.FpuTo, ["to st0", "to st1", "to st7"]],
  [Kind.MmxReg, ["mm0", "mm1", "mm7"]],
  [Kind.XmmReg, ["xmm0", "xmm1", "xmm7"]],
];

const immediates: Record<number, string[]> = {
  1: ["0", "1", "3", "5", "127", "128", "255", "-1", "-128", "byte 7"],
  2: ["0", "1", "127", "128", "-128", "-129", "255", "0x1234", "0xff80", "0xffff", "-32768", "word 7", "strict word 7"],
  4: ["0", "1", "127", "128", "-128", "-129", "0xff80", "0xffff", "0x12345678", "0xffffff80", "0xffffffff", "-2147483648", "dword 7", "strict dword 7"], // prettier-ignore
};
const signedBytes = ["1", "127", "-128", "-1", "byte 7", "byte -7", "word 7", "dword 7"];

/** Texts for one operand; `all` addressing modes or a few. */
function operandTexts(slot: Slot, name: string, all: boolean, wide: boolean): string[] {
  if (slot.fixed >= 0 || slot.constant >= 0) return [slot.text];
  if (slot.mask === Kind.FarPointer) return ["0x10:0x1234", "word 0x10:0x1234", "dword 0x10:0x12345678", "0xffff:0"];
  if (slot.place === Place.Rel) return ["$", "$+2", "$-100", "$+100", "$+1000", "short $", "near $", "$-126", "$-127"];
  if (slot.mask === Kind.Immediate) return slot.signExtended ? signedBytes : immediates[slot.width];
  const texts: string[] = [];
  for (const [kind, names] of registersOf)
    if (slot.mask & kind) texts.push(...(all ? names : [names[1], names.at(-1)!]));
  if (slot.place === Place.Moffs) {
    for (const a of ["0x1234", "word 0x1234", "dword 0x1234", "fs:0x10"]) texts.push(`[${a}]`);
    return texts;
  }
  const every32 = name === "mov" ? addresses32 : someAddresses32;
  // All modes of the code's own address size, some of the other.
  const both = wide
    ? [...every32, ...addresses16.filter((_, i) => i % 5 === 0)]
    : [...addresses16, ...every32.filter((_, i) => i % 7 === 0)];
  const addresses = all ? both : wide ? few32 : few16;
  if (slot.mask & (Kind.MemFarUnsized | Kind.MemFar16 | Kind.MemFar32)) {
    const size = slot.mask & Kind.MemFar16 ? "word " : slot.mask & Kind.MemFar32 ? "dword " : "";
    texts.push(...addresses.map((a) => `far ${size}[${a}]`));
  } else if (slot.mask & Kind.AnyMem) {
    const size = slot.memorySize && name !== "lea" ? sizeWord[slot.memorySize] : "";
    texts.push(...addresses.map((a) => `${size}[${a}]`));
    if (size) texts.push(`[${addresses[0]}]`, `[${addresses[1]}]`);
  }
  return texts;
}

/** Every form of the table with one slot at a time in all its shapes, the others in a few. */
export function* linesOfForm(form: Form, bits: 16 | 32): Generator<string> {
  const { name, slots } = form;
  const wide = bits === 32;
  if (slots.length === 0) yield name;
  for (let varied = 0; varied < slots.length; varied++) {
    const texts = slots.map((slot, i) => operandTexts(slot, name, i === varied, wide));
    let count = 0;
    // SSE4's encodings that take a stated byte are not ours.
    const simd = slots.some((slot) => (slot.mask & (Kind.MmxReg | Kind.XmmReg)) !== 0);
    for (const text of simd ? texts[varied].filter((t) => t !== "byte 7") : texts[varied]) {
      const others = texts.map((list, i) => (i === varied ? text : list[count % list.length]));
      count++;
      yield `${name} ${others.join(", ")}`;
    }
  }
}

export function* allForms(): Generator<Form> {
  for (const forms of instructions.values()) yield* forms;
}
