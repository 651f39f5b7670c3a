import { beforeAll, describe, expect, it } from "vitest";
import { hasGcc32, hasTool } from "../support/tools.ts";
import { cProgram, file, type Guest, guestProgram, onFaultline, onLinux, onQemu } from "./guest.ts";

/** Programs of c/ that must do the same here as on Linux, and their arguments. */
const PROGRAMS: [string, string[]][] = [
  ["processes", []],
  ["memory", []],
  ["signals", []],
  ["pointers", []],
  ["random_memory", ["7", "1500"]],
  ["random_memory", ["8", "1500"]],
  ["random_memory", ["9", "1500"]],
];

function guestFor(path: string, name: string, args: string[]): Guest {
  return {
    append: ["quiet", `init=/bin/${name}`, "--", ...args].join(" "),
    files: { [`bin/${name}`]: file(path) },
  };
}

/** The kernel's one line about a program that a signal ended is not the program's. */
const withoutKills = (text: string): string => text.replaceAll(/^\w+\[\d+\]: .*: SIG.*\n/gm, "");

/** Does our processor say that it has an FPU? */
function hasFpu(): boolean {
  const features = /^cpu: .*features ([0-9a-f]{8})/m.exec(onFaultline({ append: "init=/none" }).raw);
  return features !== null && (parseInt(features[1], 16) & 1) !== 0;
}

describe.skipIf(!hasGcc32())("a C program linked statically against glibc (needs gcc -m32)", () => {
  const paths = new Map<string, string>();
  beforeAll(() => {
    for (const name of new Set([...PROGRAMS.map(([name]) => name), "floats"])) paths.set(name, cProgram(name));
  });

  it.each(PROGRAMS)("%s %j prints and ends here as on Linux", (name, args) => {
    const path = paths.get(name)!;
    const { text, status } = onFaultline(guestFor(path, name, args));
    expect({ text: withoutKills(text), status }).toEqual(onLinux(path, args));
  });

  it.skipIf(!hasTool("qemu-system-i386")).each(PROGRAMS)("%s %j does in QEMU, too", (name, args) => {
    const path = paths.get(name)!;
    const { text, status } = onQemu(guestFor(path, name, args));
    expect({ text: withoutKills(text), status }).toEqual(onLinux(path, args));
  });

  it.skipIf(!hasFpu())("two processes that calculate with floats do not disturb each other", () => {
    const path = paths.get("floats")!;
    expect(onFaultline(guestFor(path, "floats", []))).toMatchObject(onLinux(path));
  });

  it.skipIf(!hasTool("qemu-system-i386"))("nor in QEMU, where the state is FXSAVE's", () => {
    const path = paths.get("floats")!;
    expect(onQemu(guestFor(path, "floats", []))).toEqual(onLinux(path));
  });

  it("the same run twice takes the same number of instructions", () => {
    const guest = guestFor(paths.get("signals")!, "signals", []);
    const counts = [1, 2].map(() => onFaultline(guest).machine.cpu.instructionCount);
    expect(counts[0]).toBe(counts[1]);
  });
});

describe.skipIf(!hasGcc32())("under stress (needs gcc -m32)", () => {
  it("random mappings leave no frame behind", () => {
    const files = { "bin/execute_all": guestProgram("execute_all"), "try/0": file(cProgram("random_memory")) };
    const { text } = onFaultline({ append: "quiet init=/bin/execute_all", files });
    expect(text).toContain("0: exit 0\nmissing: 0 KiB\n");
  });

  it("forks and allocations until nothing is left end cleanly, and every frame comes back", () => {
    const path = cProgram("storm");
    const { text, status } = onFaultline(guestFor(path, "storm", []), 40_000_000_000);
    expect(status).toBe(0);
    for (const round of [0, 1, 2]) expect(text).toContain(`round ${round}: 0 KiB missing\n`);
    expect(text.match(/^storm\[\d+\]: out of memory at ip 0x[0-9a-f]{8}: SIGKILL$/gm)).toHaveLength(3);
    expect(text.match(/^fork: Resource temporarily unavailable after many$/gm)).toHaveLength(3);
    expect(text.match(/^reader: exit 33$/gm)).toHaveLength(3);
  });
});
