import { decodeText } from "./bytes.ts";
import type { DebugInfo } from "./debug_info.ts";
import { type Field, type StructType, type Type, sizeOf } from "./dwarf/types.ts";

/** Guest memory by linear address; null when some page of the range is not mapped. `Cpu.peek` has this shape. */
export interface LinearMemory {
  peek(linear: number, length: number): Uint8Array | null;
}

/** A question about guest data that has no answer: an unmapped page, a field or variable that does not exist. One line. */
export class GuestReadError extends Error {
  override name = "GuestReadError";
}

/** Guest data seen through the types of a program's debug info. */
export class GuestMemory {
  constructor(
    readonly memory: LinearMemory,
    readonly info: DebugInfo,
  ) {}

  /** The global variable `name`. Throws `GuestReadError` when the program has none. */
  global(name: string): GuestValue {
    const variable = this.info.global(name);
    if (!variable) throw new GuestReadError(`no variable ${name} in the debug info`);
    if (variable.address !== undefined) return new GuestValue(this.memory, variable.type, variable.address);
    if (variable.value !== undefined) return new GuestValue(this.memory, variable.type, -1, variable.value);
    throw new GuestReadError(`${name} has no fixed place`);
  }

  /** The struct `name` at a linear address. Throws `GuestReadError` when there is no such struct. */
  at(address: number, name: string): GuestValue {
    const type = this.info.struct(name);
    if (!type) throw new GuestReadError(`no struct ${name} in the debug info`);
    return new GuestValue(this.memory, type, address);
  }
}

/** A typed place in guest memory (or a constant). Reading happens when a value is asked for, each time anew. */
export class GuestValue {
  constructor(
    readonly memory: LinearMemory,
    readonly type: Type,
    /** Linear address, -1 for a constant. */
    readonly address: number,
    readonly constant?: number,
    private readonly bits?: Field["bits"],
  ) {}

  /** A field; of a pointer to a struct, the field of the struct pointed at. */
  field(name: string): GuestValue {
    const base = this.type.kind === "pointer" ? this.deref() : this;
    const field = base.#struct(name).field(name);
    if (!field) throw new GuestReadError(`no field ${name} in ${describe(base.type)}`);
    return new GuestValue(this.memory, field.type, (base.address + field.offset) >>> 0, undefined, field.bits);
  }

  #struct(wanted: string): StructType {
    if (this.type.kind !== "struct" && this.type.kind !== "union") {
      throw new GuestReadError(`no field ${wanted} in ${describe(this.type)}`);
    }
    return this.type;
  }

  /** Element `index` of an array, or of what a pointer points at the first of. Bounds are not checked, as in C. */
  index(index: number): GuestValue {
    const { type } = this;
    if (type.kind === "array") {
      return new GuestValue(this.memory, type.element, (this.address + index * sizeOf(type.element)) >>> 0);
    }
    if (type.kind !== "pointer") throw new GuestReadError(`${describe(type)} has no elements`);
    return new GuestValue(this.memory, type.target, (this.number() + index * sizeOf(type.target)) >>> 0);
  }

  deref(): GuestValue {
    if (this.type.kind !== "pointer") throw new GuestReadError(`${describe(this.type)} is not a pointer`);
    return new GuestValue(this.memory, this.type.target, this.number());
  }

  /** The bytes of the value as they are in memory. */
  bytes(length = sizeOf(this.type)): Uint8Array {
    const bytes = this.address < 0 ? null : this.memory.peek(this.address, length);
    if (!bytes) throw new GuestReadError(`cannot read ${length} bytes at 0x${(this.address >>> 0).toString(16)}`);
    return bytes;
  }

  /** An integer, enumerator or pointer; beyond 2^53 rounded to a double. */
  number(): number {
    if (this.constant !== undefined) return this.constant;
    const isSigned = this.type.kind === "base" && this.type.encoding === "signed";
    if (this.bits) return this.#bitField(isSigned);
    const size = sizeOf(this.type);
    if (this.type.kind === "struct" || this.type.kind === "union" || this.type.kind === "array" || size > 8) {
      throw new GuestReadError(`${describe(this.type)} is not a number`);
    }
    const bytes = this.bytes();
    let value = 0;
    for (let at = size - 1; at >= 0; at--) value = value * 256 + bytes[at];
    return isSigned && size > 0 && bytes[size - 1] >= 0x80 ? value - 2 ** (size * 8) : value;
  }

  #bitField(isSigned: boolean): number {
    const { shift, width } = this.bits!;
    const bytes = this.bytes((shift + width + 7) >>> 3);
    let value = 0;
    for (let at = bytes.length - 1; at >= 0; at--) value = value * 256 + bytes[at];
    value = Math.floor(value / 2 ** shift) % 2 ** width;
    return isSigned && value >= 2 ** (width - 1) ? value - 2 ** width : value;
  }

  /** The name of an enumerator, or its number. */
  enumerator(): string {
    const value = this.number();
    return (this.type.kind === "enum" ? this.type.nameOf(value) : undefined) ?? String(value);
  }

  /** NUL-terminated text in a character array, or where a pointer points, at most `limit` bytes. */
  text(limit = 256): string {
    if (this.type.kind === "pointer") return readText(this.memory, this.number(), limit);
    const length = this.type.kind === "array" && this.type.count >= 0 ? Math.min(this.type.size, limit) : limit;
    return untilNul(this.bytes(length));
  }
}

/** The NUL-terminated text at a linear address, at most `limit` bytes, cut where a page is missing. */
export function readText(memory: LinearMemory, address: number, limit: number): string {
  let text = "";
  // Page by page: the text may end just before memory that is not there.
  for (let at = address >>> 0, left = limit; left > 0;) {
    const step = Math.min(left, 0x1000 - (at & 0xfff));
    const bytes = memory.peek(at, step);
    if (!bytes) return text;
    const part = untilNul(bytes);
    text += part;
    if (bytes.includes(0)) return text;
    at = (at + step) >>> 0;
    left -= step;
  }
  return text;
}

function untilNul(bytes: Uint8Array): string {
  const stop = bytes.indexOf(0);
  return decodeText(bytes, 0, stop < 0 ? bytes.length : stop);
}

function describe(type: Type): string {
  if (type.kind === "struct" || type.kind === "union") return `${type.kind} ${type.name}`;
  return type.kind === "base" || type.kind === "enum" ? type.name : `a ${type.kind}`;
}
