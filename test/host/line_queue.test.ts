import { describe, expect, it } from "vitest";
import { LineQueue } from "../../emulator/host/line_queue.ts";
import { closest } from "../../emulator/cli/closest.ts";

describe("output without a listener", () => {
  it("keeps the newest bytes up to its limit, in order", () => {
    const queue = new LineQueue(10);
    for (let i = 0; i < 5; i++) queue.push(Uint8Array.of(i, i, i));
    const rest = [];
    for (let chunk = queue.shift(); chunk; chunk = queue.shift()) rest.push(chunk[0]);
    expect(rest).toEqual([2, 3, 4]);
  });

  it("keeps a chunk that is larger than the limit", () => {
    const queue = new LineQueue(2);
    queue.push(new Uint8Array(5));
    expect(queue.shift()).toHaveLength(5);
    expect(queue.shift()).toBeNull();
  });

  it("takes back what was not delivered", () => {
    const queue = new LineQueue();
    queue.push(Uint8Array.of(1));
    queue.push(Uint8Array.of(2));
    queue.unshift(queue.shift()!);
    expect(queue.shift()).toEqual(Uint8Array.of(1));
  });
});

describe("suggestions", () => {
  it.each([
    ["bot", "boot"],
    ["boott", "boot"],
    ["rnu", "run"],
    ["memroy", "memory"],
  ])("%s is near %s", (typed, meant) => expect(closest(typed, ["boot", "run", "memory", "serial"])).toBe(meant));

  it("say nothing for a word that is far from all", () => {
    expect(closest("frobnicate", ["boot", "run"])).toBeNull();
  });
});
