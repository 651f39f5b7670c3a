/** Random x87 cases: every encoding, operands from the edges, all rounding and precision modes, masks and stacks. */
import { ESCAPE_ROWS } from "../../../emulator/cpu/fpu/index.ts";
import type { EscapeRow } from "../../../emulator/cpu/fpu/index.ts";
import { randomMemory, randomReal, relatedReal } from "./operands.ts";
import type { Real } from "./operands.ts";
import type { Random } from "./random.ts";
import type { Case } from "./records.ts";

/** Results compared to within an ulp, not bit for bit. */
const TRANSCENDENTAL = new Set(["f2xm1", "fyl2x", "fyl2xp1", "fptan", "fpatan", "fsin", "fcos", "fsincos"]);

export function isTranscendental(row: EscapeRow): boolean {
  return TRANSCENDENTAL.has(row.mnemonic);
}

/** Instructions that need an empty register to push to, or write no result to the stack: arrange the stack for them. */
const PUSHING = /^(fld|fild|fbld|fxtract|fptan|fsincos)/;

/** Memory the longest operand of the row needs. */
function memoryLength(row: EscapeRow): number {
  if (row.count !== 0) return 0;
  return row.operands === "m94/108byte" ? 108 : row.operands === "m14/28byte" ? 28 : 16;
}

export function randomControl(random: Random): number {
  const masks = random.chance(60) ? 0x3f : random.below(64);
  const precision = random.chance(50) ? 0x300 : random.below(4) << 8;
  return masks | precision | (random.below(4) << 10) | (random.chance(10) ? 0x1000 : 0) | 0x40;
}

/** A case for one row of the escape table. */
export function randomCase(random: Random, row: EscapeRow): Case {
  const control = randomControl(random);
  // Only masked exceptions may be set, or the instruction would not be reached.
  const sticky = random.chance(30) ? random.bits() & (control & 0x3f) : 0;
  const conditions = random.bits() & 0x4700;
  const top = random.below(8);
  const status = sticky | conditions | (random.chance(10) ? 0x40 : 0) | (top << 11);
  let tags = 0;
  if (random.chance(12)) {
    for (let i = 0; i < 16; i += 2) if (random.chance(40)) tags |= 3 << i;
  } else if (PUSHING.test(row.mnemonic) && random.chance(90)) {
    tags = 3 << (2 * ((top + 7) & 7));
  }
  const registers: Real[] = [randomReal(random)];
  const i = row.count === 8 ? random.below(8) : 0;
  for (let n = 1; n < 8; n++) {
    registers.push(random.chance(60) ? relatedReal(random, registers[0]) : randomReal(random));
  }
  const code = [row.opcode, row.count === 0 ? row.modrm | 3 : row.modrm + i];
  return {
    code: row.operands.includes("byte") && random.chance(50) ? [0x66, ...code] : code,
    flags: random.bits() & 0x8d5,
    control,
    status,
    tags,
    registers,
    memory: randomMemory(random, memoryLength(row)),
  };
}

/** The rows compared bit for bit. */
export const EXACT_ROWS = ESCAPE_ROWS.filter((row) => !isTranscendental(row));
export const TRANSCENDENTAL_ROWS = ESCAPE_ROWS.filter(isTranscendental);

/** Register forms, for sequences. */
const SEQUENCE_ROWS = EXACT_ROWS.filter((row) => row.count !== 0);

/**
 * Two to seven register instructions in a row, with WAIT and now and then a reserved encoding: an unmasked exception of
 * one must stop the next waiting one and no other.
 */
export function randomSequence(random: Random): Case {
  const test = randomCase(random, SEQUENCE_ROWS[0]);
  const code: number[] = [];
  for (let n = 2 + random.below(6); n > 0; n--) {
    if (random.chance(5)) {
      code.push(0x9b);
    } else if (random.chance(2)) {
      code.push(0xd8 + random.below(8), 0xc0 + random.below(64));
    } else {
      const row = random.pick(SEQUENCE_ROWS);
      code.push(row.opcode, row.modrm + (row.count === 8 ? random.below(random.chance(70) ? 3 : 8) : 0));
    }
  }
  // Transcendental encodings drawn as "reserved" would make later results inexact: plain ones instead.
  for (let at = 0; at < code.length; at += code[at] === 0x9b ? 1 : 2) {
    const [opcode, modrm] = [code[at], code[at + 1]];
    if (TRANSCENDENTAL_ROWS.some((row) => row.opcode === opcode && row.modrm === modrm)) code[at + 1] = 0xd0;
  }
  return { ...test, code, tags: random.chance(50) ? test.tags : random.bits() & 0xffff };
}
