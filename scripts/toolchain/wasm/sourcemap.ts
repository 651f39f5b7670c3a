// Source map of a WebAssembly module: one "line" whose columns are byte offsets in the module.

export interface SourceLocation {
  /** Index in SourceMap.files. */
  file: number;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
}

export interface SourceMap {
  /** Paths as the front end named them: "kernel/main.ts", "~lib/array.ts". */
  files: string[];
  /** Byte offset of an instruction to its location. */
  locations: Map<number, SourceLocation>;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS = new Int8Array(128).fill(-1);
for (let i = 0; i < ALPHABET.length; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

export function parseSourceMap(json: string): SourceMap {
  const { sources, mappings } = JSON.parse(json) as { sources: string[]; mappings: string };
  const locations = new Map<number, SourceLocation>();
  let offset = 0;
  let file = 0;
  let line = 0;
  let column = 0;
  let i = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      const digit = DIGITS[mappings.charCodeAt(i++)];
      value |= (digit & 31) << shift;
      if (digit < 32) return value & 1 ? -(value >> 1) : value >> 1;
    }
  };
  while (i < mappings.length) {
    offset += number();
    if (i < mappings.length && mappings[i] !== ",") {
      file += number();
      line += number();
      column += number();
      locations.set(offset, { file, line: line + 1, column: column + 1 });
    }
    i++;
  }
  return { files: sources, locations };
}
