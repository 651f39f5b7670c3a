import type { Cpu } from "./cpu.ts";
import { raise, Vector } from "./exception.ts";
import { eflags, Flag, setFlags } from "./flags.ts";
import { State } from "./layout.ts";
import { Record } from "./operation.ts";

/* DAA DAS AAA AAS AAM AAD, SAHF LAHF SALC. Undefined flags as the P6 leaves them. */

const AL = State.EAX * 4;
const AH = AL + 1;

function setLogicFlags(cpu: Cpu, value: number, carries: number, mask: number): void {
  const v = (value << 24) >> 24;
  const even = ((0x9669 >>> ((v ^ (v >>> 4)) & 15)) & 1) !== 0;
  const flags = (v === 0 ? Flag.ZF : 0) | (v < 0 ? Flag.SF : 0) | (even ? Flag.PF : 0) | carries;
  setFlags(cpu.m, Flag.ZF | Flag.SF | Flag.PF | mask, flags);
}

export function decimalAdjustAdd(cpu: Cpu): void {
  const flags = eflags(cpu.m);
  const old = cpu.m8[AL];
  let al = old;
  let carries = 0;
  if ((old & 15) > 9 || (flags & Flag.AF) !== 0) {
    al += 6;
    carries |= Flag.AF;
  }
  if (old > 0x99 || (flags & Flag.CF) !== 0) {
    al += 0x60;
    carries |= Flag.CF;
  }
  cpu.m8[AL] = al;
  setLogicFlags(cpu, al, carries, Flag.AF | Flag.CF | Flag.OF);
}

export function decimalAdjustSubtract(cpu: Cpu): void {
  const flags = eflags(cpu.m);
  const old = cpu.m8[AL];
  let al = old;
  let carries = 0;
  if ((old & 15) > 9 || (flags & Flag.AF) !== 0) {
    if (al < 6) carries |= Flag.CF;
    al -= 6;
    carries |= Flag.AF;
  }
  if (old > 0x99 || (flags & Flag.CF) !== 0) {
    al -= 0x60;
    carries |= Flag.CF;
  }
  cpu.m8[AL] = al;
  setLogicFlags(cpu, al, carries, Flag.AF | Flag.CF | Flag.OF);
}

export function asciiAdjustAdd(cpu: Cpu): void {
  asciiAdjust(cpu, 0x106);
}

export function asciiAdjustSubtract(cpu: Cpu): void {
  asciiAdjust(cpu, -0x106);
}

function asciiAdjust(cpu: Cpu, step: number): void {
  const flags = eflags(cpu.m);
  let carries = 0;
  if ((cpu.m8[AL] & 15) > 9 || (flags & Flag.AF) !== 0) {
    cpu.m16[State.EAX * 2] += step;
    carries = Flag.AF | Flag.CF;
  }
  cpu.m8[AL] &= 15;
  setLogicFlags(cpu, cpu.m8[AL], carries, Flag.AF | Flag.CF | Flag.OF);
}

/** AAM imm8: divides, so a zero immediate is #DE. */
export function asciiAdjustMultiply(cpu: Cpu, _w: number, p: number): void {
  const base = cpu.m[p + Record.IMMEDIATE] & 0xff;
  if (base === 0) {
    raise(cpu.m, Vector.DE);
    return;
  }
  const al = cpu.m8[AL];
  cpu.m8[AH] = Math.floor(al / base);
  cpu.m8[AL] = al % base;
  setLogicFlags(cpu, cpu.m8[AL], 0, Flag.AF | Flag.CF | Flag.OF);
}

export function asciiAdjustDivide(cpu: Cpu, _w: number, p: number): void {
  const al = (cpu.m8[AL] + cpu.m8[AH] * (cpu.m[p + Record.IMMEDIATE] & 0xff)) & 0xff;
  cpu.m16[State.EAX * 2] = al;
  setLogicFlags(cpu, al, 0, Flag.AF | Flag.CF | Flag.OF);
}

const AH_FLAGS = Flag.SF | Flag.ZF | Flag.AF | Flag.PF | Flag.CF;

export function storeAhIntoFlags(cpu: Cpu): void {
  setFlags(cpu.m, AH_FLAGS, cpu.m8[AH]);
}

export function loadAhFromFlags(cpu: Cpu): void {
  cpu.m8[AH] = eflags(cpu.m);
}

/** SALC, undocumented but in every Intel processor: AL = CF ? FFh : 0. */
export function setAlFromCarry(cpu: Cpu): void {
  cpu.m8[AL] = (eflags(cpu.m) & Flag.CF) !== 0 ? 0xff : 0;
}
