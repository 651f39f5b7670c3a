import { describe, expect, it } from "vitest";
import { describeErrorCode } from "../../emulator/debug/error_code.ts";

describe("a page fault's error code in words", () => {
  it.each([
    [0, "K/R, not present"],
    [2, "K/W, not present"],
    [3, "K/W, protection"],
    [4, "U/R, not present"],
    [6, "U/W, not present"],
    [7, "U/W, protection"],
    [9, "K/R, reserved bit"],
    [21, "U/X, protection"],
  ])("%i is %s", (code, text) => {
    expect(describeErrorCode(code)).toBe(text);
  });
});
