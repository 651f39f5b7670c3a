import { binary16, binary8, unary16, unary8 } from "./arithmetic.ts";
import { Header } from "./block_cache.ts";
import type { Cpu } from "./cpu.ts";
import { carry, condition, Flag, FlagKind } from "./flags.ts";
import { handlers } from "./handlers.ts";
import { Region, State } from "./layout.ts";
import { checkWrite, read16, read32, read8, write16, write32, write8 } from "./memory.ts";
import { Op } from "./operation.ts";
import { nextBlock } from "./run.ts";
import { segmentAddress, offset16 } from "./segment_access.ts";
import { shift32 } from "./shift.ts";

/**
 * Executes decoded blocks from operation `start` until something needs the run loop: a fault (State.FAULT), the end of
 * the slice, or an instruction that ends its block with a handler.
 *
 * This is the hot function. V8 optimises it only while its bytecode stays below 60 KiB, and it is compiled while the
 * guest runs, so it holds common operations only; everything else is behind the call in `default`. All state is in
 * the arena (one typed array), so that calls see it and leaving is free. Repetition between cases is deliberate.
 */
export function execute(cpu: Cpu, start: number): void {
  const m = cpu.m;
  const m8 = cpu.m8;
  const m16 = cpu.m16;
  let readMask = m[State.READ_MASK];
  let writeMask = m[State.WRITE_MASK];
  let p = start;
  let link = 0;
  for (;;) {
    inPage: {
      const w = m[p];
      switch (w & 0x3ff) {
        case Op.RESYNC:
          m[State.EIP] = (m[State.EIP] + (m[p + 3] & 0xfff)) | 0;
          m[State.BUDGET] += m[p + 3] >>> 16;
          cpu.unpatch();
          p = nextBlock(cpu, 0);
          if (p === 0) return;
          continue;
        case Op.CHECK_LINK:
          link = p + 1;
          break;
        case Op.CONTINUE:
          m[State.EIP] = (m[State.EIP] + m[p + 4]) | 0;
          link = p + 5;
          break inPage;
        case Op.SEGMENT:
          segmentAddress(cpu, w, p);
          if (m[State.FAULT] !== 0) return;
          p += 4;
          continue;
        case Op.OFFSET16:
          m[State.ADDRESS] = offset16(m, w, p);
          p += 4;
          continue;

        case Op.MOV_RR:
          m[(w >>> 10) & 63] = m[(w >>> 16) & 63];
          p += 4;
          continue;
        case Op.MOV_RI:
          m[(w >>> 10) & 63] = m[p + 2];
          p += 4;
          continue;
        case Op.MOV16_RR:
          m16[(w >>> 10) & 63] = m16[(w >>> 16) & 63];
          p += 4;
          continue;
        case Op.MOV16_RI:
          m16[(w >>> 10) & 63] = m[p + 2];
          p += 4;
          continue;
        case Op.MOV8_RR:
          m8[(w >>> 10) & 63] = m8[(w >>> 16) & 63];
          p += 4;
          continue;
        case Op.MOV8_RI:
          m8[(w >>> 10) & 63] = m[p + 2];
          p += 4;
          continue;
        case Op.LEA:
          m[(w >>> 10) & 63] = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          p += 4;
          continue;
        case Op.LOAD32: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if (((e & readMask) | (a & 3)) === 0) {
            m[(w >>> 10) & 63] = m[((e & ~0xfff) ^ a) >> 2];
          } else {
            const v = read32(cpu, a, p);
            if (m[State.FAULT] !== 0) return;
            m[(w >>> 10) & 63] = v;
          }
          p += 4;
          continue;
        }
        case Op.LOAD16: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const v = read16(cpu, a, p);
          if (m[State.FAULT] !== 0) return;
          m16[(w >>> 10) & 63] = v;
          p += 4;
          continue;
        }
        case Op.LOAD8: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if ((e & readMask) === 0) {
            m8[(w >>> 10) & 63] = m8[(e & ~0xfff) ^ a];
          } else {
            const v = read8(cpu, a, p);
            if (m[State.FAULT] !== 0) return;
            m8[(w >>> 10) & 63] = v;
          }
          p += 4;
          continue;
        }
        case Op.STORE32: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if (((e & writeMask) | (a & 3)) === 0) {
            m[((e & ~0xfff) ^ a) >> 2] = m[(w >>> 10) & 63];
          } else {
            write32(cpu, a, m[(w >>> 10) & 63], p);
            if (m[State.FAULT] !== 0) return;
          }
          p += 4;
          continue;
        }
        case Op.STORE16: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          write16(cpu, a, m16[(w >>> 10) & 63], p);
          if (m[State.FAULT] !== 0) return;
          p += 4;
          continue;
        }
        case Op.STORE8: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if ((e & writeMask) === 0) {
            m8[(e & ~0xfff) ^ a] = m8[(w >>> 10) & 63];
          } else {
            write8(cpu, a, m8[(w >>> 10) & 63], p);
            if (m[State.FAULT] !== 0) return;
          }
          p += 4;
          continue;
        }
        case Op.STORE32_I: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if (((e & writeMask) | (a & 3)) === 0) {
            m[((e & ~0xfff) ^ a) >> 2] = m[p + 2];
          } else {
            write32(cpu, a, m[p + 2], p);
            if (m[State.FAULT] !== 0) return;
          }
          p += 4;
          continue;
        }
        case Op.STORE16_I: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          write16(cpu, a, m[p + 2], p);
          if (m[State.FAULT] !== 0) return;
          p += 4;
          continue;
        }
        case Op.STORE8_I: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          write8(cpu, a, m[p + 2], p);
          if (m[State.FAULT] !== 0) return;
          p += 4;
          continue;
        }
        case Op.MODIFY32: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          m[State.ADDRESS] = a;
          if (((e & writeMask) | (a & 3)) === 0) {
            m[State.TEMP] = m[((e & ~0xfff) ^ a) >> 2];
          } else {
            if (!checkWrite(cpu, a, 4, p)) return;
            m[State.TEMP] = read32(cpu, a, p);
          }
          p += 4;
          continue;
        }
        case Op.MODIFY16: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          m[State.ADDRESS] = a;
          if (!checkWrite(cpu, a, 2, p)) return;
          m[State.TEMP] = read16(cpu, a, p);
          p += 4;
          continue;
        }
        case Op.MODIFY8: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          m[State.ADDRESS] = a;
          if (!checkWrite(cpu, a, 1, p)) return;
          m[State.TEMP] = read8(cpu, a, p);
          p += 4;
          continue;
        }
        case Op.STOREBACK32: {
          const a = m[State.ADDRESS];
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if (((e & writeMask) | (a & 3)) === 0) m[((e & ~0xfff) ^ a) >> 2] = m[State.TEMP];
          else write32(cpu, a, m[State.TEMP], p);
          p += 4;
          continue;
        }
        case Op.STOREBACK16:
          write16(cpu, m[State.ADDRESS], m[State.TEMP], p);
          p += 4;
          continue;
        case Op.STOREBACK8:
          write8(cpu, m[State.ADDRESS], m[State.TEMP], p);
          p += 4;
          continue;
        case Op.LOAD_ZX8: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if ((e & readMask) === 0) {
            m[(w >>> 10) & 63] = m8[(e & ~0xfff) ^ a];
          } else {
            const v = read8(cpu, a, p);
            if (m[State.FAULT] !== 0) return;
            m[(w >>> 10) & 63] = v;
          }
          p += 4;
          continue;
        }
        case Op.LOAD_SX8: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if ((e & readMask) === 0) {
            m[(w >>> 10) & 63] = (m8[(e & ~0xfff) ^ a] << 24) >> 24;
          } else {
            const v = read8(cpu, a, p);
            if (m[State.FAULT] !== 0) return;
            m[(w >>> 10) & 63] = (v << 24) >> 24;
          }
          p += 4;
          continue;
        }
        case Op.LOAD_ZX16: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const v = read16(cpu, a, p);
          if (m[State.FAULT] !== 0) return;
          m[(w >>> 10) & 63] = v;
          p += 4;
          continue;
        }
        case Op.LOAD_SX16: {
          const a = (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0;
          const v = read16(cpu, a, p);
          if (m[State.FAULT] !== 0) return;
          m[(w >>> 10) & 63] = (v << 16) >> 16;
          p += 4;
          continue;
        }
        case Op.MOVZX8:
          m[(w >>> 10) & 63] = m8[(w >>> 16) & 63];
          p += 4;
          continue;
        case Op.MOVSX8:
          m[(w >>> 10) & 63] = (m8[(w >>> 16) & 63] << 24) >> 24;
          p += 4;
          continue;
        case Op.MOVZX16:
          m[(w >>> 10) & 63] = m16[(w >>> 16) & 63];
          p += 4;
          continue;
        case Op.MOVSX16:
          m[(w >>> 10) & 63] = (m16[(w >>> 16) & 63] << 16) >> 16;
          p += 4;
          continue;
        case Op.XCHG_RR: {
          const v = m[(w >>> 10) & 63];
          m[(w >>> 10) & 63] = m[(w >>> 16) & 63];
          m[(w >>> 16) & 63] = v;
          p += 4;
          continue;
        }

        case Op.ADD_RR: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const r = (a + m[(w >>> 16) & 63]) | 0;
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.ADD;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.ADD_RI: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const r = (a + m[p + 2]) | 0;
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.ADD;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.ADD_RM: {
          const v = read32(cpu, (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          const d = (w >>> 10) & 63;
          const a = m[d];
          const r = (a + v) | 0;
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.ADD;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.OR_RR: {
          const d = (w >>> 10) & 63;
          const r = m[d] | m[(w >>> 16) & 63];
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.OR_RI: {
          const d = (w >>> 10) & 63;
          const r = m[d] | m[p + 2];
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.OR_RM: {
          const v = read32(cpu, (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          const d = (w >>> 10) & 63;
          const r = m[d] | v;
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.ADC_RR: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const c = carry(m);
          const r = (a + m[(w >>> 16) & 63] + c) | 0;
          m[d] = r;
          m[State.FLAG_KIND] = c !== 0 ? FlagKind.ADC : FlagKind.ADD;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.ADC_RI: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const c = carry(m);
          const r = (a + m[p + 2] + c) | 0;
          m[d] = r;
          m[State.FLAG_KIND] = c !== 0 ? FlagKind.ADC : FlagKind.ADD;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.SBB_RR: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const b = m[(w >>> 16) & 63];
          const c = carry(m);
          m[d] = (a - b - c) | 0;
          m[State.FLAG_KIND] = c !== 0 ? FlagKind.SBB : FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          p += 4;
          continue;
        }
        case Op.SBB_RI: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const b = m[p + 2];
          const c = carry(m);
          m[d] = (a - b - c) | 0;
          m[State.FLAG_KIND] = c !== 0 ? FlagKind.SBB : FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          p += 4;
          continue;
        }
        case Op.AND_RR: {
          const d = (w >>> 10) & 63;
          const r = m[d] & m[(w >>> 16) & 63];
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.AND_RI: {
          const d = (w >>> 10) & 63;
          const r = m[d] & m[p + 2];
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.AND_RM: {
          const v = read32(cpu, (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          const d = (w >>> 10) & 63;
          const r = m[d] & v;
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.SUB_RR: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const b = m[(w >>> 16) & 63];
          m[d] = (a - b) | 0;
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          p += 4;
          continue;
        }
        case Op.SUB_RI: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const b = m[p + 2];
          m[d] = (a - b) | 0;
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          p += 4;
          continue;
        }
        case Op.SUB_RM: {
          const b = read32(cpu, (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          const d = (w >>> 10) & 63;
          const a = m[d];
          m[d] = (a - b) | 0;
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          p += 4;
          continue;
        }
        case Op.XOR_RR: {
          const d = (w >>> 10) & 63;
          const r = m[d] ^ m[(w >>> 16) & 63];
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.XOR_RI: {
          const d = (w >>> 10) & 63;
          const r = m[d] ^ m[p + 2];
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.XOR_RM: {
          const v = read32(cpu, (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          const d = (w >>> 10) & 63;
          const r = m[d] ^ v;
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.CMP_RR:
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = m[(w >>> 10) & 63];
          m[State.FLAG_B] = m[(w >>> 16) & 63];
          p += 4;
          continue;
        case Op.CMP_RI:
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = m[(w >>> 10) & 63];
          m[State.FLAG_B] = m[p + 2];
          p += 4;
          continue;
        case Op.CMP_RM: {
          const v = read32(cpu, (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = m[(w >>> 10) & 63];
          m[State.FLAG_B] = v;
          p += 4;
          continue;
        }
        case Op.CMP_MR: {
          const v = read32(cpu, (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = v;
          m[State.FLAG_B] = m[(w >>> 10) & 63];
          p += 4;
          continue;
        }
        case Op.CMP_MI: {
          const v = read32(cpu, (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = v;
          m[State.FLAG_B] = m[p + 2];
          p += 4;
          continue;
        }
        case Op.TEST_RR:
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = m[(w >>> 10) & 63] & m[(w >>> 16) & 63];
          p += 4;
          continue;
        case Op.TEST_RI:
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = m[(w >>> 10) & 63] & m[p + 2];
          p += 4;
          continue;
        case Op.INC_R: {
          const d = (w >>> 10) & 63;
          const r = (m[d] + 1) | 0;
          m[State.EFLAGS] = (m[State.EFLAGS] & ~Flag.CF) | carry(m);
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.INC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.DEC_R: {
          const d = (w >>> 10) & 63;
          const r = (m[d] - 1) | 0;
          m[State.EFLAGS] = (m[State.EFLAGS] & ~Flag.CF) | carry(m);
          m[d] = r;
          m[State.FLAG_KIND] = FlagKind.DEC;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.NEG_R: {
          const d = (w >>> 10) & 63;
          const b = m[d];
          m[d] = -b | 0;
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = 0;
          m[State.FLAG_B] = b;
          p += 4;
          continue;
        }
        case Op.NOT_R:
          m[(w >>> 10) & 63] = ~m[(w >>> 10) & 63];
          p += 4;
          continue;
        // Shifts by an immediate of 1..31: OF as the P6 leaves it for any count (SDM defines it for 1).
        case Op.SHL_RI: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const n = m[p + 2];
          const r = a << n;
          m[d] = r;
          const c = (a >>> (32 - n)) & 1;
          m[State.EFLAGS] = (m[State.EFLAGS] & ~Flag.CARRIES) | c | (((r >>> 31) ^ c) << 11);
          m[State.FLAG_KIND] = FlagKind.RESULT;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.SHR_RI: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const n = m[p + 2];
          const r = (a >>> n) | 0;
          m[d] = r;
          const of = ((r << 1) ^ r) >>> 31;
          m[State.EFLAGS] = (m[State.EFLAGS] & ~Flag.CARRIES) | ((a >>> (n - 1)) & 1) | (of << 11);
          m[State.FLAG_KIND] = FlagKind.RESULT;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.SAR_RI: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const n = m[p + 2];
          const r = a >> n;
          m[d] = r;
          m[State.EFLAGS] = (m[State.EFLAGS] & ~Flag.CARRIES) | ((a >> (n - 1)) & 1);
          m[State.FLAG_KIND] = FlagKind.RESULT;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.IMUL_RR: {
          const d = (w >>> 10) & 63;
          const a = m[d];
          const b = m[(w >>> 16) & 63];
          const r = Math.imul(a, b);
          m[d] = r;
          m[State.EFLAGS] = (m[State.EFLAGS] & ~Flag.CARRIES) | (a * b !== r ? Flag.CF | Flag.OF : 0);
          m[State.FLAG_KIND] = FlagKind.RESULT;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.IMUL_RRI: {
          const a = m[(w >>> 16) & 63];
          const b = m[p + 2];
          const r = Math.imul(a, b);
          m[(w >>> 10) & 63] = r;
          m[State.EFLAGS] = (m[State.EFLAGS] & ~Flag.CARRIES) | (a * b !== r ? Flag.CF | Flag.OF : 0);
          m[State.FLAG_KIND] = FlagKind.RESULT;
          m[State.FLAG_B] = r;
          p += 4;
          continue;
        }
        case Op.BINARY16_RR: {
          const d = (w >>> 10) & 63;
          m16[d] = binary16(m, m[p + 1], m16[d], m16[(w >>> 16) & 63]);
          p += 4;
          continue;
        }
        case Op.BINARY16_RI: {
          const d = (w >>> 10) & 63;
          m16[d] = binary16(m, m[p + 1], m16[d], m[p + 2]);
          p += 4;
          continue;
        }
        case Op.BINARY8_RR: {
          const d = (w >>> 10) & 63;
          m8[d] = binary8(m, m[p + 1], m8[d], m8[(w >>> 16) & 63]);
          p += 4;
          continue;
        }
        case Op.BINARY8_RI: {
          const d = (w >>> 10) & 63;
          m8[d] = binary8(m, m[p + 1], m8[d], m[p + 2]);
          p += 4;
          continue;
        }
        case Op.CMP8_RR:
          m[State.FLAG_KIND] = FlagKind.SUB8;
          m[State.FLAG_A] = (m8[(w >>> 10) & 63] << 24) >> 24;
          m[State.FLAG_B] = (m8[(w >>> 16) & 63] << 24) >> 24;
          p += 4;
          continue;
        case Op.CMP8_RI:
          m[State.FLAG_KIND] = FlagKind.SUB8;
          m[State.FLAG_A] = (m8[(w >>> 10) & 63] << 24) >> 24;
          m[State.FLAG_B] = m[p + 2];
          p += 4;
          continue;
        case Op.TEST8_RR:
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = ((m8[(w >>> 10) & 63] & m8[(w >>> 16) & 63]) << 24) >> 24;
          p += 4;
          continue;
        case Op.TEST8_RI:
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = ((m8[(w >>> 10) & 63] & m[p + 2]) << 24) >> 24;
          p += 4;
          continue;
        case Op.UNARY16_R: {
          const d = (w >>> 10) & 63;
          m16[d] = unary16(m, m[p + 1], m16[d]);
          p += 4;
          continue;
        }
        case Op.UNARY8_R: {
          const d = (w >>> 10) & 63;
          m8[d] = unary8(m, m[p + 1], m8[d]);
          p += 4;
          continue;
        }
        case Op.SHIFT32_RR: {
          const d = (w >>> 10) & 63;
          m[d] = shift32(m, m[p + 1], m[d], m8[(w >>> 16) & 63]);
          p += 4;
          continue;
        }
        case Op.SHIFT32_RI: {
          const d = (w >>> 10) & 63;
          m[d] = shift32(m, m[p + 1], m[d], m[p + 2]);
          p += 4;
          continue;
        }
        case Op.SETCC:
          m8[(w >>> 10) & 63] = condition(m, m[p + 2]) ? 1 : 0;
          p += 4;
          continue;
        case Op.CMOVCC:
          if (condition(m, m[p + 2])) m[(w >>> 10) & 63] = m[(w >>> 16) & 63];
          p += 4;
          continue;
        case Op.CDQ:
          m[State.EDX] = m[State.EAX] >> 31;
          p += 4;
          continue;
        case Op.CWDE:
          m[State.EAX] = (m[State.EAX] << 16) >> 16;
          p += 4;
          continue;
        case Op.NOP:
          p += 4;
          continue;

        case Op.PUSH_R: {
          const a = (m[State.ESP] - 4) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if (((e & writeMask) | (a & 3)) === 0) {
            m[((e & ~0xfff) ^ a) >> 2] = m[(w >>> 10) & 63];
          } else {
            write32(cpu, a, m[(w >>> 10) & 63], p);
            if (m[State.FAULT] !== 0) return;
          }
          m[State.ESP] = a;
          p += 4;
          continue;
        }
        case Op.PUSH_I: {
          const a = (m[State.ESP] - 4) | 0;
          write32(cpu, a, m[p + 2], p);
          if (m[State.FAULT] !== 0) return;
          m[State.ESP] = a;
          p += 4;
          continue;
        }
        case Op.PUSH_M: {
          const v = read32(cpu, (m[(w >>> 22) & 15] + (m[(w >>> 26) & 15] << (w >>> 30)) + m[p + 1]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          const a = (m[State.ESP] - 4) | 0;
          write32(cpu, a, v, p);
          if (m[State.FAULT] !== 0) return;
          m[State.ESP] = a;
          p += 4;
          continue;
        }
        case Op.POP_R: {
          const a = m[State.ESP];
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if (((e & readMask) | (a & 3)) === 0) {
            m[State.ESP] = (a + 4) | 0;
            m[(w >>> 10) & 63] = m[((e & ~0xfff) ^ a) >> 2];
          } else {
            const v = read32(cpu, a, p);
            if (m[State.FAULT] !== 0) return;
            m[State.ESP] = (a + 4) | 0;
            m[(w >>> 10) & 63] = v;
          }
          p += 4;
          continue;
        }
        case Op.LEAVE: {
          const a = m[State.EBP];
          const v = read32(cpu, a, p);
          if (m[State.FAULT] !== 0) return;
          m[State.ESP] = (a + 4) | 0;
          m[State.EBP] = v;
          p += 4;
          continue;
        }

        case Op.JMP:
          m[State.EIP] = (m[State.EIP] + m[p + 4]) | 0;
          link = p + 5;
          break inPage;
        case Op.JMP_R:
          m[State.EIP] = m[(w >>> 10) & 63];
          link = p + 5;
          break;
        case Op.CALL: {
          const eip = m[State.EIP];
          const a = (m[State.ESP] - 4) | 0;
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if (((e & writeMask) | (a & 3)) === 0) {
            m[((e & ~0xfff) ^ a) >> 2] = eip + m[p + 6];
          } else {
            write32(cpu, a, (eip + m[p + 6]) | 0, p);
            if (m[State.FAULT] !== 0) return;
          }
          m[State.ESP] = a;
          m[State.EIP] = (eip + m[p + 4]) | 0;
          link = p + 5;
          break inPage;
        }
        case Op.CALL_R: {
          const target = m[(w >>> 10) & 63];
          const a = (m[State.ESP] - 4) | 0;
          write32(cpu, a, (m[State.EIP] + m[p + 6]) | 0, p);
          if (m[State.FAULT] !== 0) return;
          m[State.ESP] = a;
          m[State.EIP] = target;
          link = p + 5;
          break;
        }
        case Op.RET: {
          const a = m[State.ESP];
          const e = m[Region.TLB_WORD + (a >>> 12)];
          if (((e & readMask) | (a & 3)) === 0) {
            m[State.EIP] = m[((e & ~0xfff) ^ a) >> 2];
          } else {
            const v = read32(cpu, a, p);
            if (m[State.FAULT] !== 0) return;
            m[State.EIP] = v;
          }
          m[State.ESP] = (a + 4) | 0;
          link = p + 5;
          break;
        }
        case Op.RET_I: {
          const a = m[State.ESP];
          const v = read32(cpu, a, p);
          if (m[State.FAULT] !== 0) return;
          m[State.EIP] = v;
          m[State.ESP] = (a + 4 + m[p + 2]) | 0;
          link = p + 5;
          break;
        }
        case Op.JCC:
          link = condition(m, (w >>> 10) & 15) ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JZ_RESULT:
          link = m[State.FLAG_B] === 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JNZ_RESULT:
          link = m[State.FLAG_B] !== 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JS_RESULT:
          link = m[State.FLAG_B] < 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JNS_RESULT:
          link = m[State.FLAG_B] >= 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JLE_LOGIC:
          link = m[State.FLAG_B] <= 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JG_LOGIC:
          link = m[State.FLAG_B] > 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JZ_SUB:
          link = m[State.FLAG_A] === m[State.FLAG_B] ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JNZ_SUB:
          link = m[State.FLAG_A] !== m[State.FLAG_B] ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JB_SUB:
          link = m[State.FLAG_A] >>> 0 < m[State.FLAG_B] >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JAE_SUB:
          link = m[State.FLAG_A] >>> 0 >= m[State.FLAG_B] >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JBE_SUB:
          link = m[State.FLAG_A] >>> 0 <= m[State.FLAG_B] >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JA_SUB:
          link = m[State.FLAG_A] >>> 0 > m[State.FLAG_B] >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JL_SUB:
          link = m[State.FLAG_A] < m[State.FLAG_B] ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JGE_SUB:
          link = m[State.FLAG_A] >= m[State.FLAG_B] ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JLE_SUB:
          link = m[State.FLAG_A] <= m[State.FLAG_B] ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.JG_SUB:
          link = m[State.FLAG_A] > m[State.FLAG_B] ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        case Op.CMP_JZ_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a === b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JNZ_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a !== b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JB_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >>> 0 < b >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JAE_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >>> 0 >= b >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JBE_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >>> 0 <= b >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JA_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >>> 0 > b >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JL_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a < b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JGE_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >= b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JLE_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a <= b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JG_RR: {
          const a = m[(w >>> 10) & 63];
          const b = m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a > b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JZ_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a === b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JNZ_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a !== b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JB_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >>> 0 < b >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JAE_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >>> 0 >= b >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JBE_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >>> 0 <= b >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JA_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >>> 0 > b >>> 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JL_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a < b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JGE_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a >= b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JLE_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a <= b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.CMP_JG_RI: {
          const a = m[(w >>> 10) & 63];
          const b = m[p + 2];
          m[State.FLAG_KIND] = FlagKind.SUB;
          m[State.FLAG_A] = a;
          m[State.FLAG_B] = b;
          link = a > b ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.TEST_JZ_RR: {
          const r = m[(w >>> 10) & 63] & m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          link = r === 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.TEST_JNZ_RR: {
          const r = m[(w >>> 10) & 63] & m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          link = r !== 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.TEST_JS_RR: {
          const r = m[(w >>> 10) & 63] & m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          link = r < 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.TEST_JNS_RR: {
          const r = m[(w >>> 10) & 63] & m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          link = r >= 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.TEST_JLE_RR: {
          const r = m[(w >>> 10) & 63] & m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          link = r <= 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        case Op.TEST_JG_RR: {
          const r = m[(w >>> 10) & 63] & m[(w >>> 16) & 63];
          m[State.FLAG_KIND] = FlagKind.LOGIC;
          m[State.FLAG_B] = r;
          link = r > 0 ? p + 4 : p + 6;
          m[State.EIP] = (m[State.EIP] + m[link]) | 0;
          link++;
          break inPage;
        }
        default: {
          const op = w & 0x3ff;
          cpu.p = p;
          m[State.NEXT_EIP] = (m[State.EIP] + (m[p + 3] & 0xfff) + ((m[p + 3] >>> 12) & 15)) | 0;
          handlers[op - Op.HANDLER](cpu, w, p);
          if (m[State.FAULT] !== 0) return;
          if (op < Op.ENDING_HANDLER) {
            p += 4;
            continue;
          }
          // The block is over. Mode and privilege level may have changed, interrupts may be let in.
          cpu.p = 0;
          const linear = m[State.NEXT_EIP];
          m[State.EIP] = linear;
          if (cpu.attention || cpu.alone || (m[State.INTERRUPT_LINE] | m[State.NMI] | m[State.SHADOW]) !== 0) return;
          readMask = m[State.READ_MASK];
          writeMask = m[State.WRITE_MASK];
          const t = m[p + 5];
          const e = m[Region.TLB_WORD + (linear >>> 12)];
          if ((e & readMask) === 0 && ((e & ~0xfff) ^ linear) === m[t + Header.POSITION]) {
            const budget = m[State.BUDGET] - m[t + Header.COUNT];
            if (budget >= 0 && m[t + Header.MODE] === m[State.MODE]) {
              m[State.BUDGET] = budget;
              p = t;
              continue;
            }
          }
          p = nextBlock(cpu, p + 5);
          if (p === 0) return;
          continue;
        }
      }
      // Indirect and far links: enter the linked block if EIP still leads to it.
      const t = m[link];
      const linear = m[State.EIP];
      const e = m[Region.TLB_WORD + (linear >>> 12)];
      if ((e & readMask) === 0 && ((e & ~0xfff) ^ linear) === m[t + Header.POSITION]) {
        const budget = m[State.BUDGET] - m[t + Header.COUNT];
        if (budget >= 0) {
          m[State.BUDGET] = budget;
          p = t;
          continue;
        }
      }
      p = nextBlock(cpu, link);
      if (p === 0) return;
      continue;
    }
    // Direct link within the page.
    const t = m[link];
    const budget = m[State.BUDGET] - m[t + Header.COUNT];
    if (budget >= 0) {
      m[State.BUDGET] = budget;
      p = t;
    } else {
      p = nextBlock(cpu, link);
      if (p === 0) return;
    }
  }
}
