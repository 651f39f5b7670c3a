import type { Cpu } from "./cpu.ts";
import { generalProtection, raise, Vector } from "./exception.ts";
import { State } from "./layout.ts";
import { updateMode } from "./mode.ts";
import { Record } from "./operation.ts";
import { ControlBit, tlbFlush, tlbFlushAll, tlbRefresh } from "./tlb.ts";

/* MOV to and from CR0, CR2, CR3, CR4 and the debug registers; LMSW, SMSW, CLTS. */

/** CR4 bits that work; setting another is #GP(0). */
const CR4_SUPPORTED =
  ControlBit.CR4_TSD | ControlBit.CR4_DE | ControlBit.CR4_PSE | ControlBit.CR4_PGE | ControlBit.CR4_OSFXSR;

const CR0_WRITABLE =
  ControlBit.CR0_PE |
  ControlBit.CR0_MP |
  ControlBit.CR0_EM |
  ControlBit.CR0_TS |
  ControlBit.CR0_NE |
  ControlBit.CR0_WP |
  ControlBit.CR0_AM |
  ControlBit.CR0_NW |
  ControlBit.CR0_CD |
  ControlBit.CR0_PG;

/** Loads CR3: the TLB keeps only global pages. */
export function loadPageDirectory(cpu: Cpu, value: number): void {
  cpu.m[State.CR3] = value;
  tlbFlush(cpu);
  const hook = cpu.hooks.onAddressSpace;
  if (hook !== null) hook(value >>> 0);
}

/** Sets CR0 and makes the change effective at once; false with #GP(0) when the combination is not allowed. */
export function loadControl0(cpu: Cpu, value: number): boolean {
  const m = cpu.m;
  const paging = (value & ControlBit.CR0_PG) !== 0;
  const isProtected = (value & ControlBit.CR0_PE) !== 0;
  const cacheBits = value & (ControlBit.CR0_NW | ControlBit.CR0_CD);
  if ((paging && !isProtected) || cacheBits === ControlBit.CR0_NW) {
    generalProtection(m, 0);
    return false;
  }
  const old = m[State.CR0];
  m[State.CR0] = (value & CR0_WRITABLE) | ControlBit.CR0_ET;
  const changed = old ^ m[State.CR0];
  if ((changed & (ControlBit.CR0_PG | ControlBit.CR0_PE)) !== 0) tlbFlushAll(cpu);
  else if ((changed & ControlBit.CR0_WP) !== 0) tlbRefresh(cpu);
  if ((changed & ControlBit.CR0_PE) !== 0) updateMode(cpu);
  return true;
}

export function loadControl4(cpu: Cpu, value: number): boolean {
  const m = cpu.m;
  if ((value & ~CR4_SUPPORTED) !== 0) {
    generalProtection(m, 0);
    return false;
  }
  const changed = m[State.CR4] ^ value;
  m[State.CR4] = value;
  if ((changed & (ControlBit.CR4_PSE | ControlBit.CR4_PGE)) !== 0) tlbFlushAll(cpu);
  return true;
}

function privileged(m: Int32Array): boolean {
  if (m[State.CPL] === 0) return true;
  generalProtection(m, 0);
  return false;
}

/** MOV CRn, r32: register number of the control register in dst. */
export function moveToControl(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const value = m[(w >>> Record.SRC_SHIFT) & 63];
  const register = (w >>> Record.DST_SHIFT) & 63;
  if (register !== 0 && register !== 2 && register !== 3 && register !== 4) {
    raise(m, Vector.UD);
    return;
  }
  if (!privileged(m)) return;
  if (register === 0) loadControl0(cpu, value);
  else if (register === 2) m[State.CR2] = value;
  else if (register === 3) loadPageDirectory(cpu, value);
  else loadControl4(cpu, value);
}

/** MOV r32, CRn. */
export function moveFromControl(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const register = (w >>> Record.SRC_SHIFT) & 63;
  if (register !== 0 && register !== 2 && register !== 3 && register !== 4) {
    raise(m, Vector.UD);
    return;
  }
  if (!privileged(m)) return;
  m[(w >>> Record.DST_SHIFT) & 63] = m[State.CR0 + register];
}

/** General detect (DR7.GD): any access to a debug register is #DB with DR6.BD. */
const DR7_GD = 0x2000;
const DR6_BD = 0x2000;
const DR6_ONES = 0xffff0ff0;
const DR6_WRITABLE = 0xe00f;
const DR7_WRITABLE = 0xffff2fff;

/** Index of the debug register that a number names, or -1 with #UD raised: 4 and 5 alias 6 and 7 unless CR4.DE. */
function debugRegister(m: Int32Array, number: number): number {
  if (!privileged(m)) return -1;
  let register = number;
  if (register === 4 || register === 5) {
    if ((m[State.CR4] & ControlBit.CR4_DE) !== 0) {
      raise(m, Vector.UD);
      return -1;
    }
    register += 2;
  }
  if ((m[State.DR7] & DR7_GD) !== 0) {
    m[State.DR6] |= DR6_BD;
    m[State.DR7] &= ~DR7_GD;
    raise(m, Vector.DB);
    return -1;
  }
  return register;
}

export function moveToDebug(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const register = debugRegister(m, (w >>> Record.DST_SHIFT) & 63);
  if (register === -1) return;
  let value = m[(w >>> Record.SRC_SHIFT) & 63];
  if (register === 6) value = (value & DR6_WRITABLE) | DR6_ONES;
  if (register === 7) value = (value & DR7_WRITABLE) | 0x400;
  m[State.DR0 + register] = value;
}

export function moveFromDebug(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const register = debugRegister(m, (w >>> Record.SRC_SHIFT) & 63);
  if (register === -1) return;
  m[(w >>> Record.DST_SHIFT) & 63] = m[State.DR0 + register];
}

/** LMSW r/m16: the low four bits of CR0; PE can be set but not cleared. Selector word in dst. */
export function loadMachineStatus(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const value = m[(w >>> Record.DST_SHIFT) & 63] & 15;
  const keep = ~15 | ControlBit.CR0_PE;
  loadControl0(cpu, (m[State.CR0] & keep) | value);
}

/** SMSW: CR0 to the word in dst (the low 16 bits are what a memory operand gets). */
export function storeMachineStatus(cpu: Cpu, w: number): void {
  cpu.m[(w >>> Record.DST_SHIFT) & 63] = cpu.m[State.CR0];
}

export function storeMachineStatus16(cpu: Cpu, w: number): void {
  cpu.m16[(w >>> Record.DST_SHIFT) & 63] = cpu.m[State.CR0];
}

export function clearTaskSwitched(cpu: Cpu): void {
  const m = cpu.m;
  if (privileged(m)) m[State.CR0] &= ~ControlBit.CR0_TS;
}
