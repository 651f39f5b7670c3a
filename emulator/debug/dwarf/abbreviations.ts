import { ByteReader, FormatError } from "../bytes.ts";
import { Form } from "./constants.ts";
import { fixedSize } from "./forms.ts";

export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: Uint16Array;
  readonly forms: Uint16Array;
  /** The value of an implicit_const attribute, by attribute position. */
  readonly constants: readonly number[];
  /** Bytes that all attributes together take, -1 when that differs from entry to entry. */
  readonly size: number;
}

export type AbbreviationTable = ReadonlyMap<number, Abbreviation>;

/** No producer comes near this; without it a few bytes per entry could ask for any amount of work. */
const MOST_ATTRIBUTES = 200;

/** The abbreviation table at `offset` of .debug_abbrev (DWARF 4, section 7.5.3), for units with these sizes. */
export function readAbbreviations(
  section: Uint8Array,
  offset: number,
  offsetSize: number,
  addressSize: number,
): AbbreviationTable {
  const reader = new ByteReader(section, ".debug_abbrev", offset);
  const table = new Map<number, Abbreviation>();
  for (;;) {
    const code = reader.uleb();
    if (code === 0) return table;
    const tag = reader.uleb();
    const hasChildren = reader.u8() !== 0;
    const attributes: number[] = [];
    const forms: number[] = [];
    const constants: number[] = [];
    for (;;) {
      const attribute = reader.uleb();
      const form = reader.uleb();
      const constant = form === Form.IMPLICIT_CONST ? reader.sleb() : 0;
      if (attribute === 0 && form === 0) break;
      if (attributes.push(attribute) > MOST_ATTRIBUTES) throw new FormatError(".debug_abbrev: too many attributes");
      forms.push(form);
      constants.push(constant);
    }
    table.set(code, {
      tag,
      hasChildren,
      attributes: Uint16Array.from(attributes),
      forms: Uint16Array.from(forms),
      constants,
      size: totalSize(forms, offsetSize, addressSize),
    });
  }
}

function totalSize(forms: readonly number[], offsetSize: number, addressSize: number): number {
  let total = 0;
  for (const form of forms) {
    const size = fixedSize(form, offsetSize, addressSize);
    if (size < 0) return -1;
    total += size;
  }
  return total;
}
