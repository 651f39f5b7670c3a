/** The `section` directive: known names, attributes. */
import { fail } from "./errors.ts";
import type { TokenCursor } from "./expression.ts";
import { TokenType } from "./lexer.ts";
import { Section } from "./program.ts";
import { SectionFlag } from "./types.ts";

interface Attributes {
  flags: number;
  align: number;
  nobits: boolean;
}

/** What a section's name says about it, as in ELF: .text.hot is like .text. */
function attributesByName(name: string): Attributes {
  const [, stem] = /^\.?([a-z]+)/i.exec(name) ?? ["", ""];
  switch (stem) {
    case "text":
    case "boot":
    case "init":
      return { flags: SectionFlag.Alloc | SectionFlag.Exec, align: 16, nobits: false };
    case "data":
      return { flags: SectionFlag.Alloc | SectionFlag.Write, align: 4, nobits: false };
    case "bss":
      return { flags: SectionFlag.Alloc | SectionFlag.Write, align: 4, nobits: true };
    case "rodata":
      return { flags: SectionFlag.Alloc, align: 4, nobits: false };
    default:
      return { flags: SectionFlag.Alloc, align: 1, nobits: false };
  }
}

const attributeWords: Record<string, (a: Attributes) => void> = {
  exec: (a) => (a.flags |= SectionFlag.Exec),
  noexec: (a) => (a.flags &= ~SectionFlag.Exec),
  write: (a) => (a.flags |= SectionFlag.Write),
  nowrite: (a) => (a.flags &= ~SectionFlag.Write),
  alloc: (a) => (a.flags |= SectionFlag.Alloc),
  noalloc: (a) => (a.flags &= ~SectionFlag.Alloc),
  nobits: (a) => (a.nobits = true),
  progbits: (a) => (a.nobits = false),
};

/** `section NAME [align=N] [exec|write|nobits|...]`; the section is made on its first mention. */
export function parseSection(cursor: TokenCursor, sections: Map<string, Section>, flat: boolean): Section {
  const t = cursor.peek();
  if (!t || (t.type !== TokenType.Identifier && t.type !== TokenType.String)) fail("section needs a name");
  cursor.at++;
  const name = t.text;
  const known = sections.get(name);
  const attributes: Attributes = known
    ? { flags: known.flags, align: known.align, nobits: known.nobits }
    : attributesByName(name);
  if (!known && flat) attributes.align = name === ".text" ? 1 : 4;
  let stated = false;
  while (!cursor.done) {
    const word = cursor.word();
    if (Object.hasOwn(attributeWords, word)) {
      cursor.at++;
      attributeWords[word](attributes);
      stated = true;
    } else if (word === "align") {
      cursor.at++;
      cursor.expect("=");
      const e = cursor.expression();
      const value = e.op === "number" ? Number(e.value) : 0;
      if (value < 1 || (value & (value - 1)) !== 0) fail("a section's alignment is a power of two");
      attributes.align = value;
      stated = true;
    } else fail(`unknown section attribute '${cursor.peek()!.text}'`);
  }
  if (known) {
    if (stated && known.flags !== attributes.flags) fail(`section '${name}' declared with other attributes before`);
    known.align = Math.max(known.align, attributes.align);
    return known;
  }
  const section = new Section(name, attributes.flags, attributes.align, attributes.nobits);
  sections.set(name, section);
  return section;
}
