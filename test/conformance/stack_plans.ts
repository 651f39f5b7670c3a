import type { CaseBuilder } from "./builder.ts";
import { Eflags, Reg, Seg } from "./case.ts";
import { stackAddress } from "./places.ts";
import { anyImmediates, encodeRm, little, type Planner } from "./plan.ts";
import { loadedSelector, type SegmentModel } from "./segments.ts";

/** An image of EFLAGS to be popped: anything, but single-stepping only now and then. */
export function flagsImage(b: CaseBuilder): number {
  const { random } = b;
  const image = random.chance(60) ? random.bits() & (Eflags.STATUS | Eflags.DF) : random.bits();
  return (random.chance(90) ? image & ~Eflags.TF : image) >>> 0;
}

function pointFrame(b: CaseBuilder): void {
  const model = b.model(Seg.SS) as SegmentModel;
  const offset = b.offsetOf(model, () => stackAddress(b.random), 4);
  b.writeRegister(Reg.EBP, model.big ? 4 : 2, offset);
  b.pin(Reg.EBP);
}

const enter: Planner = (b) => {
  const { random } = b;
  if (random.chance(85)) pointFrame(b);
  const size = random.chance(70) ? random.below(0x100) : random.below(0x10000);
  const level = random.chance(40) ? 0 : random.chance(60) ? random.below(5) : random.below(256);
  const bytes = [...little(size, 2), level];
  return { register: 0, immediateBytes: 3, immediates: () => bytes };
};

const leave: Planner = (b, row) => {
  if (b.random.chance(90)) pointFrame(b);
  return anyImmediates(b, row);
};

const popFlags: Planner = (b, row) => {
  b.patch(b.stackTop(), b.operandSize, flagsImage(b));
  return anyImmediates(b, row);
};

const pop: Planner = (b, row) => {
  const { instruction } = row;
  if (instruction.hasModRm) encodeRm(b, row);
  if (/^[ESDFG]S$/.test(instruction.operands[0])) {
    const selector = loadedSelector(b.random, b.flat);
    b.patch(b.stackTop(), b.operandSize, ((b.random.bits() << 16) | selector) >>> 0);
  } else {
    b.patch(b.stackTop(), b.operandSize, b.value());
  }
  return anyImmediates(b, row);
};

export const stackPlans: { [mnemonic: string]: Planner } = { ENTER: enter, LEAVE: leave, POPF: popFlags, POP: pop };
