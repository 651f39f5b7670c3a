import type { Cpu } from "./cpu.ts";
import { Flag, FlagKind } from "./flags.ts";
import { Region, Segment, State } from "./layout.ts";
import { setSegment, updateMode } from "./mode.ts";
import { ControlBit, tlbFlushAll } from "./tlb.ts";

/** Power-on state (SDM 3, table 9-1). */
export function reset(cpu: Cpu): void {
  const m = cpu.m;
  const ramPages = m[State.RAM_PAGES];
  const interruptLine = m[State.INTERRUPT_LINE];
  const a20 = m[State.A20_MASK];
  tlbFlushAll(cpu);
  m.fill(0, Region.STATE, Region.STATE_BYTES / 4);
  m[State.RAM_PAGES] = ramPages;
  m[State.INTERRUPT_LINE] = interruptLine;
  // The gate belongs to the machine; on the first reset it is open.
  m[State.A20_MASK] = a20 === 0 ? -1 : a20;
  m[State.EFLAGS] = Flag.ONE;
  m[State.FLAG_KIND] = FlagKind.EXPLICIT;
  m[State.CR0] = ControlBit.CR0_ET | ControlBit.CR0_NW | ControlBit.CR0_CD;
  m[State.DR6] = 0xffff0ff0;
  m[State.DR7] = 0x400;
  m[State.IDTR_LIMIT] = 0x3ff;
  m[State.GDTR_LIMIT] = 0xffff;
  m[State.EIP] = 0xfff0;
  // EDX identifies the processor: family 6.
  m[State.EDX] = 0x652;
  m[State.MXCSR] = 0x1f80;
  cpu.fpu.reset();
  for (let segment = Segment.ES; segment <= Segment.GS; segment++) setSegment(m, segment, 0, 0, 0xffff, 0x93);
  setSegment(m, Segment.CS, 0xf000, 0xffff0000, 0xffff, 0x93);
  setSegment(m, Segment.LDTR, 0, 0, 0xffff, 0x82);
  setSegment(m, Segment.TR, 0, 0, 0xffff, 0x8b);
  updateMode(cpu);
}
