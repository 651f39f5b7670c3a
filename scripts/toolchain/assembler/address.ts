/** From `[expression]` to base, index, scale and displacement, choosing among equal forms as NASM does. */
import { fail } from "./errors.ts";
import type { Term, Value } from "./expression.ts";
import { low32 } from "./integers.ts";
import { Kind, type Operand } from "./operands.ts";

function general(terms: readonly Term[]): 16 | 32 {
  const { size } = terms[0].register;
  for (const { register } of terms) {
    if ((register.kinds & (Kind.Reg16 | Kind.Reg32)) === 0)
      fail("invalid effective address: not a 16- or 32-bit register");
    if (register.size !== size) fail("invalid effective address: 16- and 32-bit registers mixed");
  }
  return size === 2 ? 16 : 32;
}

function address16(m: Operand, terms: readonly Term[]): void {
  if (terms.some((t) => t.coefficient !== 1)) fail("invalid effective address: 16-bit addressing has no scale");
  for (const { register } of terms) {
    const number = register.register;
    if (number === 3 || number === 5) {
      if (m.base >= 0) fail("invalid effective address: two base registers");
      m.base = number;
    } else if (number === 6 || number === 7) {
      if (m.index >= 0) fail("invalid effective address: two index registers");
      m.index = number;
    } else fail("invalid effective address: only bx, bp, si and di address memory in 16 bits");
  }
  if (m.base < 0) {
    m.base = m.index;
    m.index = -1;
  }
}

function address32(m: Operand, terms: readonly Term[], keepScaled: boolean): void {
  if (terms.length > 2) fail("invalid effective address: more than two registers");
  let base: Term | null = null;
  let index: Term | null = null;
  if (terms.length === 2) {
    // The first register written is the base, unless it carries a factor.
    const [first, second] = terms;
    if (first.coefficient !== 1) [base, index] = [second, first];
    else if (second.coefficient !== 1) [base, index] = [first, second];
    else [base, index] = first.multiplied ? [second, first] : [first, second];
    if (base.coefficient !== 1) fail("invalid effective address: two scaled registers");
    if (index.coefficient === 1 && index.register.register === 4) [base, index] = [index, base];
    m.scale = index.coefficient;
  } else {
    const [only] = terms;
    const by = only.coefficient;
    if (by === 1 && !(keepScaled && only.multiplied && only.register.register !== 4)) base = only;
    else {
      index = only;
      m.scale = by;
      // [2*eax] is [eax+eax], [3*eax] is [eax+2*eax]: shorter than an index without base, or the only way.
      if (by === 3 || by === 5 || by === 9 || (by === 2 && !keepScaled)) {
        base = only;
        m.scale = by - 1;
      }
    }
  }
  if (base) m.base = base.register.register;
  if (index) {
    m.index = index.register.register;
    if (m.index === 4) fail("invalid effective address: esp cannot be an index");
    if (![1, 2, 4, 8].includes(m.scale)) fail(`invalid effective address: scale ${m.scale}`);
  }
}

/** Fills in the address fields of a memory operand (its displacementSize and segment are set already). */
export function setAddress(m: Operand, value: Value, keepScaled: boolean): void {
  m.base = m.index = -1;
  m.scale = 1;
  m.value = low32(value.n);
  m.target = value.target;
  const terms = value.registers;
  if (!terms) {
    m.addressSize = m.displacementSize > 1 ? m.displacementSize * 8 : 0;
    return;
  }
  m.addressSize = general(terms);
  if (m.addressSize === 16) address16(m, terms);
  else address32(m, terms, keepScaled);
}
