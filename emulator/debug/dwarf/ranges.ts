import { ByteReader } from "../bytes.ts";
import { Attribute, Form } from "./constants.ts";
import type { Entry, Unit } from "./units.ts";

/** Code addresses [low, high). */
export interface AddressRange {
  readonly low: number;
  readonly high: number;
}

/** The code an entry covers: low_pc and high_pc, or its range list (DWARF 4, sections 2.17 and 7.24; DWARF 5, section 7.25). */
export function codeRanges(entry: Entry): AddressRange[] {
  const low = entry.number(Attribute.LOW_PC);
  const high = entry.number(Attribute.HIGH_PC);
  if (low !== undefined && high !== undefined) {
    // high_pc of class constant is a length (DWARF 4 on).
    const form = entry.form(Attribute.HIGH_PC);
    const isAddress = form === Form.ADDR || form === Form.ADDRX || (form >= Form.ADDRX1 && form <= Form.ADDRX4);
    return [{ low, high: isAddress ? high : low + high }];
  }
  const list = entry.number(Attribute.RANGES);
  if (list === undefined) return [];
  if (entry.unit.version < 5) return readRanges(entry.unit, list);
  return readRangeList(entry.unit, list, entry.form(Attribute.RANGES) === Form.RNGLISTX);
}

function readRanges(unit: Unit, offset: number): AddressRange[] {
  const reader = new ByteReader(unit.sections.ranges, ".debug_ranges", offset);
  const baseSelector = unit.addressSize === 8 ? 2 ** 64 : 0xffff_ffff;
  const ranges: AddressRange[] = [];
  let base = unit.lowPc;
  for (;;) {
    const low = reader.unsigned(unit.addressSize);
    const high = reader.unsigned(unit.addressSize);
    if (low === 0 && high === 0) return ranges;
    if (low === baseSelector) base = high;
    else ranges.push({ low: base + low, high: base + high });
  }
}

const enum RangeEntry {
  BASE_ADDRESSX = 1,
  STARTX_ENDX = 2,
  STARTX_LENGTH = 3,
  OFFSET_PAIR = 4,
  BASE_ADDRESS = 5,
  START_END = 6,
  START_LENGTH = 7,
}

function readRangeList(unit: Unit, value: number, isIndex: boolean): AddressRange[] {
  const section = unit.sections.rangeLists;
  let offset = value;
  if (isIndex) {
    const at = unit.rangeListsBase + value * unit.offsetSize;
    offset = unit.rangeListsBase + new ByteReader(section, ".debug_rnglists", at).unsigned(unit.offsetSize);
  }
  const reader = new ByteReader(section, ".debug_rnglists", offset);
  const indexed = (index: number): number => {
    const at = unit.addressBase + index * unit.addressSize;
    return new ByteReader(unit.sections.addresses, ".debug_addr", at).unsigned(unit.addressSize);
  };
  const ranges: AddressRange[] = [];
  let base = unit.lowPc;
  for (;;) {
    switch (reader.u8()) {
      case RangeEntry.BASE_ADDRESSX:
        base = indexed(reader.uleb());
        break;
      case RangeEntry.STARTX_ENDX:
        ranges.push({ low: indexed(reader.uleb()), high: indexed(reader.uleb()) });
        break;
      case RangeEntry.STARTX_LENGTH: {
        const low = indexed(reader.uleb());
        ranges.push({ low, high: low + reader.uleb() });
        break;
      }
      case RangeEntry.OFFSET_PAIR:
        ranges.push({ low: base + reader.uleb(), high: base + reader.uleb() });
        break;
      case RangeEntry.BASE_ADDRESS:
        base = reader.unsigned(unit.addressSize);
        break;
      case RangeEntry.START_END:
        ranges.push({ low: reader.unsigned(unit.addressSize), high: reader.unsigned(unit.addressSize) });
        break;
      case RangeEntry.START_LENGTH: {
        const low = reader.unsigned(unit.addressSize);
        ranges.push({ low, high: low + reader.uleb() });
        break;
      }
      default:
        return ranges;
    }
  }
}
