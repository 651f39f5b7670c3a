/**
 * The assembler without text: for a compiler's instruction selection.
 *
 *   const e = new Encoder();
 *   const loop = e.label();
 *   e.bind(loop);
 *   e.emit("add", EAX, mem(ESI, 4));
 *   e.emit("dec", ECX);
 *   e.jcc("nz", loop);
 *   e.emit("call", imm(0, printk));          // printk: any Target object { name, isSection }
 *   const { bytes, fixups, lines } = e.finish();
 *
 * Branches to labels are short where they reach. Every form of the instruction table can be emitted.
 */
import { CodeBuffer, encode, fitsSigned8, type Fixup, newContext, select } from "./encode.ts";
import { conditions } from "./forms.ts";
import { instructions } from "./instructions/index.ts";
import type { Operand, Target } from "./operands.ts";

/** A place in the code. Also a Target: `imm(0, label)` is its address, given by a fixup to the section. */
export class Label implements Target {
  readonly isSection = true;
  /** Final offset in the section; known after finish(). */
  offset = -1;
  /** Where it was bound: offset among the fixed bytes, and number of variable parts before it. */
  rawOffset = -1;
  partsBefore = 0;

  constructor(readonly name: string) {}
}

/** A part whose size is settled by finish(): a branch, or padding. */
interface Part {
  rawOffset: number;
  size: number;
  /** Branches: the label, and the short opcode (EBh, 70h-7Fh); call: E8h. */
  label: Label | null;
  opcode: number;
  /** Padding: a power of two, and the byte. */
  align: number;
  fill: number;
}

export interface EncodedCode {
  bytes: Uint8Array;
  /** Fields for the linker; a Label target has become the encoder's section with the label's offset in the addend. */
  fixups: Fixup[];
  lines: { offset: number; file: string; line: number }[];
}

const conditionNumbers = new Map(conditions.flatMap((names, number) => names.map((name) => [name, number] as const)));

export class Encoder {
  private readonly out = new CodeBuffer(4096);
  private readonly parts: Part[] = [];
  private readonly labels: Label[] = [];
  private readonly context;
  private readonly lineMarks: { mark: Label; file: string; line: number }[] = [];

  /** `section` is the target named in fixups for label addresses. */
  constructor(
    readonly section: Target = { name: ".text", isSection: true },
    bits: 16 | 32 = 32,
  ) {
    this.context = newContext(bits);
  }

  /**
   * One instruction by its mnemonic, e.g. `emit("mov", EAX, imm(5))`. Encodes as the assembler would encode the text.
   * Throws Error when the table has no such form: a mistake of the caller, not of the user.
   */
  emit(name: string, ...operands: Operand[]): void {
    const forms = instructions.get(name);
    if (!forms) throw new Error(`no such instruction: ${name}`);
    const form = select(forms, operands, this.context);
    if (typeof form === "string") throw new Error(`${name}: no form for these operands (${form})`);
    encode(form, operands, this.context, this.out);
  }

  /** As emit, with a prefix: "lock", "rep", "repe" or "repne". */
  emitPrefixed(prefix: "lock" | "rep" | "repe" | "repne", name: string, ...operands: Operand[]): void {
    this.out.byte(prefix === "lock" ? 0xf0 : prefix === "repne" ? 0xf2 : 0xf3);
    this.emit(name, ...operands);
  }

  label(name = ""): Label {
    return new Label(name);
  }

  /** The label means this place. A label is bound once. */
  bind(label: Label): void {
    if (label.rawOffset >= 0) throw new Error(`label bound twice: ${label.name}`);
    label.rawOffset = this.out.length;
    label.partsBefore = this.parts.length;
    this.labels.push(label);
  }

  /** A new label bound here, to learn its final offset after finish(). */
  mark(): Label {
    const label = new Label("");
    this.bind(label);
    return label;
  }

  private part(label: Label | null, opcode: number, align: number, fill: number): void {
    this.parts.push({
      rawOffset: this.out.length,
      size: align ? 0 : opcode === 0xe8 ? 5 : 2,
      label,
      opcode,
      align,
      fill,
    });
  }

  jmp(label: Label): void {
    this.part(label, 0xeb, 0, 0);
  }

  /** `condition` as in the mnemonic: "z", "ae", "l", ... */
  jcc(condition: string, label: Label): void {
    const number = conditionNumbers.get(condition);
    if (number === undefined) throw new Error(`no such condition: ${condition}`);
    this.part(label, 0x70 + number, 0, 0);
  }

  call(label: Label): void {
    this.part(label, 0xe8, 0, 0);
  }

  /** Pads to a multiple of `align` (a power of two) with `fill` bytes. */
  align(align: number, fill = 0x90): void {
    this.part(null, 0, align, fill);
  }

  /** Raw bytes. */
  bytes(...values: number[]): void {
    for (const value of values) this.out.byte(value);
  }

  /** A 32-bit word, or the address `target + value`. */
  word32(value: number, target: Target | null = null): void {
    if (target) this.out.fixups.push({ offset: this.out.length, kind: "abs32", target, addend: value });
    this.out.value(target ? 0 : value, 4);
  }

  /** The code from here on comes from this source line. */
  line(file: string, line: number): void {
    this.lineMarks.push({ mark: this.mark(), file, line });
  }

  /** Settles branch sizes and returns the code. Throws when a label in use was never bound. */
  finish(): EncodedCode {
    const { parts } = this;
    const shifts = this.settle();
    for (const label of this.labels) label.offset = label.rawOffset + shifts[label.partsBefore];

    const code = new CodeBuffer(this.out.length + shifts[parts.length]);
    let copied = 0;
    for (const part of parts) {
      code.append(this.out.bytes.subarray(copied, part.rawOffset));
      copied = part.rawOffset;
      if (!part.label) {
        for (let i = 0; i < part.size; i++) code.byte(part.fill);
        continue;
      }
      const distance = part.label.offset - (code.length + part.size);
      if (part.size === 2) {
        code.byte(part.opcode);
        code.byte(distance & 0xff);
        continue;
      }
      if (part.opcode === 0xeb) code.byte(0xe9);
      else if (part.opcode === 0xe8) code.byte(0xe8);
      else {
        code.byte(0x0f);
        code.byte(part.opcode + 0x10);
      }
      code.value(distance, 4);
    }
    code.append(this.out.bytes.subarray(copied, this.out.length));

    let index = 0;
    const fixups = this.out.fixups.map((fixup) => {
      while (index < parts.length && parts[index].rawOffset <= fixup.offset) index++;
      const moved = { ...fixup, offset: fixup.offset + shifts[index] };
      if (fixup.target instanceof Label) {
        if (fixup.target.rawOffset < 0) throw new Error(`label never bound: ${fixup.target.name}`);
        moved.addend += fixup.target.offset;
        moved.target = this.section;
      }
      return moved;
    });
    const lines = this.lineMarks.map(({ mark, file, line }) => ({ offset: mark.offset, file, line }));
    return { bytes: code.toBytes(), fixups, lines };
  }

  /** Grows branches that do not reach until none is left. Returns, for k parts before a place, the bytes they take. */
  private settle(): Int32Array {
    const { parts } = this;
    const shifts = new Int32Array(parts.length + 1);
    for (let changed = true; changed;) {
      changed = false;
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i];
        if (part.align) part.size = -(part.rawOffset + shifts[i]) & (part.align - 1);
        shifts[i + 1] = shifts[i] + part.size;
      }
      for (let i = 0; i < parts.length; i++) {
        const { label, size, rawOffset } = parts[i];
        if (!label) continue;
        if (label.rawOffset < 0) throw new Error(`label never bound: ${label.name}`);
        if (size !== 2) continue;
        const distance = label.rawOffset + shifts[label.partsBefore] - (rawOffset + shifts[i] + 2);
        if (fitsSigned8(distance)) continue;
        parts[i].size = parts[i].opcode === 0xeb ? 5 : 6;
        changed = true;
      }
    }
    return shifts;
  }
}
