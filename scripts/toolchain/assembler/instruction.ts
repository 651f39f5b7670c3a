/** Instructions as the source writes them: operand syntax, and the item that settles and encodes one. */
import { setAddress } from "./address.ts";
import { CodeBuffer, type Context, encode, fitsSigned8, Mismatch, newContext, select } from "./encode.ts";
import { fail, type Place } from "./errors.ts";
import { type Expression, TokenCursor } from "./expression.ts";
import { type Form, Place as SlotPlace } from "./forms.ts";
import { instructions } from "./instructions/index.ts";
import { low32 } from "./integers.ts";
import { Distance, Kind, kindOfMemory, Operand, registers } from "./operands.ts";
import { Item, type Program, type Section } from "./program.ts";

export const sizeWords: Record<string, number> = { byte: 1, word: 2, dword: 4, qword: 8, tword: 10, oword: 16 };

/** Prefixes that are written as words before the mnemonic. */
const prefixWords: Record<string, (context: Context) => void> = {
  lock: (c) => (c.lockPrefix = 0xf0),
  rep: (c) => (c.repeatPrefix = 0xf3),
  repe: (c) => (c.repeatPrefix = 0xf3),
  repz: (c) => (c.repeatPrefix = 0xf3),
  repne: (c) => (c.repeatPrefix = 0xf2),
  repnz: (c) => (c.repeatPrefix = 0xf2),
  o16: (c) => (c.operandPrefix = 16),
  o32: (c) => (c.operandPrefix = 32),
  a16: (c) => (c.addressPrefix = 16),
  a32: (c) => (c.addressPrefix = 32),
  es: (c) => (c.segmentPrefix = 0x26),
  cs: (c) => (c.segmentPrefix = 0x2e),
  ss: (c) => (c.segmentPrefix = 0x36),
  ds: (c) => (c.segmentPrefix = 0x3e),
  fs: (c) => (c.segmentPrefix = 0x64),
  gs: (c) => (c.segmentPrefix = 0x65),
};

export const isPrefix = (word: string): boolean => Object.hasOwn(prefixWords, word);
export const isMnemonic = (word: string): boolean => instructions.has(word) || isPrefix(word);
export const mnemonics = (): Iterable<string> => instructions.keys();

/** An operand with the expressions its fields are computed from. */
interface SourceOperand {
  operand: Operand;
  /** Immediate, branch target, offset of a far pointer, or what stands in brackets. */
  expression: Expression | null;
  selector: Expression | null;
  /** `nosplit`: [eax*2] keeps its scaled index. */
  keepScaled: boolean;
  /** The value before it was cut to 32 bits. */
  exact: number;
  text: string;
}

/** Parses `[size] [segment:expression]`, a register, an immediate or `selector:offset`. */
function parseOperand(cursor: TokenCursor): SourceOperand {
  let size = 0;
  let strict = false;
  let far = false;
  let to = false;
  let distance = Distance.Any;
  for (;;) {
    const word = cursor.word();
    if (Object.hasOwn(sizeWords, word)) size = sizeWords[word];
    else if (word === "strict") strict = true;
    else if (word === "far") far = true;
    else if (word === "short") distance = Distance.Short;
    else if (word === "near") distance = Distance.Near;
    else if (word === "to") to = true;
    else break;
    cursor.at++;
  }
  const operand = new Operand();
  const from = cursor.at;
  const result: SourceOperand = { operand, expression: null, selector: null, keepScaled: false, exact: 0, text: "" };
  if (cursor.take("[")) {
    parseMemory(cursor, result);
    operand.size = size;
    operand.kinds = kindOfMemory(size, far) || fail(`no memory operand is ${size * 8} bits wide here`);
  } else {
    const register = registers.get(cursor.word());
    if (register && (cursor.at + 1 === cursor.tokens.length || cursor.isPunctuation(",", 1))) {
      cursor.at++;
      if (size && size !== register.size) fail(`register '${cursor.peek(-1)!.text}' is not ${size * 8} bits wide`);
      Object.assign(operand, register);
      if (to) operand.kinds = Kind.FpuTo;
    } else {
      result.expression = cursor.expression();
      operand.kinds = Kind.Immediate;
      operand.size = size;
      operand.strict = strict;
      operand.distance = distance;
      if (cursor.take(":")) {
        result.selector = result.expression;
        result.expression = cursor.expression();
        operand.kinds = Kind.FarPointer;
      } else if (far) fail("a far pointer is written selector:offset");
    }
  }
  result.text = cursor.tokens.slice(from, cursor.at).map((t) => t.text).join(""); // prettier-ignore
  return result;
}

function parseMemory(cursor: TokenCursor, result: SourceOperand): void {
  const { operand } = result;
  for (;;) {
    const word = cursor.word();
    if (word === "byte" || word === "word" || word === "dword") operand.displacementSize = sizeWords[word];
    else if (word === "nosplit") result.keepScaled = true;
    else if (word !== "abs" && word !== "rel") break;
    cursor.at++;
  }
  const segment = registers.get(cursor.word());
  if (segment && (segment.kinds & Kind.SegmentReg) !== 0) {
    operand.segment = segment.register;
    cursor.at++;
    cursor.expect(":");
  }
  result.expression = cursor.expression();
  cursor.expect("]");
}

/** Parses an instruction line from its first prefix or mnemonic. */
export function parseInstruction(cursor: TokenCursor, section: Section, place: Place, bits: 16 | 32): InstructionItem {
  const context = newContext(bits);
  context.section = section;
  let mnemonic = "";
  while (!cursor.done) {
    const word = cursor.word();
    const prefix = Object.hasOwn(prefixWords, word) ? prefixWords[word] : undefined;
    if (!prefix) {
      // `wait` before another instruction is a prefix of it, as far as the order of bytes goes.
      if (word !== "wait" && word !== "fwait") break;
      if (!instructions.has(cursor.word(1)) && !isPrefix(cursor.word(1))) break;
      context.waitPrefix = 0x9b;
    } else prefix(context);
    cursor.at++;
  }
  const operands: SourceOperand[] = [];
  if (!cursor.done) {
    mnemonic = cursor.word();
    cursor.at++;
    while (!cursor.done) {
      operands.push(parseOperand(cursor));
      if (!cursor.take(",")) break;
      if (cursor.done) fail("operand expected after ','");
    }
    cursor.expectEnd();
  }
  return new InstructionItem(section, place, mnemonic, operands, context);
}

const noSlots: Form = {
  name: "",
  row: "",
  slots: [],
  operandSize: 0,
  addressSize: 0,
  opcode: [],
  modrm: -2,
  suffix: -1,
  wait: false,
  usesDefaultSize: false,
  memorySlot: -1,
  relaxable: false,
};

const scratch = new CodeBuffer(64);

export class InstructionItem extends Item {
  private readonly operands: Operand[];
  /** No symbol is in it: its size is the same wherever it stands. */
  private readonly isFixed: boolean;

  constructor(
    section: Section,
    place: Place,
    private readonly mnemonic: string,
    private readonly sources: SourceOperand[],
    private readonly context: Context,
  ) {
    super(section, place);
    this.operands = sources.map((s) => s.operand);
    this.isFixed = this.hasNoSymbols();
  }

  /** Fills the operands with the values of this pass. False while a symbol is unknown. */
  private resolve(program: Program): boolean {
    let known = true;
    for (const source of this.sources) {
      const { operand, expression, selector, keepScaled } = source;
      if (!expression) continue;
      const value = program.evaluate(expression, this);
      if (!value) {
        known = false;
        // An unknown value is assumed small and near; later passes know better.
        operand.value = (operand.kinds & Kind.Immediate) !== 0 ? this.context.offset : 0;
        operand.target = (operand.kinds & Kind.Immediate) !== 0 && this.isBranch() ? this.context.section : null;
        continue;
      }
      source.exact = Number(value.n);
      if ((operand.kinds & (Kind.Immediate | Kind.FarPointer)) !== 0) {
        if (value.registers) fail("a register in an immediate expression");
        operand.value = low32(value.n);
        operand.target = value.target;
        if (selector) operand.selector = program.number(selector, this, "a selector") ?? 0;
      } else setAddress(operand, value, keepScaled);
    }
    return known;
  }

  private isBranch(): boolean {
    return instructions.get(this.mnemonic)?.some((f) => f.slots.some((s) => s.place === SlotPlace.Rel)) ?? false;
  }

  private form(): Form {
    if (this.mnemonic === "") return noSlots;
    const forms = instructions.get(this.mnemonic)!;
    const form = select(forms, this.operands, this.context);
    if (typeof form !== "string") return form;
    const { mnemonic, sources } = this;
    if (form === Mismatch.Size) {
      const which = sources.find((s) => (s.operand.kinds & Kind.MemUnsized) !== 0);
      fail(`operation size not specified: say byte, word, dword, ... before ${which?.text ?? "the memory operand"}`);
    }
    if (form === Mismatch.Count) {
      const counts = [...new Set(forms.map((f) => f.slots.length))].sort().join(" or ");
      fail(`'${mnemonic}' takes ${counts} operand${counts === "1" ? "" : "s"}, not ${sources.length}`);
    }
    const { operandPrefix } = this.context;
    if (operandPrefix) fail(`o${operandPrefix} contradicts the operand size of '${mnemonic}'`);
    fail(`invalid combination of operands for '${mnemonic}'${this.sizesDisagree() ? " (operand sizes differ)" : ""}`);
  }

  private sizesDisagree(): boolean {
    const general = Kind.Reg8 | Kind.Reg16 | Kind.Reg32 | Kind.AnyMem;
    const sizes = this.operands.filter((o) => (o.kinds & general) !== 0 && o.size > 0).map((o) => o.size);
    return new Set(sizes).size > 1;
  }

  /** Encodes into the scratch buffer with the values of this pass. */
  private encodeAt(program: Program, offset: number): boolean {
    this.context.offset = offset;
    const known = this.resolve(program);
    scratch.clear();
    if (this.mnemonic === "") encodePrefixes(this.context);
    else encode(this.form(), this.operands, this.context, scratch);
    return known;
  }

  layout(program: Program): number {
    if (this.size > 0 && this.isFixed) return this.size;
    this.encodeAt(program, this.offset);
    if (program.growOnly && scratch.length < this.size) {
      for (const operand of this.operands) {
        operand.distance ||= Distance.Near;
        if ((operand.kinds & Kind.AnyMem) !== 0) operand.displacementSize ||= this.context.bits >> 3;
        if (operand.kinds === Kind.Immediate) operand.strict = true;
      }
      this.encodeAt(program, this.offset);
    }
    return scratch.length;
  }

  /** Bytes and fields of the instruction placed at `offset` of its section. */
  encodeInto(program: Program, out: CodeBuffer, offset: number): void {
    this.encodeAt(program, offset);
    const form = this.mnemonic === "" ? noSlots : this.form();
    this.check(form);
    for (const fixup of scratch.fixups) out.fixups.push({ ...fixup, offset: fixup.offset + out.length });
    out.append(scratch.bytes.subarray(0, scratch.length));
  }

  private hasNoSymbols(): boolean {
    return this.sources.every((s) => isConstant(s.expression) && isConstant(s.selector)) && !this.isBranch();
  }

  /** Values against the fields they go into. */
  private check(form: Form): void {
    form.slots.forEach((slot, i) => {
      const operand = this.operands[i];
      const { exact } = this.sources[i];
      if (slot.place === SlotPlace.Imm && !operand.target) {
        const value = !slot.signExtended ? exact : form.operandSize === 16 ? (exact << 16) >> 16 : exact | 0;
        checkFits(value, slot.width, slot.signExtended, exact);
      }
      if ((operand.kinds & Kind.AnyMem) !== 0 && !operand.target) {
        const width =
          operand.displacementSize === 1 && operand.base >= 0 ? 1 : (operand.addressSize || this.context.bits) >> 3;
        checkFits(exact, width, width === 1, exact);
      }
      if (slot.place === SlotPlace.Rel && operand.target === this.context.section) {
        const distance = operand.value - (this.context.offset + scratch.length);
        if (slot.width === 1 && !fitsSigned8(distance)) fail(`short jump out of range: ${distance} bytes`);
      }
    });
  }

  override emit(program: Program): void {
    const { out } = this.section;
    this.section.lines.push({ offset: out.length, place: this.place });
    this.encodeInto(program, out, this.offset);
  }
}

function checkFits(value: number, width: number, signed: boolean, shown: number): void {
  const half = 2 ** (width * 8 - 1);
  if (value < -half || value >= (signed ? half : 2 * half)) fail(`value ${shown} does not fit in ${width * 8} bits`);
}

/** A line of prefixes alone. */
function encodePrefixes(context: Context): void {
  const { waitPrefix, repeatPrefix, lockPrefix, segmentPrefix, operandPrefix, addressPrefix, bits } = context;
  for (const byte of [waitPrefix, repeatPrefix, lockPrefix, segmentPrefix]) if (byte) scratch.byte(byte);
  if (operandPrefix && operandPrefix !== bits) scratch.byte(0x66);
  if (addressPrefix && addressPrefix !== bits) scratch.byte(0x67);
}

/** No symbols and no `$`. */
function isConstant(e: Expression | null): boolean {
  if (!e) return true;
  switch (e.op) {
    case "number":
    case "register":
      return true;
    case "unary":
      return isConstant(e.a);
    case "binary":
      return isConstant(e.a) && isConstant(e.b);
    default:
      return false;
  }
}
