import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pace } from "../../emulator/host/pace.ts";

const MS = 100_000;
let pace: Pace;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  pace = new Pace(() => performance.now());
});
afterEach(() => {
  vi.useRealTimers();
});

describe("real time for a guest that is watched", () => {
  it("sleeps as long as the guest waits", async () => {
    const passed = pace.wait(30 * MS);
    await vi.advanceTimersByTimeAsync(30);
    expect(await passed).toBe(30 * MS);
  });

  it("saves short waits up", async () => {
    for (let i = 0; i < 19; i++) expect(pace.wait(MS)).toBe(MS);
    let woke = false;
    const passed = Promise.resolve(pace.wait(MS)).finally(() => (woke = true));
    await vi.advanceTimersByTimeAsync(19);
    expect(woke).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await passed).toBe(MS);
  });

  it("lets only as much guest time pass as real time did when it is woken", async () => {
    const passed = pace.wait(1000 * MS);
    await vi.advanceTimersByTimeAsync(30);
    pace.wake();
    expect(await passed).toBe(30 * MS);
  });

  it("makes up for the time that the guest's work took", async () => {
    pace.ran(0, 8); // 8 ms of host time for nothing
    const start = performance.now();
    const passed = pace.wait(40 * MS);
    await vi.advanceTimersByTimeAsync(32);
    expect(await passed).toBe(40 * MS);
    expect(performance.now() - start).toBe(32);
  });

  it("forgets a long delay", async () => {
    pace.ran(0, 60_000);
    expect(pace.wait(45 * MS)).toBe(45 * MS); // 50 ms at most are made up for
    const start = performance.now();
    const passed = pace.wait(40 * MS);
    await vi.advanceTimersByTimeAsync(35);
    await passed;
    expect(performance.now() - start).toBe(35);
  });
});
