import { ByteReader, FormatError, textAt } from "../bytes.ts";
import { Form } from "./constants.ts";
import type { DwarfSections } from "./sections.ts";

/** What decoding a form needs to know of its unit. */
export interface FormContext {
  readonly sections: DwarfSections;
  readonly version: number;
  readonly addressSize: number;
  /** 4 in 32-bit DWARF, 8 in 64-bit DWARF. */
  readonly offsetSize: number;
  /** Where the unit starts in .debug_info: unit-relative references count from here. */
  readonly offset: number;
  stringOffsetsBase: number;
  addressBase: number;
}

/** Numbers are values, addresses or (for references) absolute .debug_info offsets; bytes are blocks and expressions. */
export type FormValue = number | string | Uint8Array;

/** Reads one attribute value. A reference this reader cannot follow (type signatures, supplementary files) becomes -1. */
export function readForm(reader: ByteReader, form: number, constant: number, unit: FormContext): FormValue {
  switch (form) {
    case Form.ADDR:
      return reader.unsigned(unit.addressSize);
    case Form.DATA1:
    case Form.FLAG:
      return reader.u8();
    case Form.DATA2:
      return reader.u16();
    case Form.DATA4:
      return reader.u32();
    case Form.DATA8:
      return reader.u64();
    case Form.SDATA:
      return reader.sleb();
    case Form.UDATA:
    case Form.LOCLISTX:
    case Form.RNGLISTX:
      return reader.uleb();
    case Form.SEC_OFFSET:
      return reader.unsigned(unit.offsetSize);
    case Form.FLAG_PRESENT:
      return 1;
    case Form.IMPLICIT_CONST:
      return constant;
    case Form.STRING:
      return reader.text();
    case Form.STRP:
      return textAt(unit.sections.strings, ".debug_str", reader.unsigned(unit.offsetSize));
    case Form.LINE_STRP:
      return textAt(unit.sections.lineStrings, ".debug_line_str", reader.unsigned(unit.offsetSize));
    case Form.STRX:
      return indexedText(unit, reader.uleb());
    case Form.STRX1:
      return indexedText(unit, reader.u8());
    case Form.STRX2:
      return indexedText(unit, reader.u16());
    case Form.STRX3:
      return indexedText(unit, reader.u8() | (reader.u16() << 8));
    case Form.STRX4:
      return indexedText(unit, reader.u32());
    case Form.ADDRX:
      return indexedAddress(unit, reader.uleb());
    case Form.ADDRX1:
      return indexedAddress(unit, reader.u8());
    case Form.ADDRX2:
      return indexedAddress(unit, reader.u16());
    case Form.ADDRX3:
      return indexedAddress(unit, reader.u8() | (reader.u16() << 8));
    case Form.ADDRX4:
      return indexedAddress(unit, reader.u32());
    case Form.REF1:
      return unit.offset + reader.u8();
    case Form.REF2:
      return unit.offset + reader.u16();
    case Form.REF4:
      return unit.offset + reader.u32();
    case Form.REF8:
      return unit.offset + reader.u64();
    case Form.REF_UDATA:
      return unit.offset + reader.uleb();
    case Form.REF_ADDR:
      // DWARF 2 gave it the size of an address, DWARF 3 that of an offset.
      return reader.unsigned(unit.version <= 2 ? unit.addressSize : unit.offsetSize);
    case Form.BLOCK:
    case Form.EXPRLOC:
      return reader.take(reader.uleb());
    case Form.BLOCK1:
      return reader.take(reader.u8());
    case Form.BLOCK2:
      return reader.take(reader.u16());
    case Form.BLOCK4:
      return reader.take(reader.u32());
    case Form.DATA16:
      return reader.take(16);
    case Form.REF_SIG8:
    case Form.REF_SUP8:
      reader.skip(8);
      return -1;
    case Form.REF_SUP4:
      reader.skip(4);
      return -1;
    case Form.STRP_SUP:
      reader.skip(unit.offsetSize);
      return "";
    case Form.INDIRECT: {
      const actual = reader.uleb();
      if (actual === Form.INDIRECT || actual === Form.IMPLICIT_CONST) {
        throw new FormatError(`${reader.what}: an indirect form names another`);
      }
      return readForm(reader, actual, 0, unit);
    }
    default:
      throw new FormatError(`${reader.what}: unknown attribute form 0x${form.toString(16)}`);
  }
}

/** Bytes that a form always takes, -1 when that depends on the value. */
export function fixedSize(form: number, offsetSize: number, addressSize: number): number {
  switch (form) {
    case Form.FLAG_PRESENT:
    case Form.IMPLICIT_CONST:
      return 0;
    case Form.DATA1:
    case Form.FLAG:
    case Form.REF1:
    case Form.STRX1:
    case Form.ADDRX1:
      return 1;
    case Form.DATA2:
    case Form.REF2:
    case Form.STRX2:
    case Form.ADDRX2:
      return 2;
    case Form.DATA4:
    case Form.REF4:
    case Form.STRX4:
    case Form.ADDRX4:
      return 4;
    case Form.DATA8:
    case Form.REF8:
      return 8;
    case Form.ADDR:
      return addressSize;
    case Form.STRP:
    case Form.LINE_STRP:
    case Form.SEC_OFFSET:
      return offsetSize;
    default:
      return -1;
  }
}

/** Moves past one attribute value without building it: most of .debug_info is skipped, not read. */
export function skipForm(reader: ByteReader, form: number, unit: FormContext): void {
  const size = fixedSize(form, unit.offsetSize, unit.addressSize);
  if (size >= 0) reader.skip(size);
  else if (form === Form.STRING) reader.skipText();
  // An index is passed over without looking it up: the tables may be missing.
  else if (form === Form.STRX || form === Form.ADDRX) reader.uleb();
  else if (form === Form.STRX3 || form === Form.ADDRX3) reader.skip(3);
  else readForm(reader, form, 0, unit);
}

function indexedText(unit: FormContext, index: number): string {
  const at = unit.stringOffsetsBase + index * unit.offsetSize;
  const offset = new ByteReader(unit.sections.stringOffsets, ".debug_str_offsets", at).unsigned(unit.offsetSize);
  return textAt(unit.sections.strings, ".debug_str", offset);
}

function indexedAddress(unit: FormContext, index: number): number {
  const at = unit.addressBase + index * unit.addressSize;
  return new ByteReader(unit.sections.addresses, ".debug_addr", at).unsigned(unit.addressSize);
}
