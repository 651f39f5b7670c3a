import { Eflags, nothingUndefined, type Outcome, REGISTER_NAMES, SEGMENT_NAMES } from "./case.ts";
import type { TestCase, Undefined } from "./case.ts";
import { initialWord } from "./layout.ts";

/** Bits of EFLAGS that are compared. IOPL is 0 and IF is 1 throughout. */
const COMPARED_FLAGS =
  Eflags.STATUS | Eflags.TF | Eflags.DF | Eflags.NT | Eflags.RF | Eflags.AC | Eflags.ID | Eflags.IF;

const PAGE_FAULT = 14;
/** Set for a fetch when the host has NX; the processors we stand for have not. */
const FETCH = 0x10;

export const enum Verdict {
  SAME,
  /** Only what the manual leaves undefined differs. */
  UNDEFINED_DIFFERS,
  DIFFERENT,
}

/** True when the case's (first) instruction itself ended it: nothing of it has happened. */
function faulted(test: TestCase, native: Outcome): boolean {
  return native.eip === test.eip && native.segments[1] === test.segments[1];
}

export function compare(test: TestCase, native: Outcome, emulated: Outcome): Verdict {
  if (differences(native, emulated, nothingUndefined()).length === 0) return Verdict.SAME;
  return differences(native, emulated, allowed(test, native)).length === 0
    ? Verdict.UNDEFINED_DIFFERS
    : Verdict.DIFFERENT;
}

function allowed(test: TestCase, native: Outcome): Undefined {
  return faulted(test, native) ? test.undefinedAfterFault : test.undefinedResults;
}

/** What differs beyond `allowed`, in words. */
export function differences(native: Outcome, emulated: Outcome, allowed: Undefined): string[] {
  const result: string[] = [];
  const check = (name: string, a: number, b: number, mask = 0xffffffff): void => {
    if (((a ^ b) & mask) !== 0) result.push(`${name} ${hex(a)} here ${hex(b)}`);
  };
  check("exception", native.trap, emulated.trap);
  if (native.trap === emulated.trap) {
    check("error code", native.errorCode, emulated.errorCode, native.trap === PAGE_FAULT ? ~FETCH : -1);
    if (native.trap === PAGE_FAULT) check("cr2", native.cr2, emulated.cr2);
  }
  for (let i = 0; i < 8; i++) {
    check(REGISTER_NAMES[i], native.registers[i], emulated.registers[i], ~allowed.registers[i]);
  }
  check("eip", native.eip, emulated.eip);
  check("eflags", native.eflags, emulated.eflags, COMPARED_FLAGS & ~allowed.flags);
  for (let i = 0; i < 6; i++) check(SEGMENT_NAMES[i], native.segments[i], emulated.segments[i]);
  result.push(...memoryDifferences(native.changes, emulated.changes, allowed.memory));
  return result;
}

function memoryDifferences(native: number[], emulated: number[], allowed: [number, number] | null): string[] {
  const result: string[] = [];
  for (let i = 0, k = 0; i < native.length || k < emulated.length;) {
    const [a, b] = [native[i] ?? Infinity, emulated[k] ?? Infinity];
    const address = Math.min(a, b);
    const one = a === address ? native[i + 1] : initialWord(address);
    const other = b === address ? emulated[k + 1] : initialWord(address);
    if (a === address) i += 2;
    if (b === address) k += 2;
    const mask = allowed === null ? -1 : ~bytesWithin(address, allowed);
    if (((one ^ other) & mask) !== 0) result.push(`[${hex(address)}] ${hex(one)} here ${hex(other)}`);
  }
  return result;
}

/** Mask of the bytes of the word at `address` that lie in a range. */
function bytesWithin(address: number, [from, length]: [number, number]): number {
  let mask = 0;
  for (let i = 0; i < 4; i++) if (address + i >= from && address + i < from + length) mask |= 0xff << (8 * i);
  return mask;
}

export function hex(value: number): string {
  return value < 0 ? String(value) : value.toString(16);
}

const FLAG_NAMES: [number, string][] = [
  [Eflags.OF, "OF"],
  [Eflags.DF, "DF"],
  [Eflags.TF, "TF"],
  [Eflags.SF, "SF"],
  [Eflags.ZF, "ZF"],
  [Eflags.AF, "AF"],
  [Eflags.PF, "PF"],
  [Eflags.CF, "CF"],
  [Eflags.NT, "NT"],
  [Eflags.RF, "RF"],
  [Eflags.AC, "AC"],
  [Eflags.ID, "ID"],
];

export function flagNames(flags: number): string {
  const names = FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? "none" : names.join(" ");
}

function describeOutcome(name: string, o: Outcome): string {
  const registers = REGISTER_NAMES.map((register, i) => `${register} ${hex(o.registers[i])}`).join(" ");
  const segments = SEGMENT_NAMES.map((segment, i) => `${segment} ${hex(o.segments[i])}`).join(" ");
  const changes: string[] = [];
  for (let i = 0; i < Math.min(o.changes.length, 24); i += 2)
    changes.push(`[${hex(o.changes[i])}] ${hex(o.changes[i + 1])}`);
  if (o.changes.length > 24) changes.push(`... ${o.changes.length / 2} words in all`);
  return [
    `  ${name}: exception ${o.trap} error ${hex(o.errorCode)} cr2 ${hex(o.cr2)}`,
    `    ${registers}`,
    `    eip ${hex(o.eip)} eflags ${hex(o.eflags)} (${flagNames(o.eflags)}) ${segments}`,
    `    memory ${changes.join(" ") || "unchanged"}`,
  ].join("\n");
}

function describeInput(test: TestCase): string {
  const registers = REGISTER_NAMES.map((register, i) => `${register} ${hex(test.registers[i])}`).join(" ");
  const segments = SEGMENT_NAMES.map((segment, i) => `${segment} ${hex(test.segments[i])}`).join(" ");
  const memory = test.patches.map(({ address, bytes }) => `[${hex(address)}] ${Buffer.from(bytes).toString("hex")}`);
  return [
    `  before:`,
    `    ${registers}`,
    `    eip ${hex(test.eip)} eflags ${hex(test.eflags)} (${flagNames(test.eflags)}) ${segments}`,
    `    memory ${memory.join(" ") || "as it is"}`,
  ].join("\n");
}

/** A difference with all that is needed to look into it. */
export function describe(test: TestCase, native: Outcome, emulated: Outcome): string {
  return [
    `${test.row.name}: ${Buffer.from(test.code).toString("hex")} at ${hex(test.codeAddress)}`,
    `  differs: ${differences(native, emulated, allowed(test, native)).join(", ")}`,
    describeInput(test),
    describeOutcome("processor", native),
    describeOutcome("emulator", emulated),
  ].join("\n");
}
