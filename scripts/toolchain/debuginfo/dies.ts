// Debugging information entries and their encoding in .debug_info and .debug_abbrev (DWARF 4, section 7.5).
import { ByteWriter } from "./writer.ts";

export const enum Tag {
  ArrayType = 0x01,
  EnumerationType = 0x04,
  FormalParameter = 0x05,
  LexicalBlock = 0x0b,
  Member = 0x0d,
  PointerType = 0x0f,
  CompileUnit = 0x11,
  StructureType = 0x13,
  SubroutineType = 0x15,
  SubrangeType = 0x21,
  BaseType = 0x24,
  Enumerator = 0x28,
  Subprogram = 0x2e,
  Variable = 0x34,
}

export const enum At {
  Location = 0x02,
  Name = 0x03,
  ByteSize = 0x0b,
  StmtList = 0x10,
  LowPc = 0x11,
  HighPc = 0x12,
  Language = 0x13,
  CompDir = 0x1b,
  ConstValue = 0x1c,
  Producer = 0x25,
  Prototyped = 0x27,
  UpperBound = 0x2f,
  DataMemberLocation = 0x38,
  DeclFile = 0x3a,
  DeclLine = 0x3b,
  Encoding = 0x3e,
  External = 0x3f,
  FrameBase = 0x40,
  Type = 0x49,
  Ranges = 0x55,
}

const enum Form {
  Addr = 0x01,
  Data4 = 0x06,
  String = 0x08,
  Data1 = 0x0b,
  Sdata = 0x0d,
  Udata = 0x0f,
  Ref4 = 0x13,
  SecOffset = 0x17,
  Exprloc = 0x18,
  FlagPresent = 0x19,
}

type AttributeValue =
  | { form: Form.Addr | Form.Data4 | Form.SecOffset | Form.Data1 | Form.Udata; value: number }
  | { form: Form.Sdata; value: number | bigint }
  | { form: Form.String; text: string }
  | { form: Form.Ref4; die: Die }
  | { form: Form.Exprloc; bytes: Uint8Array }
  | { form: Form.FlagPresent };

export class Die {
  readonly children: Die[] = [];
  readonly attributes: { at: At; value: AttributeValue }[] = [];
  offset = 0;

  constructor(readonly tag: Tag) {}

  private set(at: At, value: AttributeValue): this {
    this.attributes.push({ at, value });
    return this;
  }

  text(at: At, text: string): this {
    return this.set(at, { form: Form.String, text });
  }
  number(at: At, value: number): this {
    return this.set(at, { form: Form.Udata, value });
  }
  signed(at: At, value: number | bigint): this {
    return this.set(at, { form: Form.Sdata, value });
  }
  byte(at: At, value: number): this {
    return this.set(at, { form: Form.Data1, value });
  }
  data4(at: At, value: number): this {
    return this.set(at, { form: Form.Data4, value });
  }
  address(at: At, value: number): this {
    return this.set(at, { form: Form.Addr, value });
  }
  section(at: At, value: number): this {
    return this.set(at, { form: Form.SecOffset, value });
  }
  reference(at: At, die: Die): this {
    return this.set(at, { form: Form.Ref4, die });
  }
  expression(at: At, bytes: Uint8Array): this {
    return this.set(at, { form: Form.Exprloc, bytes });
  }
  flag(at: At): this {
    return this.set(at, { form: Form.FlagPresent });
  }

  add(tag: Tag): Die {
    const child = new Die(tag);
    this.children.push(child);
    return child;
  }
}

/** Abbreviations are shared by all units written with one encoder. */
export class DieEncoder {
  readonly info = new ByteWriter();
  private readonly abbreviations = new Map<string, number>();
  private readonly abbrev = new ByteWriter();

  /** Appends a compile unit. */
  unit(root: Die): void {
    const { info } = this;
    const start = info.length;
    info.u32(0).u16(4).u32(0).u8(4);
    const references: { at: number; die: Die }[] = [];
    this.write(root, start, references);
    for (const { at, die } of references) info.patch32(at, die.offset);
    info.patch32(start, info.length - start - 4);
  }

  abbreviationBytes(): Uint8Array {
    this.abbrev.u8(0);
    return this.abbrev.result();
  }

  private write(die: Die, start: number, references: { at: number; die: Die }[]): void {
    const { info } = this;
    die.offset = info.length - start;
    info.uleb(this.abbreviation(die));
    for (const { value } of die.attributes) {
      switch (value.form) {
        case Form.String:
          info.text(value.text);
          break;
        case Form.Ref4:
          references.push({ at: info.length, die: value.die });
          info.u32(0);
          break;
        case Form.Exprloc:
          info.uleb(value.bytes.length).bytes(value.bytes);
          break;
        case Form.FlagPresent:
          break;
        case Form.Data1:
          info.u8(value.value);
          break;
        case Form.Sdata:
          info.sleb(value.value);
          break;
        case Form.Udata:
          info.uleb(value.value);
          break;
        default:
          info.u32(value.value);
      }
    }
    if (die.children.length === 0) return;
    for (const child of die.children) this.write(child, start, references);
    info.u8(0);
  }

  private abbreviation(die: Die): number {
    const shape = die.attributes.map(({ at, value }) => [at, value.form]);
    const key = `${die.tag}:${die.children.length > 0 ? 1 : 0}:${shape.join(";")}`;
    let code = this.abbreviations.get(key);
    if (code === undefined) {
      code = this.abbreviations.size + 1;
      this.abbreviations.set(key, code);
      this.abbrev
        .uleb(code)
        .uleb(die.tag)
        .u8(die.children.length > 0 ? 1 : 0);
      for (const [at, form] of shape) this.abbrev.uleb(at).uleb(form);
      this.abbrev.u8(0, 0);
    }
    return code;
  }
}
