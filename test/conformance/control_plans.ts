import type { CaseBuilder } from "./builder.ts";
import { Eflags, Reg } from "./case.ts";
import { Ldt, ldtSelector } from "./layout.ts";
import { anyImmediates, encodeRm, little, type Plan, type Planner, writeRm } from "./plan.ts";
import { loadedSelector, segmentModel } from "./segments.ts";
import { flagsImage } from "./stack_plans.ts";

/** The vector of Linux's system calls: it would enter the host's kernel. */
const SYSTEM_CALL = 0x80;

/** An offset in the current code segment. */
function nearTarget(b: CaseBuilder): number {
  return (b.target() - b.codeBase) >>> 0;
}

/** Selector and offset for a far transfer: code that ends the case, or a selector that faults. */
function farTarget(b: CaseBuilder): { selector: number; offset: number } {
  const { random, flat } = b;
  const choice = random.below(100);
  let selector: number;
  if (choice < 35) selector = flat.cs - (random.chance(80) ? 0 : random.below(4));
  else if (choice < 60)
    selector = ldtSelector(random.pick([Ldt.CODE32, Ldt.CODE16, Ldt.EXECUTE_ONLY])) - (random.chance(80) ? 0 : 1);
  else selector = loadedSelector(random, flat);
  const model = segmentModel(selector | 3, flat);
  return { selector, offset: (b.target() - (model === null ? 0 : model.base)) >>> 0 };
}

/** The immediate of a jump relative to the next instruction. */
function relative(b: CaseBuilder, bytes: number): Plan {
  const { random } = b;
  const fallThrough = random.chance(6);
  const immediates = (end: number): number[] => {
    if (fallThrough) return little(0, bytes);
    if (bytes !== 1) return little(nearTarget(b) - end, bytes);
    for (;;) {
      // Not into the instruction itself.
      const distance = random.below(256) - 128;
      if (distance >= 0 || distance < -16) return little(distance, 1);
    }
  };
  return { register: 0, immediateBytes: bytes, immediates };
}

const conditional: Planner = (b, row) => relative(b, row.instruction.immediates[0] === "cb" ? 1 : b.operandSize);

const loop: Planner = (b) => {
  const { random } = b;
  if (random.chance(70)) {
    const count = random.pick([0, 1, 2, 0x10000, 0x10001, 0xffff, 0xffffffff, 0x80000000]);
    b.registers[Reg.ECX] = count;
  }
  return relative(b, 1);
};

/** JMP and CALL in all their forms. */
const transfer: Planner = (b, row) => {
  const [operand] = row.instruction.operands;
  if (operand === "rel8") return relative(b, 1);
  if (operand === "relv") return relative(b, b.operandSize);
  if (operand === "ptr16:v") {
    const { selector, offset } = farTarget(b);
    const bytes = [...little(offset, b.operandSize), ...little(selector, 2)];
    return { register: 0, immediateBytes: bytes.length, immediates: () => bytes };
  }
  encodeRm(b, row);
  if (operand === "m16:v") {
    if (b.memory !== null) {
      const { selector, offset } = farTarget(b);
      b.patch(b.memory.linear, b.operandSize, offset);
      b.patch(b.memory.linear + b.operandSize, 2, selector);
    }
  } else {
    writeRm(b, b.operandSize, nearTarget(b));
  }
  return anyImmediates(b, row);
};

function dropImmediate(b: CaseBuilder, row: Parameters<Planner>[1]): Plan {
  return anyImmediates(b, row, b.random.chance(70) ? b.random.below(0x40) : b.value());
}

const returnNear: Planner = (b, row) => {
  b.patch(b.stackTop(), b.operandSize, nearTarget(b));
  return dropImmediate(b, row);
};

function patchFarReturn(b: CaseBuilder): void {
  const { selector, offset } = farTarget(b);
  b.patch(b.stackTop(), b.operandSize, offset);
  b.patch(b.stackTop(b.operandSize), b.operandSize, ((b.random.bits() << 16) | selector) >>> 0);
}

const returnFar: Planner = (b, row) => {
  patchFarReturn(b);
  return dropImmediate(b, row);
};

/** With NT it would be a task switch here and #GP in the compatibility mode of a 64-bit host. */
const returnFromInterrupt: Planner = (b, row) => {
  b.eflags &= ~Eflags.NT;
  patchFarReturn(b);
  b.patch(b.stackTop(2 * b.operandSize), b.operandSize, flagsImage(b));
  return anyImmediates(b, row);
};

const interrupt: Planner = (b, row) => {
  // Breakpoint and overflow are the two that user mode may raise.
  let vector = b.random.chance(30) ? 3 + b.random.below(2) : b.random.below(256);
  if (vector === SYSTEM_CALL) vector = 0x21;
  return anyImmediates(b, row, vector);
};

export const controlPlans: { [mnemonic: string]: Planner } = {
  JMP: transfer,
  CALL: transfer,
  RET: returnNear,
  RETF: returnFar,
  IRET: returnFromInterrupt,
  INT: interrupt,
  LOOP: loop,
  LOOPE: loop,
  LOOPNE: loop,
  JCXZ: loop,
};
for (const code of ["O", "NO", "B", "AE", "E", "NE", "BE", "A", "S", "NS", "P", "NP", "L", "GE", "LE", "G"]) {
  controlPlans[`J${code}`] = conditional;
}
