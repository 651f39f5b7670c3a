import { describe, expect, it } from "vitest";
import { firmwareMemoryMap, formatSize, parseMemorySize } from "../../emulator/machine/memory_map.ts";
import { UserError } from "../../emulator/machine/user_error.ts";

const MIB = 1 << 20;

describe("memory sizes", () => {
  it.each([
    ["128M", 128 * MIB],
    ["128", 128 * MIB],
    ["4096K", 4 * MIB],
    ["1g", 1024 * MIB],
    ["64MiB", 64 * MIB],
    ["64mb", 64 * MIB],
    ["2.5M", 2.5 * MIB],
    ["16777217B", 16 * MIB],
  ])("%s", (text, bytes) => expect(parseMemorySize(text)).toBe(bytes));

  it.each(["", "M", "12X", "-5M", "1e3", "0x10M", "128 M M", "NaN"])(
    "%j is not a size, and says how to write one",
    (text) => {
      expect(() => parseMemorySize(text)).toThrow(UserError);
      expect(() => parseMemorySize(text)).toThrow(/write it like 128M/);
    },
  );

  it("names the least and the most", () => {
    expect(() => parseMemorySize("1K")).toThrow("--memory 1K: too small for a PC; the least is 2M");
    expect(() => parseMemorySize("1G0")).toThrow(/not a size/);
    expect(() => parseMemorySize("64G")).toThrow("--memory 64G: too large; the most is 1984M");
  });

  it("are printed with the largest unit that fits", () => {
    expect([formatSize(3 * MIB), formatSize(640 * 1024), formatSize(1000)]).toEqual(["3M", "640K", "1000 bytes"]);
  });
});

describe("the firmware's memory map", () => {
  it("is that of QEMU's -M pc", () => {
    const lines = firmwareMemoryMap(128 * MIB).map(
      ({ start, length, usable }) => `${start.toString(16)}+${length.toString(16)} ${usable ? "usable" : "reserved"}`,
    );
    expect(lines).toEqual([
      "0+9fc00 usable",
      "9fc00+400 reserved",
      "f0000+10000 reserved",
      "100000+7ee0000 usable",
      "7fe0000+20000 reserved",
      "fffc0000+40000 reserved",
    ]);
  });
});
