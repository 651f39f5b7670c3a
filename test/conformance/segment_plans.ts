import { Reg, Seg } from "./case.ts";
import { anyImmediates, encodeRm, type Planner, rmOperand, writeRm } from "./plan.ts";
import { loadedSelector } from "./segments.ts";

/** MOV to and from segment registers. */
const move: Planner = (b, row) => {
  const { random } = b;
  const loads = row.instruction.operands[0] === "Sreg";
  // CS can't be loaded, and 6 and 7 name nothing: #UD.
  b.reg = random.chance(95)
    ? loads
      ? random.pick([Seg.ES, Seg.SS, Seg.DS, Seg.FS, Seg.GS])
      : random.below(6)
    : random.below(8);
  encodeRm(b, row);
  if (loads && !(b.memory === null && b.rm === Reg.ESP)) writeRm(b, 2, loadedSelector(random, b.flat));
  return anyImmediates(b, row);
};

const farPointer: Planner = (b, row) => {
  b.reg = b.random.below(8);
  encodeRm(b, row);
  if (b.memory !== null) b.patch(b.memory.linear + b.operandSize, 2, loadedSelector(b.random, b.flat));
  return anyImmediates(b, row);
};

/** LAR LSL VERR VERW ARPL LLDT LTR: a selector in r/m. */
const inspect: Planner = (b, row) => {
  b.reg = row.instruction.digit === -1 ? b.random.below(8) : row.instruction.digit;
  encodeRm(b, row);
  if (rmOperand(row) !== undefined && b.random.chance(90)) writeRm(b, 2, loadedSelector(b.random, b.flat));
  return anyImmediates(b, row);
};

export const segmentPlans: { [mnemonic: string]: Planner } = { MOV: move };
for (const name of ["LES", "LDS", "LSS", "LFS", "LGS"]) segmentPlans[name] = farPointer;
for (const name of ["LAR", "LSL", "VERR", "VERW", "ARPL", "LLDT", "LTR"]) segmentPlans[name] = inspect;
