// The program's types as the debugger shall see them.
import type { Class, Element, Program, Type } from "../frontend/assemblyscript.ts";
import { ElementKind, TypeKind } from "../frontend/assemblyscript.ts";
import type { FieldLayout, Layouts } from "../frontend/layout.ts";
import type { DebugEnum, DebugStruct, DebugType } from "./model.ts";

interface NamedTypeLike {
  name?: { identifier?: { text: string } };
}

export class TypeTable {
  readonly structs = new Map<string, DebugStruct>();
  readonly enums = new Map<string, DebugEnum>();

  constructor(
    program: Program,
    private readonly layouts: Layouts,
  ) {
    for (const element of program.elementsByName.values()) {
      if (element.kind === ElementKind.Enum) this.addEnum(element);
    }
  }

  /** `node` and `scope`: how the type is written, because an enum is only an i32 to the compiler. */
  of(type: Type, node?: unknown, scope?: Element): DebugType {
    const written = node && scope ? this.enumOf(node as NamedTypeLike, scope) : null;
    if (written) return written;
    const cls = type.classReference;
    if (cls) return this.pointerTo(cls);
    if (type.signatureReference) return { kind: "pointer", to: { kind: "function" } };
    if (type.kind === TypeKind.Void) return { kind: "void" };
    const name = type.toString();
    if (type.kind === TypeKind.Bool) return { kind: "base", name, size: 1, encoding: "boolean" };
    return { kind: "base", name, size: type.byteSize, encoding: type.isSignedIntegerValue ? "signed" : "unsigned" };
  }

  private pointerTo(cls: Class): DebugType {
    const { name } = cls.prototype;
    if (name === "String") {
      return { kind: "pointer", to: { kind: "base", name: "char", size: 1, encoding: "character" } };
    }
    const element = cls.typeArguments?.[0];
    if (element && (name === "Arr" || name === "StaticArray")) return { kind: "pointer", to: this.of(element) };
    if (element && name === "StructArr" && element.classReference) return this.pointerTo(element.classReference);
    if (name === "VaList" || name === "Array") {
      return { kind: "pointer", to: { kind: "base", name: "u32", size: 4, encoding: "unsigned" } };
    }
    return { kind: "pointer", to: this.struct(cls) };
  }

  struct(cls: Class): DebugType {
    const key = cls.internalName;
    if (!this.structs.has(key)) {
      const layout = this.layouts.of(cls);
      const struct: DebugStruct = { name: cls.name, size: layout.size, fields: [] };
      this.structs.set(key, struct);
      for (const field of layout.fields) {
        struct.fields.push({ name: field.property.name, offset: field.offset, type: this.field(field, cls) });
      }
    }
    return { kind: "struct", key };
  }

  private field(field: FieldLayout, cls: Class): DebugType {
    const { property, kind, count } = field;
    const inner = property.type.classReference;
    if (kind === "value") {
      return this.of(property.type, property.prototype.fieldDeclaration?.type, cls.prototype.parent);
    }
    if (kind === "struct" && inner) return this.struct(inner);
    const element = inner?.typeArguments?.[0];
    if (!element) return this.of(property.type);
    const of = kind === "structs" && element.classReference ? this.struct(element.classReference) : this.of(element);
    return { kind: "array", of, count };
  }

  /** Static memory a constant points at: the array or struct itself, as C would declare it. */
  pointee(type: Type, size: number): DebugType | null {
    const cls = type.classReference;
    if (!cls) return null;
    const element = cls.typeArguments?.[0];
    const { name } = cls.prototype;
    if (element && name === "StructArr" && element.classReference) {
      const of = this.struct(element.classReference);
      return { kind: "array", of, count: Math.floor(size / this.layouts.of(element.classReference).size) };
    }
    if (element && (name === "Arr" || name === "StaticArray")) {
      return { kind: "array", of: this.of(element), count: Math.floor(size / element.byteSize) };
    }
    if (name === "String") {
      return { kind: "array", of: { kind: "base", name: "char", size: 1, encoding: "character" }, count: size };
    }
    return this.struct(cls);
  }

  private enumOf(node: NamedTypeLike, scope: Element): DebugType | null {
    const name = node.name?.identifier?.text;
    const element = name ? scope.lookup(name, true) : null;
    return element?.kind === ElementKind.Enum ? { kind: "enum", key: element.internalName } : null;
  }

  private addEnum(element: Element): void {
    const members: DebugEnum["members"] = [];
    for (const member of element.members?.values() ?? []) {
      if (member.kind !== ElementKind.EnumValue) continue;
      const value = member as unknown as { constantIntegerValue: { low: number } };
      members.push({ name: member.name, value: value.constantIntegerValue.low });
    }
    if (members.length > 0) this.enums.set(element.internalName, { name: element.name, members });
  }
}
