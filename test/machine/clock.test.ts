import { beforeEach, describe, expect, it } from "vitest";
import { Clock } from "../../emulator/machine/clock.ts";

let counter: { instructionCount: number; limit: number; shortenLimit(limit: number): void };
let clock: Clock;
let fired: string[];
const note = (name: string) => () => void fired.push(`${name}@${clock.now()}`);

beforeEach(() => {
  counter = {
    instructionCount: 0,
    limit: Infinity,
    shortenLimit(limit) {
      this.limit = Math.min(this.limit, limit);
    },
  };
  clock = new Clock(counter);
  fired = [];
});

describe("the machine's clock", () => {
  it("is the sum of instructions and idle time", () => {
    counter.instructionCount = 70;
    clock.idleTicks = 30;
    expect(clock.now()).toBe(100);
  });

  it("fires by time, then devices before input, then by age", () => {
    const input = clock.createInputTimer("input", note("input"));
    const a = clock.createTimer("a", note("a"));
    const b = clock.createTimer("b", note("b"));
    input.arm(10);
    b.arm(10);
    a.arm(10);
    clock.createTimer("early", note("early")).arm(5);
    counter.instructionCount = 10;
    clock.fireDueTimers();
    expect(fired).toEqual(["early@10", "a@10", "b@10", "input@10"]);
    expect(clock.next).toBe(Infinity);
  });

  it("never puts an event into the present", () => {
    counter.instructionCount = 100;
    const timer = clock.createTimer("t", note("t"));
    timer.arm(3);
    expect([timer.deadline, clock.next]).toEqual([101, 101]);
  });

  it("tells the processor of an earlier event, in instructions", () => {
    clock.idleTicks = 1000;
    const late = clock.createTimer("late", note("late"));
    late.arm(3000);
    expect(counter.limit).toBe(2000);
    clock.createTimer("later", note("later")).arm(4000);
    expect(counter.limit).toBe(2000);
    clock.createTimer("sooner", note("sooner")).arm(1500);
    expect(counter.limit).toBe(500);
  });

  it("forgets a timer that was disarmed or moved", () => {
    const a = clock.createTimer("a", note("a"));
    const b = clock.createTimer("b", note("b"));
    a.arm(10);
    b.arm(20);
    a.disarm();
    expect(clock.next).toBe(20);
    b.arm(30);
    expect(clock.pending()).toEqual([{ name: "b", deadline: 30 }]);
    counter.instructionCount = 25;
    clock.fireDueTimers();
    expect(fired).toEqual([]);
  });

  it("fires an event that another one arms for the next unit only then", () => {
    const second = clock.createTimer("second", note("second"));
    clock
      .createTimer("first", () => {
        note("first")();
        second.arm(clock.now());
      })
      .arm(10);
    counter.instructionCount = 10;
    clock.fireDueTimers();
    expect(fired).toEqual(["first@10"]);
    counter.instructionCount = 11;
    clock.fireDueTimers();
    expect(fired).toEqual(["first@10", "second@11"]);
  });
});
