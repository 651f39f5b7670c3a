/** Call frame information: `cfi_startproc [simple]`, `cfi_def_cfa esp, 8`, ... as in the GNU assembler, without the dot. */
import { fail, type Place } from "./errors.ts";
import type { Expression, TokenCursor } from "./expression.ts";
import { type Item, MarkerItem, type Program, type Section } from "./program.ts";
import type { CfiInstruction, CfiOperation, CfiProcedure } from "./types.ts";

const registerNumbers: Record<string, number> = {
  eax: 0,
  ecx: 1,
  edx: 2,
  ebx: 3,
  esp: 4,
  ebp: 5,
  esi: 6,
  edi: 7,
  eip: 8,
  eflags: 9,
  es: 40,
  cs: 41,
  ss: 42,
  ds: 43,
  fs: 44,
  gs: 45,
};

/** Operands of each operation: r a register, n a number, s a second register. */
const operations: Record<CfiOperation, string> = {
  def_cfa: "rn",
  def_cfa_offset: "n",
  def_cfa_register: "r",
  adjust_cfa_offset: "n",
  offset: "rn",
  rel_offset: "rn",
  register: "rs",
  restore: "r",
  undefined: "r",
  same_value: "r",
  remember_state: "",
  restore_state: "",
};

export const isCfi = (word: string): boolean => word.startsWith("cfi_");

/** The procedure open at this point of the source, if any. */
export class CfiState {
  private open: CfiProcedure | null = null;
  private openPlace: Place | null = null;

  parse(word: string, cursor: TokenCursor, section: Section, place: Place, program: Program): void {
    const name = word.slice(4);
    if (name === "sections") {
      cursor.at = cursor.tokens.length;
      return;
    }
    if (name === "startproc") {
      if (this.open) fail("cfi_startproc inside a procedure");
      const simple = cursor.word() === "simple";
      if (simple) cursor.at++;
      cursor.expectEnd();
      const procedure: CfiProcedure = {
        section: section.name,
        start: 0,
        end: 0,
        signalFrame: false,
        simple,
        instructions: [],
      };
      this.open = procedure;
      this.openPlace = place;
      program.cfi.push({ procedure, section });
      program.items.push(new MarkerItem(section, place, (_, item) => (procedure.start = item.offset)));
      return;
    }
    const procedure = this.open ?? fail(`${word} outside cfi_startproc ... cfi_endproc`);
    if (procedure.section !== section.name) fail(`${word} in another section than its cfi_startproc`);
    if (name === "endproc") {
      cursor.expectEnd();
      program.items.push(new MarkerItem(section, place, (_, item) => (procedure.end = item.offset)));
      this.open = null;
    } else if (name === "signal_frame") {
      cursor.expectEnd();
      procedure.signalFrame = true;
    } else if (Object.hasOwn(operations, name))
      this.instruction(name as CfiOperation, cursor, section, place, program, procedure);
    else fail(`unknown directive '${word}'`);
  }

  private instruction(
    operation: CfiOperation,
    cursor: TokenCursor,
    section: Section,
    place: Place,
    program: Program,
    procedure: CfiProcedure,
  ): void {
    let register: number | undefined;
    let value: number | undefined;
    let expression: Expression | null = null;
    [...operations[operation]].forEach((kind, i) => {
      if (i > 0) cursor.expect(",");
      if (kind === "n") {
        expression = cursor.expression();
        return;
      }
      const word = cursor.word();
      if (!Object.hasOwn(registerNumbers, word)) fail(`register expected ${cursor.where()}`);
      cursor.at++;
      if (kind === "r") register = registerNumbers[word];
      else value = registerNumbers[word];
    });
    cursor.expectEnd();
    const emit = (inner: Program, item: Item): void => {
      const row: CfiInstruction = { offset: item.offset, operation };
      if (register !== undefined) row.register = register;
      if (expression) value = inner.number(expression, item, "a frame offset") ?? 0;
      if (value !== undefined) row.value = value;
      procedure.instructions.push(row);
    };
    program.items.push(new MarkerItem(section, place, emit));
  }

  /** At the end of the file. */
  finish(): void {
    if (this.open) fail(`cfi_startproc without cfi_endproc`);
  }

  get place(): Place | null {
    return this.open ? this.openPlace : null;
  }
}
