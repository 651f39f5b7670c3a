import { State } from "../layout.ts";
import { arithmeticMemory, arithmeticRegisters } from "./arithmetic.ts";
import { compareRegisters, compareToFlags, examineTop, testTop } from "./comparison.ts";
import {
  initialise,
  loadControl,
  loadEnvironment,
  restoreState,
  saveState,
  setControl,
  statusWord,
  storeEnvironment,
  storeWord,
} from "./environment.ts";
import { OPERATIONS } from "./escape_table.ts";
import { restoreExtended, saveExtended } from "./extended_state.ts";
import { loadMemory, loadRegister, pushConstant } from "./loads.ts";
import { changeSign, exchange, freeRegister, moveIf, rotate } from "./moves.ts";
import { Operation } from "./operations.ts";
import type { FpuPort } from "./port.ts";
import { Flag, FpuStatus, Head } from "./state.ts";
import { storeMemory, storeRegister } from "./stores.ts";
import { combineTopTwo, exponential, sineAndCosine, sineOrCosine } from "./transcendentals.ts";
import { extractTop, transformTop } from "./unary.ts";
import { isEmpty, pop, report } from "./unit.ts";
import type { FpuUnit } from "./unit.ts";

/** The x87. All its state is in the arena's state words; the instance holds only the way there. */
export class Fpu implements FpuUnit {
  readonly words: Int32Array;
  readonly port: FpuPort;
  readonly operand = new Int32Array(128);
  readonly operand16 = new Uint16Array(this.operand.buffer);
  /** The operand buffer in bytes, for the port to copy to and from. */
  readonly operand8 = new Uint8Array(this.operand.buffer);
  /** @param words the arena's state words, indexed by `State` */
  constructor(words: Int32Array, port: FpuPort) {
    this.words = words;
    this.port = port;
  }

  /** Power-on: not what FNINIT gives (SDM vol. 3, table 9-1): all registers +0.0, exceptions unmasked. */
  reset(): void {
    const w = this.words;
    initialise(w);
    w.fill(0, State.FPU_REGISTERS, State.FPU_REGISTERS + 32);
    w[State.FPU_TAGS] = 0xff;
    setControl(w, 0x0040);
  }

  /** IGNNE#: with CR0.NE clear, a waiting instruction executes although an unmasked exception is pending. */
  get ignoreErrors(): boolean {
    return this.words[State.FPU_IGNORE_ERRORS] !== 0;
  }

  set ignoreErrors(level: boolean) {
    this.words[State.FPU_IGNORE_ERRORS] = level ? 1 : 0;
  }

  /** An unmasked exception waits for WAIT, an MMX instruction or the next waiting x87 instruction. */
  get pending(): boolean {
    return (this.words[State.FPU_STATUS] & Flag.SUMMARY) !== 0 && !this.ignoreErrors;
  }

  /** The status word with TOP. */
  get statusWord(): number {
    return statusWord(this.words);
  }

  /** FXSAVE; `xmm` is CR4.OSFXSR. The processor checks the alignment. */
  saveExtended(xmm: boolean): FpuStatus {
    return saveExtended(this, xmm);
  }

  /** FXRSTOR; `xmm` is CR4.OSFXSR. */
  restoreExtended(xmm: boolean): FpuStatus {
    return restoreExtended(this, xmm);
  }

  /** What every MMX instruction but EMMS does first: TOP = 0, all registers valid. Its writes set exponents to FFFFh. */
  enterMmx(): void {
    this.words[State.FPU_TOP] = 0;
    this.words[State.FPU_TAGS] = 0xff;
  }

  /** EMMS. */
  emptyMmx(): void {
    this.words[State.FPU_TAGS] = 0;
  }

  /**
   * Executes one escape instruction.
   *
   * @param opcode D8h..DFh
   * @param modrm its ModRM byte; with mod 3 the operand is a register, otherwise the port reaches it
   * @param cs selector, and `ip` offset, of the instruction's first byte, prefixes included
   * @param segment selector, and `offset`, of the memory operand; ignored for register forms
   */
  executeEscape(opcode: number, modrm: number, cs: number, ip: number, segment: number, offset: number): FpuStatus {
    const w = this.words;
    const encoding = ((opcode & 7) << 8) | modrm;
    const operation = OPERATIONS[encoding];
    if (operation >= Operation.FIRST_NO_WAIT) return this.executeNoWait(operation);
    if ((w[State.FPU_STATUS] & Flag.SUMMARY) !== 0 && !this.ignoreErrors) return FpuStatus.PENDING;
    let status = FpuStatus.DONE;
    if (modrm < 0xc0) {
      if (operation < Operation.TO_TOP) status = arithmeticMemory(this, operation);
      else if (operation <= Operation.FBLD) status = loadMemory(this, operation);
      else if (operation <= Operation.FBSTP) status = storeMemory(this, operation);
      else return this.loadControlState(operation);
      if (status !== FpuStatus.DONE) return status;
      w[State.FPU_DP] = offset;
      w[State.FPU_DS] = segment;
    } else if (operation < Operation.FLD_SINGLE) {
      arithmeticRegisters(w, operation, modrm & 7);
    } else {
      this.executeRegister(operation, modrm & 7);
    }
    w[State.FPU_IP] = ip;
    w[State.FPU_CS] = cs;
    w[State.FPU_OPCODE] = encoding;
    return FpuStatus.DONE;
  }

  /** Register forms beside arithmetic. `i` is the low field of the ModRM byte. */
  private executeRegister(operation: number, i: number): void {
    const w = this.words;
    switch (operation) {
      case Operation.FLD_REGISTER:
        return loadRegister(w, i);
      case Operation.CONSTANT:
        return pushConstant(w, i);
      case Operation.FST_REGISTER:
        return storeRegister(w, i, false);
      case Operation.FSTP_REGISTER:
        return storeRegister(w, i, true);
      case Operation.FSTP_QUIETLY:
        if (isEmpty(w, 0)) return this.popEmpty();
        return storeRegister(w, i, true);
      case Operation.FXCH:
        return exchange(w, i);
      case Operation.FCHS:
        return changeSign(w, Head.SIGN, Head.SIGN);
      case Operation.FABS:
        return changeSign(w, 0, 0);
      case Operation.FTST:
        return testTop(w);
      case Operation.FXAM:
        return examineTop(w);
      case Operation.FUCOM:
        return compareRegisters(w, i, true, 0);
      case Operation.FUCOMP:
        return compareRegisters(w, i, true, 1);
      case Operation.FUCOMPP:
        return compareRegisters(w, 1, true, 2);
      case Operation.FCOMPP:
        return compareRegisters(w, 1, false, 2);
      case Operation.FCOMI:
        return compareToFlags(this, i, false, false);
      case Operation.FCOMIP:
        return compareToFlags(this, i, false, true);
      case Operation.FUCOMI:
        return compareToFlags(this, i, true, false);
      case Operation.FUCOMIP:
        return compareToFlags(this, i, true, true);
      case Operation.FCMOVB:
      case Operation.FCMOVE:
      case Operation.FCMOVBE:
      case Operation.FCMOVU:
      case Operation.FCMOVNB:
      case Operation.FCMOVNE:
      case Operation.FCMOVNBE:
      case Operation.FCMOVNU:
        return moveIf(this, operation, i);
      case Operation.FSQRT:
      case Operation.FRNDINT:
      case Operation.FSCALE:
      case Operation.FPREM:
      case Operation.FPREM1:
        return transformTop(w, operation);
      case Operation.FXTRACT:
        return extractTop(w);
      case Operation.FSIN:
      case Operation.FCOS:
        return sineOrCosine(w, operation);
      case Operation.FSINCOS:
      case Operation.FPTAN:
        return sineAndCosine(w, operation);
      case Operation.F2XM1:
        return exponential(w);
      case Operation.FYL2X:
      case Operation.FYL2XP1:
      case Operation.FPATAN:
        return combineTopTwo(w, operation);
      case Operation.FNOP:
        return;
      case Operation.FFREE:
        return freeRegister(w, i);
      case Operation.FFREEP:
        freeRegister(w, i);
        return pop(w);
      case Operation.FINCSTP:
        return rotate(w, 1);
      case Operation.FDECSTP:
        return rotate(w, -1);
    }
  }

  private popEmpty(): void {
    report(this.words, 0);
    pop(this.words);
  }

  /** FLDCW, FLDENV, FRSTOR: waiting, but they leave the last-instruction pointers alone (or load them). */
  private loadControlState(operation: number): FpuStatus {
    switch (operation) {
      case Operation.FLDCW:
        return loadControl(this);
      case Operation.FLDENV:
        return loadEnvironment(this);
      default:
        return restoreState(this);
    }
  }

  private executeNoWait(operation: number): FpuStatus {
    const w = this.words;
    switch (operation) {
      case Operation.FNSTCW:
        return storeWord(this, w[State.FPU_CONTROL]);
      case Operation.FNSTSW:
        return storeWord(this, statusWord(w));
      case Operation.FNSTENV:
        return storeEnvironment(this);
      case Operation.FNSAVE:
        return saveState(this);
      case Operation.FNSTSW_AX:
        this.port.writeAx(statusWord(w));
        return FpuStatus.DONE;
      case Operation.FNCLEX:
        w[State.FPU_STATUS] &= Flag.CONDITIONS;
        return FpuStatus.DONE;
      case Operation.FNINIT:
        initialise(w);
        return FpuStatus.DONE;
      case Operation.FN_IGNORED:
        return FpuStatus.DONE;
      default:
        return FpuStatus.UNDEFINED;
    }
  }
}
