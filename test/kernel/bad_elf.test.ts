import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Files, guestProgram, onFaultline } from "./guest.ts";

const NO_ENTRY = 2;
const NO_EXEC = 8;
const NO_MEMORY = 12;
const NO_ACCESS = 13;

/** Executes each of `images` on the kernel; how each ended, and what was said last. */
function execute(images: Uint8Array[]): { ends: string[]; last: string } {
  const files: Files = { "bin/execute_all": guestProgram("execute_all") };
  images.forEach((image, n) => (files[`try/${n}`] = image));
  const { text, status } = onFaultline({ append: "quiet init=/bin/execute_all", files });
  expect(status).toBe(0);
  const lines = text.split("\n").filter((line) => /^\d+: |^missing/.test(line));
  return { ends: lines.slice(0, -1).map((line) => line.replace(/^\d+: /, "")), last: lines[lines.length - 1] };
}

describe("what is not a proper program", () => {
  let program: Uint8Array;
  beforeAll(() => {
    program = guestProgram("nothing");
  });

  const changed = (change: (view: DataView, bytes: Uint8Array) => void): Uint8Array => {
    const copy = program.slice();
    change(new DataView(copy.buffer), copy);
    return copy;
  };
  const segment = (n: number): number => 52 + 32 * n;

  it("is refused, each for its own reason", () => {
    const cases: [string, Uint8Array, string][] = [
      ["the program itself", program, "exit 7"],
      ["an empty file", new Uint8Array(0), `error ${NO_EXEC}`],
      ["text", new TextEncoder().encode("echo hello\n"), `error ${NO_EXEC}`],
      ["a script without interpreter", new TextEncoder().encode("#!\n"), `error ${NO_EXEC}`],
      ["a script whose interpreter is not there", new TextEncoder().encode("#!/none\n"), `error ${NO_ENTRY}`],
      ["a script of a script of itself", new TextEncoder().encode("#!/try/5\n"), `error ${NO_EXEC}`],
      ["a script run by the program", new TextEncoder().encode("#! /try/0 with arguments\n"), "exit 7"],
      ["64 bits", changed((_, bytes) => (bytes[4] = 2)), `error ${NO_EXEC}`],
      ["big-endian", changed((_, bytes) => (bytes[5] = 2)), `error ${NO_EXEC}`],
      ["another machine", changed((view) => view.setUint16(18, 40, true)), `error ${NO_EXEC}`],
      ["a relocatable file", changed((view) => view.setUint16(16, 1, true)), `error ${NO_EXEC}`],
      ["no program headers", changed((view) => view.setUint16(44, 0, true)), `error ${NO_EXEC}`],
      ["too many program headers", changed((view) => view.setUint16(44, 9999, true)), `error ${NO_EXEC}`],
      ["headers beyond the end", changed((view) => view.setUint32(28, 0x7fffff00, true)), `error ${NO_EXEC}`],
      [
        "a segment in the kernel's half",
        changed((view) => view.setUint32(segment(0) + 8, 0xc0000000, true)),
        `error ${NO_EXEC}`,
      ],
      ["a segment at 0", changed((view) => view.setUint32(segment(0) + 8, 0, true)), `error ${NO_EXEC}`],
      [
        "a segment larger than memory",
        changed((view) => view.setUint32(segment(0) + 20, 0xfffff000, true)),
        `error ${NO_EXEC}`,
      ],
      [
        "more in the file than in memory",
        changed((view) => view.setUint32(segment(0) + 20, 1, true)),
        `error ${NO_EXEC}`,
      ],
      [
        "segments over each other",
        changed((view) => view.setUint32(segment(1) + 8, view.getUint32(segment(0) + 8, true), true)),
        `error ${NO_EXEC}`,
      ],
      [
        "a segment that is not where its page is",
        changed((view) => view.setUint32(segment(0) + 4, 0x11, true)),
        `error ${NO_EXEC}`,
      ],
      ["an entry where nothing is", changed((view) => view.setUint32(24, 0x100, true)), "signal 11"],
    ];
    const { ends, last } = execute(cases.map(([, image]) => image));
    expect(cases.map(([name], n) => `${name}: ${ends[n]}`)).toEqual(cases.map(([name, , end]) => `${name}: ${end}`));
    expect(last).toBe("missing: 0 KiB");
  });

  it("cut off at any length is refused or runs, and nothing is lost", () => {
    const headers = Array.from({ length: 40 }, (_, n) => program.slice(0, n * 6));
    const pages = Array.from({ length: 24 }, (_, n) => program.slice(0, n * 700));
    const { ends, last } = execute([...headers, ...pages]);
    expect(new Set(ends)).toEqual(new Set([`error ${NO_EXEC}`, "exit 7"]));
    expect(last).toBe("missing: 0 KiB");
  });

  it("with random bytes in its headers is refused, runs or dies, and the kernel stands", () => {
    const headerBytes = segment(4);
    const mutation = fc.array(fc.tuple(fc.nat(headerBytes - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const mutants = fc.sample(mutation, { seed: 20261120, numRuns: 250 }).map((changes) =>
      changed((_, bytes) => {
        for (const [at, value] of changes) bytes[at] = value;
      }),
    );
    const { ends, last } = execute(mutants);
    expect(ends).toHaveLength(mutants.length);
    const known = [`error ${NO_ENTRY}`, `error ${NO_EXEC}`, `error ${NO_MEMORY}`, `error ${NO_ACCESS}`, "exit 7"];
    for (const end of ends) expect([...known, "signal 11", "signal 4", "signal 7", "running"]).toContain(end);
    expect(ends.filter((end) => end === "exit 7").length).toBeGreaterThan(10);
    expect(last).toBe("missing: 0 KiB");
  });
});
