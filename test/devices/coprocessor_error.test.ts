import { beforeEach, describe, expect, it } from "vitest";
import { CoprocessorError } from "../../emulator/devices/coprocessor_error.ts";
import { Wire } from "./fake_clock.ts";

let irq13: Wire;
let ignore: boolean;
let logic: CoprocessorError;

function make(): CoprocessorError {
  return new CoprocessorError({ irq13: irq13.drive, setIgnore: (level) => (ignore = level) });
}

beforeEach(() => {
  irq13 = new Wire();
  ignore = false;
  logic = make();
});

describe("coprocessor error logic", () => {
  it("makes IRQ 13 of FERR#, and keeps it when FERR# goes", () => {
    logic.setError(true);
    expect(irq13.level).toBe(true);
    logic.setError(false);
    expect(irq13.level).toBe(true);
  });

  it("takes IRQ 13 back and asserts IGNNE# on a write to F0h, until FERR# goes", () => {
    logic.setError(true);
    logic.writePort();
    expect([irq13.level, ignore]).toEqual([false, true]);
    logic.setError(false);
    expect(ignore).toBe(false);
  });

  it("does not assert IGNNE# without an error", () => {
    logic.writePort();
    logic.setError(true);
    logic.setError(false);
    logic.writePort();
    expect([irq13.level, ignore]).toEqual([false, false]);
  });

  it("is quiet after a reset", () => {
    logic.setError(true);
    logic.writePort();
    logic.reset();
    expect([irq13.level, ignore]).toEqual([false, false]);
  });

  it("goes on from a saved state", () => {
    logic.setError(true);
    const other = make();
    other.restoreState(logic.saveState());
    other.writePort();
    expect([irq13.level, ignore]).toEqual([false, true]);
  });
});
