import type { CaseBuilder } from "./builder.ts";
import { Eflags, Reg } from "./case.ts";
import { readRm } from "./plan.ts";
import type { Row } from "./rows.ts";

/*
 * What the manual leaves undefined (SDM 2, "Flags affected" and the operations), and the few results that differ by
 * design between this machine and the host.
 */

const { CF, PF, AF, ZF, SF, OF, STATUS } = {
  CF: Eflags.CF,
  PF: Eflags.PF,
  AF: Eflags.AF,
  ZF: Eflags.ZF,
  SF: Eflags.SF,
  OF: Eflags.OF,
  STATUS: Eflags.STATUS,
};

const UNDEFINED_FLAGS: { [mnemonic: string]: number } = {
  AND: AF,
  OR: AF,
  XOR: AF,
  TEST: AF,
  MUL: SF | ZF | AF | PF,
  IMUL: SF | ZF | AF | PF,
  DIV: STATUS,
  IDIV: STATUS,
  AAA: OF | SF | ZF | PF,
  AAS: OF | SF | ZF | PF,
  AAM: OF | AF | CF,
  AAD: OF | AF | CF,
  DAA: OF,
  DAS: OF,
  BT: OF | SF | AF | PF,
  BTS: OF | SF | AF | PF,
  BTR: OF | SF | AF | PF,
  BTC: OF | SF | AF | PF,
  BSF: CF | OF | SF | AF | PF,
  BSR: CF | OF | SF | AF | PF,
};

const SHIFTS = ["SHL", "SAL", "SHR", "SAR"];
const ROTATES = ["ROL", "ROR", "RCL", "RCR"];

function allBits(size: number): number {
  return size === 4 ? 0xffffffff : size === 2 ? 0xffff : 0xff;
}

/** Fills in the builder's `undefinedResults` for a case that has its final state. */
export function undefinedResults(b: CaseBuilder, row: Row, code: number[]): void {
  const { mnemonic, operands, size: fixedSize } = row.instruction;
  const result = b.undefinedResults;
  const size = fixedSize === 1 ? 1 : b.operandSize;
  result.flags = UNDEFINED_FLAGS[mnemonic] ?? 0;
  const loseDestination = (): void => {
    if (b.memory !== null) result.memory = [b.memory.linear, size];
    else result.registers[b.rm] |= allBits(size);
  };
  if (SHIFTS.includes(mnemonic) || ROTATES.includes(mnemonic) || mnemonic === "SHLD" || mnemonic === "SHRD") {
    const count = operands.includes("CL")
      ? b.registers[Reg.ECX] & 31
      : operands.includes("1")
        ? 1
        : code[code.length - 1] & 31;
    if (count === 0) return;
    if (count !== 1) result.flags |= OF;
    if (ROTATES.includes(mnemonic)) return;
    result.flags |= AF;
    if (SHIFTS.includes(mnemonic)) {
      if (mnemonic !== "SAR" && count >= 8 * size) result.flags |= CF;
    } else if (count > 8 * size) {
      result.flags = STATUS;
      loseDestination();
    }
  } else if (mnemonic === "BSF" || mnemonic === "BSR") {
    if (readRm(b, size) === 0) result.registers[b.reg] = allBits(size);
  } else if (mnemonic === "BSWAP" && size === 2) {
    result.registers[code[code.length - 1] & 7] = 0xffff;
  } else if (mnemonic === "LAR") {
    // The upper limit bits.
    result.registers[b.reg] = 0x000f0000;
  } else if (mnemonic === "CPUID") {
    for (const register of [Reg.EAX, Reg.ECX, Reg.EDX, Reg.EBX]) result.registers[register] = 0xffffffff;
  } else if (mnemonic === "RDTSC") {
    result.registers[Reg.EAX] = result.registers[Reg.EDX] = 0xffffffff;
  } else if (mnemonic === "PUSH" && /^[ECSDFG]S$/.test(operands[0]) && size === 4) {
    // The upper half of the word: zero, or what was there.
    result.memory = [b.stackTop(-2), 2];
  }
}

/** What a processor may leave behind when the instruction faults half way, and ours does not: it can be restarted. */
export function undefinedAfterFault(b: CaseBuilder, row: Row, code: number[]): void {
  const { mnemonic, operands } = row.instruction;
  const result = b.undefinedAfterFault;
  let words = 0;
  if (mnemonic === "DIV" || mnemonic === "IDIV" || mnemonic === "AAM") result.flags = STATUS;
  if (mnemonic === "POPA") result.registers = [-1, -1, -1, -1, 0, -1, -1, -1];
  // Words already pushed, below ESP.
  if (mnemonic === "PUSHA") words = 8;
  if (mnemonic === "CALL") words = operands[0].includes(":") ? 2 : 1;
  if (mnemonic === "ENTER") words = 1 + (code[code.length - 1] & 31);
  const bytes = words * b.operandSize;
  if (words > 0) result.memory = [b.stackTop() - bytes, bytes];
}
