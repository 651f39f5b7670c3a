// What processor this is. Only what the kernel makes use of.
import { cpuid, read_eflags, write_eflags } from "~lib/cpu";
import { printk } from "../lib/printk";

const EFLAGS_ID: u32 = 0x200000;

/** Feature bits of CPUID leaf 1, EDX. */
export const CPUID_FPU: u32 = 1 << 0;
export const CPUID_PGE: u32 = 1 << 13;
export const CPUID_FXSR: u32 = 1 << 24;
export const CPUID_SSE: u32 = 1 << 25;

let features: u32 = 0;
let known: bool = false;

/** A 386 or early 486 cannot flip EFLAGS.ID and has no CPUID. */
export function has_cpuid(): bool {
  const before = read_eflags();
  write_eflags(before ^ EFLAGS_ID);
  const after = read_eflags();
  write_eflags(before);
  return ((before ^ after) & EFLAGS_ID) != 0;
}

export function cpu_features(): u32 {
  if (!known) {
    known = true;
    if (has_cpuid()) {
      const out = changetype<Arr<u32>>(alloca(16));
      cpuid(1, 0, addr(out));
      features = out[3];
    }
  }
  return features;
}

/** The one kind of line that may differ between machines; it begins with `cpu: `. */
export function cpu_report(): void {
  if (!has_cpuid()) {
    printk("cpu: no CPUID\n");
    return;
  }
  const out = changetype<Arr<u32>>(alloca(16));
  const vendor = changetype<Arr<u32>>(alloca(16));
  cpuid(0, 0, addr(out));
  vendor[0] = out[1];
  vendor[1] = out[3];
  vendor[2] = out[2];
  vendor[3] = 0;
  cpuid(1, 0, addr(out));
  printk(
    "cpu: %s, family %u model %u stepping %u, features %p\n",
    addr(vendor),
    (out[0] >> 8) & 15,
    (out[0] >> 4) & 15,
    out[0] & 15,
    out[3],
  );
}
