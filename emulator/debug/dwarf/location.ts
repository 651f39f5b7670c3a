import { ByteReader } from "../bytes.ts";
import { Attribute, Form, Operation } from "./constants.ts";
import { readForm } from "./forms.ts";
import type { Entry } from "./units.ts";

export interface StaticLocation {
  /** Where the object lives. */
  readonly address?: number;
  /** What the object is, when it lives nowhere. */
  readonly value?: number;
}

/**
 * Where a variable lives that has one place for the whole run: `addr X`, `addr X, stack_value`, a constant, each with
 * `plus_uconst`. Anything that needs registers or a frame gives neither (DWARF 4, section 2.6).
 */
export function staticLocation(entry: Entry): StaticLocation {
  const constant = entry.number(Attribute.CONST_VALUE);
  const expression = entry.attribute(Attribute.LOCATION);
  if (!(expression instanceof Uint8Array)) return constant === undefined ? {} : { value: constant };
  const reader = new ByteReader(expression, "location expression");
  const { unit } = entry;
  let top: number | undefined;
  let isValue = false;
  while (!reader.atEnd) {
    const operation = reader.u8();
    if (operation >= Operation.LIT0 && operation <= Operation.LIT31) {
      top = operation - Operation.LIT0;
      continue;
    }
    switch (operation) {
      case Operation.ADDR:
        top = reader.unsigned(unit.addressSize);
        break;
      case Operation.ADDRX:
        top = Number(readForm(reader, Form.ADDRX, 0, unit));
        break;
      case Operation.CONST1U:
        top = reader.u8();
        break;
      case Operation.CONST1S:
        top = reader.i8();
        break;
      case Operation.CONST2U:
        top = reader.u16();
        break;
      case Operation.CONST2S:
        top = (reader.u16() << 16) >> 16;
        break;
      case Operation.CONST4U:
        top = reader.u32();
        break;
      case Operation.CONST4S:
        top = reader.i32();
        break;
      case Operation.CONSTU:
        top = reader.uleb();
        break;
      case Operation.CONSTS:
        top = reader.sleb();
        break;
      case Operation.PLUS_UCONST:
        top = (top ?? 0) + reader.uleb();
        break;
      case Operation.STACK_VALUE:
        isValue = true;
        break;
      default:
        return {};
    }
  }
  if (top === undefined) return {};
  return isValue ? { value: top } : { address: top >>> 0 };
}
