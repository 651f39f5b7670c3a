import type { Cpu } from "../cpu.ts";
import { eflags, Flag, setFlags } from "../flags.ts";
import { SegmentRight, State } from "../layout.ts";
import { checkRead, checkWrite, read16, read32, write16, write32 } from "../memory.ts";
import { isProtected } from "../mode.ts";
import { checkSegment, segmentBase } from "../segment_access.ts";
import { EnvironmentLayout } from "./port.ts";
import type { FpuPort } from "./port.ts";

/** The processor's side of the x87: memory by the operand that the current instruction names, EFLAGS and AX. */
export class OperandPort implements FpuPort {
  /** The memory operand: segment register, offset, and position of the instruction's record. */
  segment = 0;
  offset = 0;
  position = 0;
  /** 32-bit operand size. */
  wide = false;

  constructor(private readonly cpu: Cpu) {}

  loadOperand(length: number): boolean {
    const { cpu, position } = this;
    const m = cpu.m;
    if (!checkSegment(m, this.segment, this.offset, length, SegmentRight.READ)) return false;
    const linear = this.linear;
    // Within a page the first read finds the fault.
    if (crossesPage(linear, length) && !checkRead(cpu, linear, length, position)) return false;
    const { operand, operand16 } = cpu.fpu;
    const words = length >> 2;
    for (let i = 0; i < words; i++) operand[i] = read32(cpu, (linear + 4 * i) | 0, position);
    if ((length & 2) !== 0) operand16[2 * words] = read16(cpu, (linear + 4 * words) | 0, position);
    return m[State.FAULT] === 0;
  }

  storeOperand(length: number): boolean {
    const { cpu, position } = this;
    const m = cpu.m;
    if (!checkSegment(m, this.segment, this.offset, length, SegmentRight.WRITE)) return false;
    const linear = this.linear;
    if (crossesPage(linear, length) && !checkWrite(cpu, linear, length, position)) return false;
    const { operand, operand16 } = cpu.fpu;
    const words = length >> 2;
    for (let i = 0; i < words; i++) write32(cpu, (linear + 4 * i) | 0, operand[i], position);
    if ((length & 2) !== 0) write16(cpu, (linear + 4 * words) | 0, operand16[2 * words], position);
    return m[State.FAULT] === 0;
  }

  environmentLayout(): number {
    const mode = isProtected(this.cpu.m) ? EnvironmentLayout.PROTECTED : EnvironmentLayout.REAL_16;
    return mode | (this.wide ? EnvironmentLayout.WIDE : 0);
  }

  readFlags(): number {
    return eflags(this.cpu.m);
  }

  writeCompareFlags(flags: number): void {
    setFlags(this.cpu.m, Flag.STATUS, flags & (Flag.CF | Flag.PF | Flag.ZF));
  }

  writeAx(value: number): void {
    this.cpu.m16[State.EAX * 2] = value;
  }

  /** Linear address of the operand. */
  get linear(): number {
    return (segmentBase(this.cpu.m, this.segment) + this.offset) | 0;
  }
}

function crossesPage(linear: number, length: number): boolean {
  return (linear & 0xfff) + length > 0x1000;
}
