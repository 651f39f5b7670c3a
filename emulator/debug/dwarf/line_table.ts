import { FormatError } from "../bytes.ts";
import { type LineSink, runLineProgram } from "./line_program.ts";
import type { Unit } from "./units.ts";

export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** Three words per row: address, line, file number with the is_stmt flag in bit 31. */
const WORDS = 3;
const STATEMENT = 0x8000_0000;
const NO_FILE = 0x7fff_ffff;

interface Sequence {
  readonly start: number;
  readonly end: number;
  /** Row numbers. */
  readonly first: number;
  readonly last: number;
}

/**
 * The line number tables of all units of a file: address to source line and back.
 * `file`, `row` and `endSequence` are for the line programs that fill it.
 */
export class LineTable implements LineSink {
  readonly files: string[] = [];
  /** What could not be read; the rest of the table is good. */
  readonly problems: string[] = [];
  readonly #fileNumbers = new Map<string, number>();
  #rows = new Uint32Array(WORDS * 1024);
  #rowCount = 0;
  /** Where the rows of the sequence being read start, and whether they ascend so far. */
  #first = 0;
  #sorted = true;
  readonly #sequences: Sequence[] = [];

  constructor(units: readonly Unit[]) {
    const done = new Set<number>();
    for (const unit of units) {
      // Partial units may share a program with the unit that imports them.
      if (unit.lineProgram < 0 || done.has(unit.lineProgram)) continue;
      done.add(unit.lineProgram);
      try {
        runLineProgram(unit, this);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        if (!this.problems.includes(error.message)) this.problems.push(error.message);
      }
      // Rows whose sequence never ended say nothing about where the last one stops.
      this.#rowCount = this.#first;
      this.#sorted = true;
    }
    this.#sequences.sort((a, b) => a.start - b.start);
  }

  file(path: string): number {
    let number = this.#fileNumbers.get(path);
    if (number === undefined) {
      number = this.files.push(path) - 1;
      this.#fileNumbers.set(path, number);
    }
    return number;
  }

  row(address: number, file: number, line: number, isStatement: boolean): void {
    if (this.#rowCount * WORDS === this.#rows.length) {
      const grown = new Uint32Array(this.#rows.length * 2);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    const at = this.#rowCount++ * WORDS;
    if (at > this.#first * WORDS && address < this.#rows[at - WORDS]) this.#sorted = false;
    this.#rows[at] = address;
    this.#rows[at + 1] = line;
    this.#rows[at + 2] = (file < 0 ? NO_FILE : file) | (isStatement ? STATEMENT : 0);
  }

  endSequence(end: number): void {
    const first = this.#first;
    const last = this.#rowCount;
    if (!this.#sorted) this.#sortRows(first, last);
    // Linkers leave the lines of discarded functions at address 0.
    if (last > first && this.#rows[first * WORDS] !== 0) {
      this.#sequences.push({ start: this.#rows[first * WORDS], end, first, last });
    }
    this.#first = last;
    this.#sorted = true;
  }

  #sortRows(first: number, last: number): void {
    const order = Array.from({ length: last - first }, (_, index) => first + index);
    order.sort((a, b) => this.#rows[a * WORDS] - this.#rows[b * WORDS] || a - b);
    const copy = this.#rows.slice(first * WORDS, last * WORDS);
    order.forEach((from, index) => {
      const at = (from - first) * WORDS;
      this.#rows.set(copy.subarray(at, at + WORDS), (first + index) * WORDS);
    });
  }

  /** The source line of the instruction at `address`. */
  lookup(address: number): SourceLine | undefined {
    const sequence = this.#sequenceOf(address);
    if (!sequence) return undefined;
    let low = sequence.first;
    let high = sequence.last;
    // The last row at or below the address: where several stand at one address the last one counts.
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#rows[middle * WORDS] <= address) low = middle;
      else high = middle;
    }
    const line = this.#rows[low * WORDS + 1];
    const file = this.files[this.#rows[low * WORDS + 2] & ~STATEMENT];
    // Line 0: instructions that no source line accounts for.
    return line === 0 || file === undefined ? undefined : { file, line };
  }

  #sequenceOf(address: number): Sequence | undefined {
    const sequences = this.#sequences;
    let low = 0;
    let high = sequences.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sequences[middle].start <= address) low = middle + 1;
      else high = middle;
    }
    const found = sequences[low - 1];
    return found && address < found.end ? found : undefined;
  }

  /**
   * Where the statements of `line` begin, ascending: one address per contiguous piece of code. A line without code stands for
   * the next line that has some. `file` is a whole path or its end (`malloc.ts`, `bin/malloc.ts`).
   */
  addresses(file: string, line: number): number[] {
    const wanted = new Set<number>();
    this.files.forEach((path, number) => {
      if (path === file || path.endsWith(`/${file}`)) wanted.add(number);
    });
    let best = Infinity;
    this.#eachStatement(wanted, (row) => {
      const at = this.#rows[row * WORDS + 1];
      if (at >= line && at < best) best = at;
    });
    const addresses = new Set<number>();
    this.#eachStatement(wanted, (row, first) => {
      if (this.#rows[row * WORDS + 1] !== best) return;
      const key = this.#rows[row * WORDS + 2];
      const continues = row > first && this.#rows[row * WORDS - 2] === best && this.#rows[row * WORDS - 1] === key;
      if (!continues) addresses.add(this.#rows[row * WORDS]);
    });
    return [...addresses].sort((a, b) => a - b);
  }

  #eachStatement(files: ReadonlySet<number>, visit: (row: number, first: number) => void): void {
    for (const { first, last } of this.#sequences) {
      for (let row = first; row < last; row++) {
        const key = this.#rows[row * WORDS + 2];
        if (key >= STATEMENT && files.has(key & ~STATEMENT)) visit(row, first);
      }
    }
  }
}
