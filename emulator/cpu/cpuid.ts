import type { Cpu } from "./cpu.ts";
import { State } from "./layout.ts";

/**
 * CPUID claims exactly what works. Feature bits of leaf 1 (EDX); grow this with the processor.
 */
const enum Feature {
  FPU = 1 << 0,
  DE = 1 << 2,
  PSE = 1 << 3,
  TSC = 1 << 4,
  MSR = 1 << 5,
  CX8 = 1 << 8,
  SEP = 1 << 11,
  PGE = 1 << 13,
  CMOV = 1 << 15,
  FXSR = 1 << 24,
}

const FEATURES =
  Feature.FPU |
  Feature.PSE |
  Feature.TSC |
  Feature.MSR |
  Feature.CX8 |
  Feature.SEP |
  Feature.PGE |
  Feature.CMOV |
  Feature.FXSR;

/** Family 6, model 5, stepping 2: a Pentium II, the first whose SYSENTER software trusts. */
const SIGNATURE = 0x652;

/** Four characters, little-endian. */
function text(four: string): number {
  return four.charCodeAt(0) | (four.charCodeAt(1) << 8) | (four.charCodeAt(2) << 16) | (four.charCodeAt(3) << 24);
}

const VENDOR = [text("Genu"), text("ineI"), text("ntel")];
const BRAND = "Faultline i686 interpreter".padEnd(48, "\0");

export function identify(cpu: Cpu): void {
  const m = cpu.m;
  let eax = 0;
  let ebx = 0;
  let ecx = 0;
  let edx = 0;
  const leaf = m[State.EAX] >>> 0;
  if (leaf === 0) {
    eax = 1;
    ebx = VENDOR[0];
    edx = VENDOR[1];
    ecx = VENDOR[2];
  } else if (leaf === 0x80000000) {
    eax = 0x80000004;
  } else if (leaf >= 0x80000002 && leaf <= 0x80000004) {
    const at = (leaf - 0x80000002) * 16;
    eax = text(BRAND.slice(at, at + 4));
    ebx = text(BRAND.slice(at + 4, at + 8));
    ecx = text(BRAND.slice(at + 8, at + 12));
    edx = text(BRAND.slice(at + 12, at + 16));
  } else if (leaf !== 0x80000001) {
    // Leaf 1, and what a leaf beyond the last basic one returns: the last basic one.
    eax = SIGNATURE;
    edx = FEATURES;
  }
  m[State.EAX] = eax;
  m[State.EBX] = ebx;
  m[State.ECX] = ecx;
  m[State.EDX] = edx;
}
