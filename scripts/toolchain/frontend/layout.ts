// Lays classes out as i386 C does: fields in order, natural alignment up to 4 (a u64 aligns to 4), embedded structs and
// inline arrays in place. AssemblyScript's own offsets are overwritten as soon as no class is half resolved.
import type { Class, Program, Property, Type } from "./assemblyscript.ts";
import { ElementKind } from "./assemblyscript.ts";
import { evaluateConstant } from "./constant.ts";
import type { Diagnostics } from "./diagnostics.ts";

/** How a field lies in its struct. */
export interface FieldLayout {
  property: Property;
  offset: number;
  size: number;
  /** "value" is loaded and stored; the others are in place and read as their address. */
  kind: "value" | "struct" | "array" | "structs";
  /** Element count of "array" and "structs". */
  count: number;
}

export interface ClassLayout {
  size: number;
  align: number;
  /** Own and inherited fields by offset. */
  fields: FieldLayout[];
}

interface DecoratorLike {
  name: { text: string };
  args: Parameters<typeof evaluateConstant>[1][] | null;
}

interface ResolverInternals {
  finishResolveClass(instance: Class, reportMode: number): void;
  resolveClassPending: Set<Class>;
}

export class Layouts {
  private readonly done = new Map<Class, ClassLayout>();
  private readonly inPlace = new Map<Property, FieldLayout>();
  private readonly queue: Class[] = [];
  private readonly active = new Set<Class>();

  constructor(
    private readonly program: Program,
    private readonly diagnostics: Diagnostics,
  ) {
    const resolver = program.resolver as unknown as ResolverInternals;
    const original = resolver.finishResolveClass;
    resolver.finishResolveClass = (instance, reportMode) => {
      original.call(resolver, instance, reportMode);
      this.queue.push(instance);
      if (resolver.resolveClassPending.size === 0) {
        for (let next = this.queue.pop(); next; next = this.queue.pop()) this.of(next);
      }
    };
  }

  /** The field's layout when it is in place (embedded or inline array), else null. */
  inPlaceField(property: Property): FieldLayout | null {
    return this.inPlace.get(property) ?? null;
  }

  of(cls: Class): ClassLayout {
    let layout = this.done.get(cls);
    if (layout) return layout;
    layout = { size: 0, align: 1, fields: [] };
    if (this.active.has(cls)) return layout;
    this.active.add(cls);
    const base = cls.base && !cls.prototype.implicitlyExtendsObject ? this.of(cls.base) : null;
    if (base) {
      layout.size = base.size;
      layout.align = base.align;
      layout.fields.push(...base.fields);
    }
    for (const prototype of cls.prototype.instanceMembers?.values() ?? []) {
      const bound = cls.members?.get(prototype.name) as unknown as
        { kind: number; isField: boolean; instance: Property | null } | undefined;
      if (!bound || bound.kind !== ElementKind.PropertyPrototype || !bound.isField || !bound.instance) continue;
      if (base?.fields.some((f) => f.property.name === prototype.name)) continue;
      this.place(layout, bound.instance, cls);
    }
    layout.size = alignUp(layout.size, layout.align);
    cls.nextMemoryOffset = layout.size;
    this.active.delete(cls);
    this.done.set(cls, layout);
    return layout;
  }

  private place(layout: ClassLayout, property: Property, cls: Class): void {
    const field: FieldLayout = { property, offset: 0, size: 0, kind: "value", count: 1 };
    let align = this.placeValue(field, property.type);
    const decorators = (property.prototype.fieldDeclaration?.decorators ?? []) as unknown as DecoratorLike[];
    for (const decorator of decorators) {
      if (decorator.name.text === "embed") align = this.placeStruct(field, cls);
      else if (decorator.name.text === "array") align = this.placeArray(field, decorator, cls);
    }
    field.offset = alignUp(layout.size, align);
    layout.size = field.offset + field.size;
    layout.align = Math.max(layout.align, align);
    layout.fields.push(field);
    property.memoryOffset = field.offset;
    if (field.kind !== "value") this.inPlace.set(property, field);
  }

  private placeValue(field: FieldLayout, type: Type): number {
    field.size = type.byteSize;
    return Math.min(field.size, 4);
  }

  private placeStruct(field: FieldLayout, cls: Class): number {
    const embedded = field.property.type.classReference;
    const range = field.property.identifierNode.range;
    if (!embedded || isArrayClass(embedded)) {
      this.diagnostics.add(range, `@embed needs a field of struct type; for an inline array write @array(n)`);
      return 4;
    }
    if (this.active.has(embedded)) {
      this.diagnostics.add(range, `struct ${cls.name} embeds itself; without @embed the field is a pointer`);
      return 4;
    }
    const layout = this.of(embedded);
    field.kind = "struct";
    field.size = layout.size;
    return layout.align;
  }

  private placeArray(field: FieldLayout, decorator: DecoratorLike, cls: Class): number {
    const range = field.property.identifierNode.range;
    const array = field.property.type.classReference;
    const element = array && isArrayClass(array) ? (array.typeArguments?.[0] ?? null) : null;
    const argument = decorator.args?.length === 1 ? decorator.args[0] : null;
    const count = argument ? evaluateConstant(this.program, argument, cls.prototype.parent) : null;
    if (!element || !array) {
      this.diagnostics.add(range, `@array(n) needs a field of type Arr<T> or StructArr<T>`);
      return 4;
    }
    if (count === null || count <= 0) {
      this.diagnostics.add(range, `the count of @array must be a positive literal, const or enum member`);
      return 4;
    }
    field.count = count;
    if (array.prototype.name === "StructArr" && element.classReference) {
      const layout = this.of(element.classReference);
      field.kind = "structs";
      field.size = layout.size * count;
      return layout.align;
    }
    field.kind = "array";
    field.size = element.byteSize * count;
    return Math.min(element.byteSize, 4);
  }
}

export function isArrayClass(cls: Class): boolean {
  return cls.prototype.name === "Arr" || cls.prototype.name === "StructArr";
}

function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
