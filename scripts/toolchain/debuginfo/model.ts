// What the debug information is written from, independent of how the code was made.

/** Type of a variable, field or result. */
export type DebugType =
  | { kind: "base"; name: string; size: number; encoding: "signed" | "unsigned" | "boolean" | "character" }
  | { kind: "void" }
  | { kind: "pointer"; to: DebugType }
  | { kind: "struct"; key: string }
  | { kind: "array"; of: DebugType; count: number }
  | { kind: "function" }
  | { kind: "enum"; key: string };

export interface DebugStruct {
  name: string;
  size: number;
  fields: { name: string; offset: number; type: DebugType }[];
}

export interface DebugEnum {
  name: string;
  members: { name: string; value: number }[];
}

/** Where a variable is while execution is in [from, to) of its function. */
export type Place =
  | { kind: "register"; reg: number }
  /** Relative to EBP. */
  | { kind: "frame"; offset: number }
  | { kind: "constant"; value: number }
  | { kind: "symbol"; symbol: string; addend: number }
  /** The value is the address EBP + offset. */
  | { kind: "frameAddress"; offset: number };

export interface PlaceRange {
  from: number;
  to: number;
  low: Place;
  /** High word of a 64-bit variable; null if unknown or none. */
  high: Place | null;
}

export interface DebugVariable {
  name: string;
  parameter: boolean;
  wide: boolean;
  type: DebugType;
  line: number;
  ranges: PlaceRange[];
}

export interface DebugLine {
  offset: number;
  file: string;
  line: number;
  column: number;
}

/** How a function's frame comes and goes, as offsets in its code. */
export interface DebugFrame {
  afterPush: number;
  afterMove: number;
  saved: { reg: number; after: number }[];
  prologueEnd: number;
  epilogues: { restored: number; end: number }[];
}

export interface FunctionDebug {
  /** Name the user knows. */
  name: string;
  file: string;
  line: number;
  result: DebugType;
  lines: DebugLine[];
  variables: DebugVariable[];
  frame: DebugFrame;
}

export interface GlobalDebug {
  name: string;
  file: string;
  line: number;
  type: DebugType;
  /** Where it is, or its constant value. */
  symbol: string | null;
  addend: number;
  value: bigint;
}

/** Everything one compilation contributes. */
export interface DebugProgram {
  structs: Map<string, DebugStruct>;
  enums: Map<string, DebugEnum>;
  globals: GlobalDebug[];
}
