import type { AccessSize } from "./bus.ts";
import type { Cpu } from "./cpu.ts";
import { generalProtection } from "./exception.ts";
import { Flag } from "./flags.ts";
import { Segment, SegmentField, State } from "./layout.ts";
import { readSystem16, readSystem8 } from "./memory.ts";
import { isProtected, isVirtual8086 } from "./mode.ts";
import { Record } from "./operation.ts";

/* IN, OUT and the right to use a port (SDM 1, 18.5). */

const TR = State.SEGMENTS + Segment.TR * SegmentField.WORDS;

/** True when the port may be used: CPL <= IOPL, or the TSS's permission bitmap has zeros for it; else #GP(0). */
export function checkPort(cpu: Cpu, port: number, size: number): boolean {
  const m = cpu.m;
  const iopl = (m[State.EFLAGS] & Flag.IOPL) >>> 12;
  if (!isVirtual8086(m) && (!isProtected(m) || m[State.CPL] <= iopl)) return true;
  const base = m[TR + SegmentField.BASE];
  const limit = m[TR + SegmentField.LIMIT] >>> 0;
  // Only a 32-bit TSS (types 9 and 11) has a bitmap.
  if ((m[TR + SegmentField.ACCESS] & 0x0d) === 0x09 && limit >= 0x67) {
    const map = readSystem16(cpu, (base + 0x66) | 0);
    if (m[State.FAULT] !== 0) return false;
    const at = map + (port >>> 3);
    // Two bytes are always read, so the map must end with a byte of ones.
    if (at + 1 <= limit) {
      const low = readSystem8(cpu, (base + at) | 0);
      if (m[State.FAULT] !== 0) return false;
      const high = readSystem8(cpu, (base + at + 1) | 0);
      if (m[State.FAULT] !== 0) return false;
      const bits = (low | (high << 8)) >>> (port & 7);
      if ((bits & ((1 << size) - 1)) === 0) return true;
    }
  }
  generalProtection(m, 0);
  return false;
}

function input(cpu: Cpu, w: number, p: number, size: AccessSize): void {
  const m = cpu.m;
  const port = portOf(cpu, w, p);
  if (!checkPort(cpu, port, size)) return;
  const value = cpu.bus.readPort(port, size);
  if (size === 4) m[State.EAX] = value;
  else if (size === 2) cpu.m16[State.EAX * 2] = value;
  else cpu.m8[State.EAX * 4] = value;
}

function output(cpu: Cpu, w: number, p: number, size: AccessSize): void {
  const m = cpu.m;
  const port = portOf(cpu, w, p);
  if (!checkPort(cpu, port, size)) return;
  const eax = m[State.EAX];
  cpu.bus.writePort(port, size, size === 4 ? eax >>> 0 : size === 2 ? eax & 0xffff : eax & 0xff);
}

/** The immediate, or DX when it is -1. */
function portOf(cpu: Cpu, _w: number, p: number): number {
  const port = cpu.m[p + Record.IMMEDIATE];
  return port === -1 ? cpu.m16[State.EDX * 2] : port;
}

export function in8(cpu: Cpu, w: number, p: number): void {
  input(cpu, w, p, 1);
}
export function in16(cpu: Cpu, w: number, p: number): void {
  input(cpu, w, p, 2);
}
export function in32(cpu: Cpu, w: number, p: number): void {
  input(cpu, w, p, 4);
}
export function out8(cpu: Cpu, w: number, p: number): void {
  output(cpu, w, p, 1);
}
export function out16(cpu: Cpu, w: number, p: number): void {
  output(cpu, w, p, 2);
}
export function out32(cpu: Cpu, w: number, p: number): void {
  output(cpu, w, p, 4);
}
