import type { CaseBuilder } from "./builder.ts";
import { Reg, Seg } from "./case.ts";
import { controlPlans } from "./control_plans.ts";
import { anyImmediates, encodeRm, little, type Plan, type Planner, readRm, writeRm } from "./plan.ts";
import type { Row } from "./rows.ts";
import { segmentPlans } from "./segment_plans.ts";
import { stackPlans } from "./stack_plans.ts";
import { stringPlans } from "./string_plans.ts";
import { shiftCount } from "./values.ts";

const ordinary: Planner = (b, row) => {
  if (row.instruction.hasModRm) {
    b.reg = b.random.below(8);
    encodeRm(b, row);
  }
  if (row.instruction.immediates[0] === "mo") return memoryOffset(b, row);
  return anyImmediates(b, row);
};

/** MOV AL, moffs8 and its kin. */
function memoryOffset(b: CaseBuilder, row: Row): Plan {
  const size = row.instruction.size === 1 ? 1 : b.operandSize;
  if (b.address16 && !b.random.chance(10)) b.override = Seg.FS;
  const segment = b.override === -1 ? Seg.DS : b.override;
  const offset = b.dataOffset(segment, size, b.address16);
  b.patch(b.linearOf(segment, offset), size, b.value());
  const bytes = little(offset, b.address16 ? 2 : 4);
  return { register: 0, immediateBytes: bytes.length, immediates: () => bytes };
}

const shift: Planner = (b, row) => {
  const count = shiftCount(b.random);
  if (row.instruction.operands.includes("CL")) {
    b.writeRegister(Reg.ECX, 1, count);
    b.pin(Reg.ECX);
  }
  b.reg = b.random.below(8);
  encodeRm(b, row);
  return anyImmediates(b, row, count);
};

/** Half of the divisions get a dividend whose quotient fits, or just about doesn't. */
const divide: Planner = (b, row) => {
  const { random } = b;
  const size = row.instruction.size === 1 ? 1 : b.operandSize;
  const bits = BigInt(8 * size);
  const isPlanned = random.chance(65);
  if (isPlanned) b.avoid(Reg.EAX, Reg.EDX);
  encodeRm(b, row);
  const isDividend = b.memory === null && [Reg.EAX, Reg.EDX, 4, 6].includes(b.rm);
  if (!isPlanned || isDividend) return anyImmediates(b, row);
  const isSigned = row.instruction.mnemonic === "IDIV";
  const view = (value: bigint): bigint => (isSigned ? BigInt.asIntN(Number(bits), value) : value);
  let divisor = view(BigInt(readRm(b, size)));
  if (divisor === 0n && random.chance(80)) {
    divisor = view(BigInt.asUintN(Number(bits), BigInt(b.value() | 1)));
    writeRm(b, size, Number(BigInt.asUintN(Number(bits), divisor)));
  }
  const quotient = random.chance(30)
    ? (isSigned ? 1n << (bits - 1n) : 1n << bits) * (random.chance(50) ? 1n : -1n) + BigInt(random.below(5) - 2)
    : view(BigInt.asUintN(Number(bits), BigInt(b.value())));
  const remainder = divisor === 0n ? 0n : BigInt(random.bits() >>> 0) % (divisor < 0n ? -divisor : divisor);
  const dividend = quotient * divisor + (quotient < 0n !== divisor < 0n ? -remainder : remainder);
  const low = Number(BigInt.asUintN(Number(bits), dividend));
  const high = Number(BigInt.asUintN(Number(bits), dividend >> bits));
  if (size === 1) {
    b.writeRegister(Reg.EAX, 2, (high << 8) | low);
  } else {
    b.writeRegister(Reg.EAX, size, low);
    b.writeRegister(Reg.EDX, size, high);
  }
  return anyImmediates(b, row);
};

const bcd: Planner = (b, row) => {
  const { random } = b;
  if (random.chance(50)) b.writeRegister(Reg.EAX, 2, random.below(0x10000));
  else if (random.chance(50)) b.writeRegister(Reg.EAX, 1, random.below(10) * 16 + random.below(10));
  return anyImmediates(b, row, random.chance(60) ? 10 : random.chance(20) ? 0 : random.below(256));
};

/** BT r/m, r: the register's upper bits move the address, mostly within the data. */
const bitTest: Planner = (b, row) => {
  const { random, registers } = b;
  b.reg = random.below(8);
  const byRegister = row.instruction.digit === -1;
  if (byRegister && random.chance(75)) {
    const offset = random.below(0x8000) - 0x4000;
    registers[b.reg] = (b.operandSize === 2 ? (registers[b.reg] & 0xffff0000) | (offset & 0xffff) : offset) >>> 0;
  }
  if (byRegister) b.pin(b.reg);
  const value = registers[b.reg];
  const shift = !byRegister ? 0 : b.operandSize === 4 ? (value >> 5) * 4 : ((value << 16) >> 20) * 2;
  encodeRm(b, row, shift);
  return anyImmediates(b, row);
};

const compareExchange: Planner = (b, row) => {
  const size = row.instruction.size === 1 ? 1 : b.operandSize;
  const isEqual = b.random.chance(50);
  b.reg = b.random.below(8);
  if (isEqual) b.avoid(Reg.EAX);
  encodeRm(b, row);
  if (isEqual) b.writeRegister(Reg.EAX, size, readRm(b, size));
  return anyImmediates(b, row);
};

const compareExchange8: Planner = (b, row) => {
  const { random } = b;
  if (random.chance(50)) {
    b.pin(Reg.EAX);
    b.pin(Reg.EDX);
  }
  encodeRm(b, row);
  if (b.memory !== null && random.chance(60)) {
    b.patch(b.memory.linear, 4, b.registers[Reg.EAX]);
    b.patch(b.memory.linear + 4, 4, random.chance(85) ? b.registers[Reg.EDX] : b.value());
  }
  return anyImmediates(b, row);
};

const bound: Planner = (b, row) => {
  const { random } = b;
  b.reg = random.below(8);
  b.encodeMemory(b.reg, 2 * b.operandSize);
  const index = b.readRegister(b.reg, b.operandSize);
  if (b.memory !== null) {
    const around = (): number => (random.chance(50) ? index + random.below(9) - 4 : b.value());
    b.patch(b.memory.linear, b.operandSize, random.chance(50) ? index - random.below(100) : around());
    b.patch(b.memory.linear + b.operandSize, b.operandSize, random.chance(50) ? index + random.below(100) : around());
  }
  return anyImmediates(b, row);
};

const translate: Planner = (b, row) => {
  if (b.address16 && !b.random.chance(10)) b.override = Seg.GS;
  if (b.override === Seg.GS) b.segments[Seg.GS] = b.segments[Seg.FS];
  const segment = b.override === -1 ? Seg.DS : b.override;
  const offset = b.dataOffset(segment, 1, b.address16);
  const base = offset - (b.registers[Reg.EAX] & 0xff);
  b.writeRegister(Reg.EBX, b.address16 ? 2 : 4, base);
  b.patch(b.linearOf(segment, offset), 1, b.value());
  return anyImmediates(b, row);
};

/** MOV CRn, DRn: always two registers, whatever the mod field says. */
const moveControl: Planner = (b, row) => {
  const { operands } = row.instruction;
  const isControl = operands.includes("CRn") || operands.includes("DRn");
  if (!isControl) return (operands.includes("Sreg") ? segmentPlans.MOV : ordinary)(b, row);
  b.encodeRegister(b.random.below(8), b.random.below(8));
  return anyImmediates(b, row);
};

const plans: { [mnemonic: string]: Planner } = {
  ...controlPlans,
  ...segmentPlans,
  ...stackPlans,
  ...stringPlans,
  MOV: moveControl,
  DIV: divide,
  IDIV: divide,
  BOUND: bound,
  XLAT: translate,
  CMPXCHG: compareExchange,
  CMPXCHG8B: compareExchange8,
};
for (const name of ["ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAL", "SAR", "SHLD", "SHRD"]) plans[name] = shift;
for (const name of ["DAA", "DAS", "AAA", "AAS", "AAM", "AAD"]) plans[name] = bcd;
for (const name of ["BT", "BTS", "BTR", "BTC"]) plans[name] = bitTest;

/** Chooses the operands of a row's instruction. */
export function plan(b: CaseBuilder, row: Row): Plan {
  return (plans[row.instruction.mnemonic] ?? ordinary)(b, row);
}
