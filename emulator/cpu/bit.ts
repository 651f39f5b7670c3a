import type { Cpu } from "./cpu.ts";
import { eflags, Flag, FlagKind, setFlags } from "./flags.ts";
import { State } from "./layout.ts";
import { Record } from "./operation.ts";

/* BT BTS BTR BTC BSF BSR BSWAP. Memory operands come in State.TEMP (the decoder's MODIFY and STOREBACK). */

/** Low two bits of the operation, as in the opcode's /digit 4-7. */
export const enum BitTest {
  BT = 0,
  BTS = 1,
  BTR = 2,
  BTC = 3,
}

function bitTest(m: Int32Array, operation: number, value: number, bit: number): number {
  const mask = 1 << bit;
  setFlags(m, Flag.CF, (value >>> bit) & 1);
  switch (operation) {
    case BitTest.BTS:
      return value | mask;
    case BitTest.BTR:
      return value & ~mask;
    case BitTest.BTC:
      return value ^ mask;
    default:
      return value;
  }
}

/** Operation in the displacement word, bit number in the word at src. */
export function bitTest32(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const d = (w >>> Record.DST_SHIFT) & 63;
  m[d] = bitTest(m, m[p + Record.DISPLACEMENT], m[d], m[(w >>> Record.SRC_SHIFT) & 63] & 31);
}

export function bitTest16(cpu: Cpu, w: number, p: number): void {
  const m = cpu.m;
  const d = (w >>> Record.DST_SHIFT) & 63;
  cpu.m16[d] = bitTest(m, m[p + Record.DISPLACEMENT], cpu.m16[d], cpu.m16[(w >>> Record.SRC_SHIFT) & 63] & 15);
}

/**
 * The address of BT m, r is a bit string: adds the signed bit offset's whole operands to the effective address, in
 * State.ADDRESS. The register is the word at dst, the operand size in the immediate.
 */
export function bitStringOffset32(cpu: Cpu, w: number): void {
  const m = cpu.m;
  m[State.TEMP2] = (m[(w >>> Record.DST_SHIFT) & 63] >> 5) << 2;
}

export function bitStringOffset16(cpu: Cpu, w: number): void {
  const m = cpu.m;
  m[State.TEMP2] = ((cpu.m16[(w >>> Record.DST_SHIFT) & 63] << 16) >> 20) << 1;
}

/** BSF, BSR: source zero sets ZF and leaves the destination. The other flags: as the P6, from the source. */
export function bitScanForward32(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const value = m[(w >>> Record.SRC_SHIFT) & 63];
  if (scanFlags(m, value)) m[(w >>> Record.DST_SHIFT) & 63] = 31 - Math.clz32(value & -value);
}

export function bitScanForward16(cpu: Cpu, w: number): void {
  const value = cpu.m16[(w >>> Record.SRC_SHIFT) & 63];
  if (scanFlags(cpu.m, value)) cpu.m16[(w >>> Record.DST_SHIFT) & 63] = 31 - Math.clz32(value & -value);
}

export function bitScanReverse32(cpu: Cpu, w: number): void {
  const m = cpu.m;
  const value = m[(w >>> Record.SRC_SHIFT) & 63];
  if (scanFlags(m, value)) m[(w >>> Record.DST_SHIFT) & 63] = 31 - Math.clz32(value);
}

export function bitScanReverse16(cpu: Cpu, w: number): void {
  const value = cpu.m16[(w >>> Record.SRC_SHIFT) & 63];
  if (scanFlags(cpu.m, value)) cpu.m16[(w >>> Record.DST_SHIFT) & 63] = 31 - Math.clz32(value);
}

function scanFlags(m: Int32Array, value: number): boolean {
  setFlags(m, Flag.ZF, value === 0 ? Flag.ZF : 0);
  return value !== 0;
}

export function byteSwap32(cpu: Cpu, w: number): void {
  const d = (w >>> Record.DST_SHIFT) & 63;
  const v = cpu.m[d];
  cpu.m[d] = (v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);
}

/** With a 16-bit operand BSWAP is undefined; the P6 clears the register half. */
export function byteSwap16(cpu: Cpu, w: number): void {
  cpu.m16[(w >>> Record.DST_SHIFT) & 63] = 0;
}

/** CMC CLC STC CLD STD. */
export function complementCarry(cpu: Cpu): void {
  const m = cpu.m;
  m[State.EFLAGS] = eflags(m) ^ Flag.CF;
  m[State.FLAG_KIND] = FlagKind.EXPLICIT;
}

export function clearCarry(cpu: Cpu): void {
  setFlags(cpu.m, Flag.CF, 0);
}

export function setCarry(cpu: Cpu): void {
  setFlags(cpu.m, Flag.CF, Flag.CF);
}

export function clearDirection(cpu: Cpu): void {
  cpu.m[State.EFLAGS] &= ~Flag.DF;
}

export function setDirection(cpu: Cpu): void {
  cpu.m[State.EFLAGS] |= Flag.DF;
}
