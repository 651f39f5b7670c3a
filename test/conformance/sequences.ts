import { type Instruction, instructions } from "../../emulator/cpu/instructions.ts";
import type { Random } from "../cpu/fpu/random.ts";
import { CaseBuilder } from "./builder.ts";
import { Eflags, nothingUndefined, Reg, type TestCase } from "./case.ts";
import { CODE, DATA, type FlatSelectors, PAGE, PATCHED_CODE, STACK } from "./layout.ts";
import { little } from "./plan.ts";
import type { Row } from "./rows.ts";

/*
 * A few instructions in a row, for what one alone doesn't show: flags that one leaves and another reads, jumps over
 * code and loops, code that the case itself writes. No instruction reads a flag that is undefined by then.
 */

const { CF, PF, AF, ZF, SF, OF, STATUS } = {
  CF: Eflags.CF as number,
  PF: Eflags.PF as number,
  AF: Eflags.AF as number,
  ZF: Eflags.ZF as number,
  SF: Eflags.SF as number,
  OF: Eflags.OF as number,
  STATUS: Eflags.STATUS as number,
};

/** Flags that the conditions O B E BE S P L LE read. */
const CONDITION_FLAGS = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, SF | OF | ZF];

/** What an instruction does with the flags. */
interface FlagUse {
  reads: number;
  /** Defined afterwards. */
  writes: number;
  /** Undefined afterwards. */
  loses: number;
}

function use(reads: number, writes: number, loses = 0): FlagUse {
  return { reads, writes, loses };
}

const FLAG_USE: { [mnemonic: string]: FlagUse } = {
  ADD: use(0, STATUS),
  SUB: use(0, STATUS),
  CMP: use(0, STATUS),
  NEG: use(0, STATUS),
  XADD: use(0, STATUS),
  CMPXCHG: use(0, STATUS),
  ADC: use(CF, STATUS),
  SBB: use(CF, STATUS),
  AND: use(0, STATUS & ~AF, AF),
  OR: use(0, STATUS & ~AF, AF),
  XOR: use(0, STATUS & ~AF, AF),
  TEST: use(0, STATUS & ~AF, AF),
  INC: use(0, STATUS & ~CF),
  DEC: use(0, STATUS & ~CF),
  BT: use(0, CF, OF | SF | AF | PF),
  BTS: use(0, CF, OF | SF | AF | PF),
  IMUL: use(0, CF | OF, SF | ZF | AF | PF),
  CMC: use(CF, CF),
  CLC: use(0, CF),
  STC: use(0, CF),
  LAHF: use(STATUS & ~OF, 0),
  SAHF: use(0, STATUS & ~OF),
  SALC: use(CF, 0),
  AAA: use(AF, CF | AF, OF | SF | ZF | PF),
  DAA: use(AF | CF, STATUS & ~OF, OF),
  PUSHF: use(STATUS, 0),
};
for (const name of ["NOT", "MOV", "MOVZX", "MOVSX", "LEA", "XCHG", "CBW", "CWD", "BSWAP", "PUSH", "POP"]) {
  FLAG_USE[name] = use(0, 0);
}
["O", "B", "E", "BE", "S", "P", "L", "LE"].forEach((code, i) => {
  const negated = ["NO", "AE", "NE", "A", "NS", "NP", "GE", "G"][i];
  for (const name of [code, negated]) {
    FLAG_USE[`SET${name}`] = FLAG_USE[`CMOV${name}`] = FLAG_USE[`J${name}`] = use(CONDITION_FLAGS[i], 0);
  }
});

/** Shifts by one bit. */
function shiftUse(mnemonic: string): FlagUse {
  if (mnemonic === "ROL" || mnemonic === "ROR") return use(0, CF | OF);
  if (mnemonic === "RCL" || mnemonic === "RCR") return use(CF, CF | OF);
  return use(0, STATUS & ~AF, AF);
}

const OPERANDS = /^(r\/m(8|16|v)|r(8|v)|AL|rAX|imm(8|v)|1|m)$/;

/** Rows that can stand anywhere in a sequence, with their use of the flags. */
const ELEMENTS = instructions
  .filter(({ operands }) => operands.every((operand) => OPERANDS.test(operand)))
  .map((row) => {
    const isShift = row.operands[1] === "1";
    return { row, flags: isShift ? shiftUse(row.mnemonic) : FLAG_USE[row.mnemonic] };
  })
  .filter(({ row, flags }) => flags !== undefined && !(row.mnemonic.startsWith("J") || row.mnemonic === "SAL"))
  .filter(({ row }) => !takesMore(row));

/** Rows that would reach memory beyond the variables, or write registers that they don't name. */
function takesMore(row: Instruction): boolean {
  if (row.mnemonic === "IMUL") return row.operands.length === 1;
  if (row.mnemonic === "POP") return row.hasModRm;
  return row.mnemonic.startsWith("BT") && row.operands[1] === "rv";
}

const JUMPS = instructions.filter((row) => row.opcode >= 0x70 && row.opcode <= 0x7f);

export const sequenceRow: Row = pseudoRow("sequence");
export const selfModifyingRow: Row = pseudoRow("sequence that writes its own code");

function pseudoRow(name: string): Row {
  return { instruction: { ...instructions[0], id: -1, mnemonic: name }, name, group: "Sequences", excluded: null };
}

/** An operand in memory is one of these words, which are always there. */
const VARIABLES = [DATA + 0x40, DATA + 0x44, DATA + 0x49, DATA + 0xffe, DATA + 0x1ffc];

/** A sequence in the making: all code is 32-bit, in flat segments. */
class Sequence {
  readonly code: number[] = [];
  /** Flags that are undefined at this point. */
  private undefinedFlags = 0;
  /** Registers that no element may write: the loop's counter. */
  private reserved: number[] = [Reg.ESP];

  constructor(
    private readonly random: Random,
    private readonly start: number,
  ) {}

  get lost(): number {
    return this.undefinedFlags;
  }

  private register(): number {
    for (;;) {
      const register = this.random.below(8);
      if (!this.reserved.includes(register)) return register;
    }
  }

  /** A register by its number as an operand of `size` bytes: AH to BH are in the registers of AL to BL. */
  private operandRegister(size: number): number {
    for (;;) {
      const register = this.random.below(8);
      if (!this.reserved.includes(size === 1 ? register & 3 : register)) return register;
    }
  }

  /** One instruction that reads no undefined flag. */
  element(): number[] {
    const { random } = this;
    for (;;) {
      const { row, flags } = random.pick(ELEMENTS);
      if ((flags.reads & this.undefinedFlags) !== 0) continue;
      if (row.operands.some((operand) => operand === "AL" || operand === "rAX") && this.reserved.includes(Reg.EAX))
        continue;
      this.undefinedFlags = (this.undefinedFlags & ~flags.writes) | flags.loses;
      return this.encode(row);
    }
  }

  private encode(row: Instruction): number[] {
    const { random } = this;
    const size = row.size === 1 ? 1 : row.mnemonic !== "BSWAP" && random.chance(30) ? 2 : 4;
    const bytes: number[] = size === 2 ? [0x66] : [];
    if (row.opcode >= 0x100) bytes.push(0x0f);
    const opcode = row.opcode & 0xff;
    bytes.push(row.registerInOpcode ? opcode + this.operandRegister(size) : opcode);
    if (row.hasModRm) bytes.push(...this.modRm(row, size));
    for (const kind of row.immediates) {
      const length = kind === "iv" ? size : kind === "iw" ? 2 : 1;
      bytes.push(...little(random.chance(50) ? random.below(4) - 1 : random.bits(), length));
    }
    return bytes;
  }

  private modRm(row: Instruction, size: number): number[] {
    const { random } = this;
    const reg = row.digit !== -1 ? row.digit : this.operandRegister(row.operands[0] === "r8" ? 1 : size);
    if (row.memoryOnly) return [(reg << 3) | 5, ...little(random.pick(VARIABLES), 4)];
    if (random.chance(65)) {
      const small = row.operands.some((operand) => operand === "r/m8");
      return [0xc0 | (reg << 3) | this.operandRegister(small ? 1 : size)];
    }
    return [(reg << 3) | 5, ...little(random.pick(VARIABLES), 4)];
  }

  /** A conditional jump over the next elements. */
  private branch(): void {
    const { random } = this;
    const jump = random.pick(JUMPS);
    const reads = FLAG_USE[jump.mnemonic].reads;
    if ((reads & this.undefinedFlags) !== 0) return;
    const before = this.undefinedFlags;
    const body: number[] = [];
    for (let i = random.below(3); i >= 0; i--) body.push(...this.element());
    this.undefinedFlags |= before;
    this.code.push(jump.opcode, body.length, ...body);
  }

  /** A loop that runs a few times, counted by a register nothing else writes, or by LOOP. */
  private loop(selfModifying: boolean): void {
    const { random } = this;
    const byLoop = random.chance(30);
    // Not EAX or EDX, which some instructions write without naming them.
    const counter: Reg = byLoop ? Reg.ECX : random.pick([Reg.EBX, Reg.EBP, Reg.ESI, Reg.EDI]);
    this.reserved.push(counter);
    this.code.push(0xb8 + counter, ...little(1 + random.below(5), 4));
    const top = this.code.length;
    // What is undefined at the end of the body is so at its top too.
    const before = this.undefinedFlags;
    this.undefinedFlags |= byLoop ? STATUS : 0;
    for (let i = 1 + random.below(4); i > 0; i--) {
      if (random.chance(20)) this.branch();
      else if (selfModifying && random.chance(20)) this.modification();
      else this.code.push(...this.element());
    }
    if (byLoop) {
      this.code.push(0xe2, (top - this.code.length - 2) & 0xff);
    } else {
      this.code.push(0x48 + counter, 0x75, (top - this.code.length - 3) & 0xff);
      this.undefinedFlags &= CF;
    }
    this.undefinedFlags |= before;
    this.reserved.pop();
  }

  /** A store over a MOV r32, imm32, an INC or a jump that follows after a few more instructions, or not at all. */
  private modification(): void {
    const { random } = this;
    const between: number[] = [];
    for (let i = random.below(3); i > 0; i--) between.push(...this.element());
    const kind = random.below(3);
    let victim: number[];
    let offset: number;
    let value: number[];
    if (kind === 0) {
      victim = [0xb8 + this.register(), ...little(random.bits(), 4)];
      offset = 1 + random.below(4);
      value = [random.below(256)];
    } else if (kind === 1) {
      // INC becomes DEC, or of another register.
      victim = [0x40 + this.register()];
      offset = 0;
      value = [(random.chance(50) ? 0x40 : 0x48) + this.register()];
      this.undefinedFlags &= CF;
    } else {
      // A jump over nothing becomes one over what follows.
      const skipped = [0x40 + this.register()];
      victim = [0xeb, 0x00, ...skipped];
      offset = 1;
      value = [random.below(2)];
    }
    const store = [0xc6, 0x05, 0, 0, 0, 0, value[0]];
    const target = this.start + this.code.length + store.length + between.length + offset;
    store.splice(2, 4, ...little(target, 4));
    this.code.push(...store, ...between, ...victim);
  }

  build(selfModifying: boolean): void {
    const { random } = this;
    const parts = 2 + random.below(5);
    const modified = selfModifying ? random.below(parts) : -1;
    for (let i = 0; i < parts; i++) {
      if (i === modified) this.modification();
      const choice = random.below(100);
      if (choice < 20) this.branch();
      else if (choice < 32) this.loop(selfModifying);
      else this.code.push(...this.element());
    }
  }
}

export function sequenceCase(random: Random, flat: FlatSelectors, row: Row): TestCase {
  const selfModifying = row === selfModifyingRow;
  const b = new CaseBuilder(random, flat);
  // The builder chooses registers and flags; segments and stack are plain here.
  b.segments.splice(0, 6, flat.ds, flat.cs, flat.ds, flat.ds, flat.ds, flat.ds);
  b.registers[Reg.ESP] = STACK + PAGE - 4 * random.below(64);
  const page = selfModifying ? PATCHED_CODE : CODE;
  const codeAddress = page + 0x100 + random.below(0xd00);
  const sequence = new Sequence(random, codeAddress);
  sequence.build(selfModifying);
  for (const address of VARIABLES) b.patch(address, 4, b.value());
  const undefinedResults = nothingUndefined();
  undefinedResults.flags = sequence.lost;
  return {
    row,
    registers: b.registers,
    eip: codeAddress,
    eflags: b.eflags & ~(Eflags.TF | Eflags.NT),
    segments: b.segments,
    code: sequence.code,
    codeAddress,
    patches: b.patches,
    undefinedResults,
    undefinedAfterFault: nothingUndefined(),
  };
}
