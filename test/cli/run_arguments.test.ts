import { describe, expect, it } from "vitest";
import { quoteArguments, splitRunArguments } from "../../emulator/cli/run_arguments.ts";

describe("the command line of run", () => {
  it.each([
    ["malloc", { own: [], program: "malloc", args: [] }],
    ["--faults malloc", { own: ["--faults"], program: "malloc", args: [] }],
    ["--memory 64M malloc", { own: ["--memory", "64M"], program: "malloc", args: [] }],
    ["--memory=64M ls --faults -l", { own: ["--memory=64M"], program: "ls", args: ["--faults", "-l"] }],
    ["--json -- ls -- x", { own: ["--json"], program: "ls", args: ["--", "x"] }],
    ["--memory", { own: ["--memory"], program: undefined, args: [] }],
    ["", { own: [], program: undefined, args: [] }],
  ])("%j is divided at the program", (line, expected) => {
    expect(splitRunArguments(line.split(" ").filter(Boolean))).toEqual(expected);
  });

  it("keeps arguments with spaces, quotes and nothing in them together", () => {
    expect(quoteArguments(["plain", "two words", "", 'say "hi"', "back\\slash"])).toBe(
      'plain "two words" "" "say \\"hi\\"" "back\\\\slash"',
    );
    expect(() => quoteArguments(Array.from({ length: 63 }, () => "x"))).toThrowError("at most 62 arguments fit");
  });
});
