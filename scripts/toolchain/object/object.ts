// A compiled program before linking: fragments of code and data that refer to each other by symbol. The linker keeps
// those that are reached.
//
// Symbols: f:name a function of the module, d:name static data, g:name a variable, t:name a jump table, x:name whatever
// the program or the linker calls `name`.
import type { FunctionDebug } from "../debuginfo/model.ts";

export interface FragmentRelocation {
  offset: number;
  kind: "abs32" | "rel32";
  symbol: string;
  addend: number;
}

export interface Fragment {
  symbol: string;
  /** Name for the symbol table and for assembly code; null for an anonymous one. */
  name: string | null;
  /** Source file (relative), for telling apart equal names and for messages. */
  file: string;
  exported: boolean;
  section: string;
  kind: "function" | "object";
  bytes: Uint8Array;
  /** Size in memory; bytes.length unless .bss. */
  size: number;
  align: number;
  /** Where the symbol points, from the fragment's first byte. */
  symbolOffset: number;
  relocations: FragmentRelocation[];
  debug: FunctionDebug | null;
  /** Still to be compiled: fills in the rest and returns the fragments that came with it. Run when first reached. */
  pending: (() => Fragment[]) | null;
}
