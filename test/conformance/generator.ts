import type { Random } from "../cpu/fpu/random.ts";
import { CaseBuilder } from "./builder.ts";
import type { TestCase } from "./case.ts";
import type { FlatSelectors } from "./layout.ts";
import { plan } from "./plans.ts";
import type { Row } from "./rows.ts";
import { undefinedAfterFault, undefinedResults } from "./undefined.ts";

/** A random case for a row. The same random numbers give the same case. */
export function randomCase(random: Random, flat: FlatSelectors, row: Row): TestCase {
  const b = new CaseBuilder(random, flat);
  const { instruction } = row;
  drawPrefixes(b, row);
  const made = plan(b, row);
  const opcode = instruction.opcode & 0xff;
  const prefixes = b.prefixes();
  const head = instruction.opcode >= 0x100 ? [...prefixes, 0x0f] : prefixes;
  head.push(opcode + (instruction.registerInOpcode ? made.register : 0));
  if (instruction.hasModRm) head.push(...b.modRm);
  const length = head.length + made.immediateBytes;
  const code = [...head, ...made.immediates((b.eip + length) >>> 0)];
  if (code.length !== length) throw new Error(`${row.name}: immediates are not ${made.immediateBytes} bytes long`);
  undefinedResults(b, row, code);
  undefinedAfterFault(b, row, code);
  return {
    row,
    registers: b.registers,
    eip: b.eip,
    eflags: b.eflags,
    segments: b.segments,
    code,
    codeAddress: b.codeAddress,
    patches: b.patches,
    undefinedResults: b.undefinedResults,
    undefinedAfterFault: b.undefinedAfterFault,
  };
}

/** LOCK where it is allowed and where it is not, REP and REPNE, also where they mean nothing. */
function drawPrefixes(b: CaseBuilder, row: Row): void {
  const { random } = b;
  const { instruction } = row;
  if (random.chance(instruction.lockable ? 10 : 1)) b.lock = true;
  if (instruction.attributes.includes("rep")) {
    if (random.chance(75)) b.repeat = random.chance(50) ? 0xf2 : 0xf3;
  } else if (instruction.opcode < 0x100 && !instruction.lockable && random.chance(2)) {
    // Not for 0F opcodes and locked ones: there the prefixes select newer instructions and lock elision.
    b.repeat = random.chance(50) ? 0xf2 : 0xf3;
  }
}
