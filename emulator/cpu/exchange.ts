import { binary16, binary8 } from "./arithmetic.ts";
import type { Cpu } from "./cpu.ts";
import { raise, Vector } from "./exception.ts";
import { Flag, FlagKind, setFlags } from "./flags.ts";
import { State } from "./layout.ts";
import { checkWrite, read32, write32 } from "./memory.ts";
import { Binary, Record } from "./operation.ts";
import { operandAddress, readOperandPart } from "./segment_access.ts";

/* XCHG (8 and 16 bits), XADD, CMPXCHG, CMPXCHG8B, XLAT, BOUND. Memory destinations come in State.TEMP. */

export function exchange16(cpu: Cpu, w: number): void {
  const m16 = cpu.m16;
  const d = (w >>> Record.DST_SHIFT) & 63;
  const s = (w >>> Record.SRC_SHIFT) & 63;
  const value = m16[d];
  m16[d] = m16[s];
  m16[s] = value;
}

export function exchange8(cpu: Cpu, w: number): void {
  const m8 = cpu.m8;
  const d = (w >>> Record.DST_SHIFT) & 63;
  const s = (w >>> Record.SRC_SHIFT) & 63;
  const value = m8[d];
  m8[d] = m8[s];
  m8[s] = value;
}

/** XADD: the source gets the old destination, the destination the sum (which wins when they are the same). */
export function exchangeAdd32(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const d = (w >>> Record.DST_SHIFT) & 63;
  const s = (w >>> Record.SRC_SHIFT) & 63;
  const a = m[d];
  const sum = (a + m[s]) | 0;
  m[s] = a;
  m[d] = sum;
  m[State.FLAG_KIND] = FlagKind.ADD;
  m[State.FLAG_A] = a;
  m[State.FLAG_B] = sum;
}

export function exchangeAdd16(cpu: Cpu, w: number): void {
  const m16 = cpu.m16;
  const d = (w >>> Record.DST_SHIFT) & 63;
  const s = (w >>> Record.SRC_SHIFT) & 63;
  const a = m16[d];
  const sum = binary16(cpu.m, Binary.ADD, a, m16[s]);
  m16[s] = a;
  m16[d] = sum;
}

export function exchangeAdd8(cpu: Cpu, w: number): void {
  const m8 = cpu.m8;
  const d = (w >>> Record.DST_SHIFT) & 63;
  const s = (w >>> Record.SRC_SHIFT) & 63;
  const a = m8[d];
  const sum = binary8(cpu.m, Binary.ADD, a, m8[s]);
  m8[s] = a;
  m8[d] = sum;
}

/** CMPXCHG: a memory destination is written back in both cases, as the processor does. */
export function compareExchange32(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const d = (w >>> Record.DST_SHIFT) & 63;
  const value = m[d];
  const eax = m[State.EAX];
  m[State.FLAG_KIND] = FlagKind.SUB;
  m[State.FLAG_A] = eax;
  m[State.FLAG_B] = value;
  if (eax === value) m[d] = m[(w >>> Record.SRC_SHIFT) & 63];
  else m[State.EAX] = value;
}

export function compareExchange16(cpu: Cpu, w: number): void {
  const m16 = cpu.m16;
  const d = (w >>> Record.DST_SHIFT) & 63;
  const value = m16[d];
  binary16(cpu.m, Binary.CMP, m16[State.EAX * 2], value);
  if (m16[State.EAX * 2] === value) m16[d] = m16[(w >>> Record.SRC_SHIFT) & 63];
  else m16[State.EAX * 2] = value;
}

export function compareExchange8(cpu: Cpu, w: number): void {
  const m8 = cpu.m8;
  const d = (w >>> Record.DST_SHIFT) & 63;
  const value = m8[d];
  binary8(cpu.m, Binary.CMP, m8[State.EAX * 4], value);
  if (m8[State.EAX * 4] === value) m8[d] = m8[(w >>> Record.SRC_SHIFT) & 63];
  else m8[State.EAX * 4] = value;
}

/** CMPXCHG8B m64. */
export function compareExchange64(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const address = operandAddress(m, w, p);
  if (!checkWrite(cpu, address, 8, p)) return;
  const low = read32(cpu, address, p);
  const high = read32(cpu, (address + 4) | 0, p);
  if (low === m[State.EAX] && high === m[State.EDX]) {
    write32(cpu, address, m[State.EBX], p);
    write32(cpu, (address + 4) | 0, m[State.ECX], p);
    setFlags(m, Flag.ZF, Flag.ZF);
  } else {
    write32(cpu, address, low, p);
    write32(cpu, (address + 4) | 0, high, p);
    m[State.EAX] = low;
    m[State.EDX] = high;
    setFlags(m, Flag.ZF, 0);
  }
}

/**
 * BOUND r, m&m: a record for readOperandPart, with the index register in src. The upper bound is read only when the
 * lower holds.
 */
export function bound32(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const index = m[(w >>> Record.SRC_SHIFT) & 63];
  const low = readOperandPart(cpu, w, p, 0, 4);
  if (m[State.FAULT] !== 0) return;
  const high = index < low ? low : readOperandPart(cpu, w, p, 4, 4);
  if (m[State.FAULT] !== 0) return;
  if (index < low || index > high) raise(m, Vector.BR);
}

export function bound16(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const index = (cpu.m16[(w >>> Record.SRC_SHIFT) & 63] << 16) >> 16;
  const low = (readOperandPart(cpu, w, p, 0, 2) << 16) >> 16;
  if (m[State.FAULT] !== 0) return;
  const high = index < low ? low : (readOperandPart(cpu, w, p, 2, 2) << 16) >> 16;
  if (m[State.FAULT] !== 0) return;
  if (index < low || index > high) raise(m, Vector.BR);
}
