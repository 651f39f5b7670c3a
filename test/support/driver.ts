/**
 * CPU tests are assembly text that runs on a driver: "emulator" is our processor, "native" the host's own (a 32-bit
 * process), "qemu" the TCG of qemu-system-i386. User-mode cases run on the first two, kernel cases on the first and the last.
 * Where drivers differ on a defined result, ours is wrong.
 */
import type { UserCase, UserResult } from "./driver_case.ts";
import { runEmulated } from "./driver_emulator.ts";
import { runNative } from "./driver_native.ts";

export { type GeneralName, type Registers, type UserCase, type UserResult, registerNames, UserSelector, Window } from "./driver_case.ts"; // prettier-ignore
export { whyNoNative } from "./driver_native.ts";
export { type KernelCase, type KernelDriver, type KernelResult, runKernelCase } from "./driver_kernel.ts";

export type UserDriver = "emulator" | "native";

/** Runs user-mode cases in one go; native ones share a process, so thousands at a time are best. */
export const runCases = (driver: UserDriver, cases: readonly UserCase[]): UserResult[] =>
  driver === "native" ? runNative(cases) : runEmulated(cases);

/** One user-mode case on one driver. */
export const runCase = (driver: UserDriver, test: UserCase): UserResult => runCases(driver, [test])[0];

/** A result in one line per fact that differs; empty when the two agree. `undefinedFlags`: EFLAGS bits not to compare. */
export function differences(expected: UserResult, actual: UserResult, undefinedFlags = 0): string[] {
  const lines: string[] = [];
  const hex = (value: number): string => (value >>> 0).toString(16);
  const compare = (name: string, a: number, b: number): void => {
    if (a !== b) lines.push(`${name}: expected ${hex(a)}, got ${hex(b)}`);
  };
  compare("vector", expected.vector, actual.vector);
  compare("error code", expected.errorCode, actual.errorCode);
  compare("cr2", expected.cr2, actual.cr2);
  compare("eip", expected.eip, actual.eip);
  compare("eflags", expected.eflags & ~undefinedFlags, actual.eflags & ~undefinedFlags);
  for (const name of Object.keys(expected.registers) as (keyof typeof expected.registers)[]) {
    compare(name, expected.registers[name], actual.registers[name]);
  }
  ["es", "cs", "ss", "ds", "fs", "gs"].forEach((name, i) => compare(name, expected.segments[i], actual.segments[i]));
  const text = (result: UserResult): string =>
    result.memory.map(({ address, value }) => `${hex(address)}=${hex(value)}`).join(" ");
  if (text(expected) !== text(actual)) lines.push(`memory: expected ${text(expected)}, got ${text(actual)}`);
  return lines;
}
