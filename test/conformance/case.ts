import type { Row } from "./rows.ts";

/** Numbers of the general registers, as encoded. */
export const enum Reg {
  EAX,
  ECX,
  EDX,
  EBX,
  ESP,
  EBP,
  ESI,
  EDI,
}

/** Numbers of the segment registers, as encoded. */
export const enum Seg {
  ES,
  CS,
  SS,
  DS,
  FS,
  GS,
}

export const enum Eflags {
  CF = 0x1,
  ONE = 0x2,
  PF = 0x4,
  AF = 0x10,
  ZF = 0x40,
  SF = 0x80,
  TF = 0x100,
  IF = 0x200,
  DF = 0x400,
  OF = 0x800,
  NT = 0x4000,
  RF = 0x10000,
  AC = 0x40000,
  ID = 0x200000,
  STATUS = 0x8d5,
}

/** Bytes that differ from what the areas hold when a case begins. Parts outside of all areas are left out. */
export interface Patch {
  address: number;
  bytes: number[];
}

/** What no manual defines about a result: it is compared too, but a difference is only counted, not an error. */
export interface Undefined {
  /** EFLAGS bits. */
  flags: number;
  /** Bits of each general register. */
  registers: number[];
  /** Bytes of memory: first and length. */
  memory: [number, number] | null;
}

export interface TestCase {
  row: Row;
  /** General registers in encoding order, unsigned. */
  registers: number[];
  eip: number;
  eflags: number;
  /** Selectors in encoding order: ES CS SS DS FS GS. */
  segments: number[];
  /** The instruction or instructions; placed at `codeAddress` (linear). */
  code: number[];
  codeAddress: number;
  /** Memory besides the code. */
  patches: Patch[];
  /** After the instruction. */
  undefinedResults: Undefined;
  /** When it faults: then nothing but what the processor may have done before it noticed. */
  undefinedAfterFault: Undefined;
}

export function nothingUndefined(): Undefined {
  return { flags: 0, registers: [0, 0, 0, 0, 0, 0, 0, 0], memory: null };
}

/** How a case ended: the state at its first exception. */
export interface Outcome {
  registers: number[];
  eip: number;
  eflags: number;
  segments: number[];
  /** Vector; -1 when there was none (the emulator ran on). */
  trap: number;
  errorCode: number;
  cr2: number;
  /** Words of writable memory that differ from the areas' contents: address, value, ... */
  changes: number[];
}

export const REGISTER_NAMES = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
export const SEGMENT_NAMES = ["es", "cs", "ss", "ds", "fs", "gs"] as const;
