import { ByteReader, FormatError } from "../bytes.ts";
import { Attribute, Encoding, Operation, Tag } from "./constants.ts";
import { type Entry, type Unit, entryAt } from "./units.ts";

export interface BaseType {
  readonly kind: "base";
  readonly name: string;
  readonly size: number;
  readonly encoding: "unsigned" | "signed" | "boolean" | "character" | "float";
}

export interface PointerType {
  readonly kind: "pointer";
  readonly size: number;
  readonly target: Type;
}

export interface StructType {
  readonly kind: "struct" | "union";
  readonly name: string;
  readonly size: number;
  readonly fields: readonly Field[];
  field(name: string): Field | undefined;
}

export interface Field {
  /** Empty for an anonymous struct or union inside another. */
  readonly name: string;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  readonly type: Type;
  /** A bit field: its lowest bit, counted from bit 0 of the byte at `offset`, and its width. */
  readonly bits?: { readonly shift: number; readonly width: number };
}

export interface ArrayType {
  readonly kind: "array";
  readonly element: Type;
  /** Elements; -1 when the file does not say (`extern int a[]`). */
  readonly count: number;
  readonly size: number;
}

export interface EnumType {
  readonly kind: "enum";
  readonly name: string;
  readonly size: number;
  readonly members: ReadonlyMap<string, number>;
  /** The first member with this value. */
  nameOf(value: number): string | undefined;
}

export interface FunctionType {
  readonly kind: "function";
}

export interface VoidType {
  readonly kind: "void";
  readonly size: 0;
}

export type Type = BaseType | PointerType | StructType | ArrayType | EnumType | FunctionType | VoidType;

const VOID: VoidType = { kind: "void", size: 0 };
const FUNCTION: FunctionType = { kind: "function" };
/** Typedefs of qualified typedefs ...: deeper than this is a ring. */
const DEEPEST = 64;

export function sizeOf(type: Type): number {
  return type.kind === "function" ? 0 : type.size;
}

/**
 * Types out of .debug_info entries, made once each. Typedefs and qualifiers are looked through; targets of pointers and fields of
 * structs are resolved when asked for, so that recursive types cost nothing special.
 */
export class TypeReader {
  readonly #made = new Map<number, Type>();

  /** `unitOf` finds the unit that holds a .debug_info offset. */
  constructor(private readonly unitOf: (offset: number) => Unit | undefined) {}

  /** The type that `entry` names in its type attribute; void when it names none. */
  ofEntry(entry: Entry): Type {
    return this.#at(entry.number(Attribute.TYPE), 0);
  }

  /** The type that `entry` itself describes. */
  at(entry: Entry): Type {
    return this.#at(entry.offset, 0);
  }

  #at(offset: number | undefined, depth: number): Type {
    if (offset === undefined || offset < 0) return VOID;
    const known = this.#made.get(offset);
    if (known) return known;
    if (depth > DEEPEST) throw new FormatError(".debug_info: types refer to each other in a ring");
    const unit = this.unitOf(offset);
    const entry = unit && entryAt(unit, offset);
    if (!entry) throw new FormatError(`.debug_info: no type at 0x${offset.toString(16)}`);
    const type = this.#make(entry, depth);
    this.#made.set(offset, type);
    return type;
  }

  #make(entry: Entry, depth: number): Type {
    switch (entry.tag) {
      case Tag.BASE_TYPE:
        return makeBase(entry);
      case Tag.POINTER_TYPE:
      case Tag.REFERENCE_TYPE:
        return this.#makePointer(entry);
      case Tag.STRUCTURE_TYPE:
      case Tag.CLASS_TYPE:
        return new Struct("struct", entry, this);
      case Tag.UNION_TYPE:
        return new Struct("union", entry, this);
      case Tag.ARRAY_TYPE:
        return this.#makeArray(entry, depth);
      case Tag.ENUMERATION_TYPE:
        return new Enumeration(entry);
      case Tag.SUBROUTINE_TYPE:
        return FUNCTION;
      case Tag.TYPEDEF:
      case Tag.CONST_TYPE:
      case Tag.VOLATILE_TYPE:
      case Tag.RESTRICT_TYPE:
      case Tag.ATOMIC_TYPE:
        return this.#at(entry.number(Attribute.TYPE), depth + 1);
      default:
        return VOID;
    }
  }

  #makePointer(entry: Entry): PointerType {
    const target = (): Type => this.ofEntry(entry);
    return {
      kind: "pointer",
      size: entry.number(Attribute.BYTE_SIZE) ?? entry.unit.addressSize,
      get target() {
        return target();
      },
    };
  }

  #makeArray(entry: Entry, depth: number): Type {
    const counts: number[] = [];
    for (const child of entry.children()) if (child.tag === Tag.SUBRANGE_TYPE) counts.push(subrangeCount(child));
    let type: Type = this.#at(entry.number(Attribute.TYPE), depth + 1);
    if (counts.length === 0) counts.push(-1);
    // int a[2][3] is one entry with two subranges; the last one varies fastest.
    for (const count of counts.reverse()) {
      type = { kind: "array", element: type, count, size: count < 0 ? 0 : count * sizeOf(type) };
    }
    return type;
  }
}

function makeBase(entry: Entry): BaseType {
  const encodings: Partial<Record<number, BaseType["encoding"]>> = {
    [Encoding.BOOLEAN]: "boolean",
    [Encoding.FLOAT]: "float",
    [Encoding.SIGNED]: "signed",
    [Encoding.SIGNED_CHAR]: "character",
    [Encoding.UNSIGNED_CHAR]: "character",
    [Encoding.UTF]: "character",
  };
  return {
    kind: "base",
    name: entry.text(Attribute.NAME) ?? "",
    size: entry.number(Attribute.BYTE_SIZE) ?? 0,
    encoding: encodings[entry.number(Attribute.ENCODING) ?? 0] ?? "unsigned",
  };
}

function subrangeCount(entry: Entry): number {
  const count = entry.number(Attribute.COUNT);
  if (count !== undefined) return count;
  const upper = entry.number(Attribute.UPPER_BOUND);
  // int a[0] has the upper bound -1, which data4 shows as 0xffffffff.
  if (upper === undefined) return -1;
  return upper === 0xffff_ffff ? 0 : upper + 1;
}

class Struct implements StructType {
  readonly name: string;
  readonly size: number;
  #fields: readonly Field[] | undefined;
  #byName: Map<string, Field> | undefined;

  constructor(
    readonly kind: "struct" | "union",
    private readonly entry: Entry,
    private readonly types: TypeReader,
  ) {
    this.name = entry.text(Attribute.NAME) ?? "";
    this.size = entry.number(Attribute.BYTE_SIZE) ?? 0;
  }

  get fields(): readonly Field[] {
    return (this.#fields ??= this.#read());
  }

  field(name: string): Field | undefined {
    if (!this.#byName) {
      this.#byName = new Map();
      collectFields(this, 0, this.#byName, 0);
    }
    return this.#byName.get(name);
  }

  #read(): Field[] {
    const fields: Field[] = [];
    const { types } = this;
    for (const child of this.entry.children()) {
      if (child.tag !== Tag.MEMBER) continue;
      const name = child.text(Attribute.NAME) ?? "";
      const place = memberPlace(child, () => sizeOf(types.ofEntry(child)));
      fields.push({
        name,
        ...place,
        get type() {
          return types.ofEntry(child);
        },
      });
    }
    return fields;
  }
}

/** Named fields of `struct`; those of anonymous members count as its own. */
function collectFields(struct: StructType, base: number, into: Map<string, Field>, depth: number): void {
  for (const field of struct.fields) {
    if (field.name !== "") {
      const absolute = base === 0 ? field : { ...field, offset: base + field.offset };
      if (!into.has(field.name)) into.set(field.name, absolute);
      continue;
    }
    const inner = field.type;
    if ((inner.kind === "struct" || inner.kind === "union") && depth < DEEPEST) {
      collectFields(inner, base + field.offset, into, depth + 1);
    }
  }
}

function memberPlace(member: Entry, storageSize: () => number): Pick<Field, "offset" | "bits"> {
  const offset = memberOffset(member);
  const width = member.number(Attribute.BIT_SIZE);
  if (width === undefined) return { offset };
  let bit = member.number(Attribute.DATA_BIT_OFFSET);
  if (bit === undefined) {
    // Up to DWARF 3 bits count down from the top of the storage unit.
    const size = member.number(Attribute.BYTE_SIZE) ?? storageSize();
    bit = (offset + size) * 8 - (member.number(Attribute.BIT_OFFSET) ?? 0) - width;
  }
  return { offset: bit >>> 3, bits: { shift: bit & 7, width } };
}

function memberOffset(member: Entry): number {
  const value = member.attribute(Attribute.DATA_MEMBER_LOCATION);
  if (typeof value === "number") return value;
  if (!(value instanceof Uint8Array)) return 0;
  // DWARF 2: the expression plus_uconst N.
  const reader = new ByteReader(value, "member location");
  return reader.u8() === Operation.PLUS_UCONST ? reader.uleb() : 0;
}

class Enumeration implements EnumType {
  readonly kind = "enum";
  readonly name: string;
  readonly size: number;
  #members: Map<string, number> | undefined;
  #names: Map<number, string> | undefined;

  constructor(private readonly entry: Entry) {
    this.name = entry.text(Attribute.NAME) ?? "";
    this.size = entry.number(Attribute.BYTE_SIZE) ?? 4;
  }

  get members(): ReadonlyMap<string, number> {
    if (this.#members) return this.#members;
    const members = new Map<string, number>();
    for (const child of this.entry.children()) {
      const name = child.text(Attribute.NAME);
      const value = child.number(Attribute.CONST_VALUE);
      if (child.tag === Tag.ENUMERATOR && name !== undefined && value !== undefined) members.set(name, value);
    }
    return (this.#members = members);
  }

  nameOf(value: number): string | undefined {
    if (!this.#names) {
      this.#names = new Map();
      for (const [name, each] of this.members) if (!this.#names.has(each)) this.#names.set(each, name);
    }
    return this.#names.get(value);
  }
}
