import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FeedMode } from "../../emulator/machine/console_feed.ts";
import type { MachineOptions } from "../../emulator/machine/machine.ts";
import type { RunOutcome } from "../../emulator/machine/outcome.ts";
import * as chips from "./chips.ts";
import { ConsoleFeed, IdleWatch } from "./emulator.ts";
import * as consoles from "./consoles.ts";
import { guest } from "./guest.ts";
import { bootMachine, runHere } from "./transcript.ts";

const SECOND = 100_000_000;

/** Boots with a script on COM1 and runs it in slices of `slice`. */
function withInput(
  kernel: Uint8Array,
  text: string,
  mode: FeedMode,
  slice = SECOND,
  options?: Partial<MachineOptions>,
) {
  const { machine, text: output } = bootMachine(kernel, options);
  const feed = new ConsoleFeed(machine, 0, mode);
  const watch = new IdleWatch(machine, 60, () => feed.delivered);
  feed.push(new TextEncoder().encode(text));
  feed.end();
  watch.start();
  let outcome: RunOutcome = { kind: "time" };
  for (let i = 0; outcome.kind === "time" && i * slice < 200 * SECOND; i++) outcome = machine.run(slice);
  return { machine, outcome, text: output(), count: machine.cpu.instructionCount };
}

describe("machine", () => {
  it("runs a kernel to its exit through port F4h", () => {
    const { text, outcome } = runHere(guest(`print "hello", 10\n exit 0x31`));
    expect([text, outcome]).toEqual(["hello\n", { kind: "debug-exit", value: 0x31 }]);
  });

  it("ends with a wide value written to port F4h", () => {
    const { outcome } = runHere(guest(`mov dx, 0xf4\n mov eax, 0x12345678\n out dx, eax`));
    expect(outcome).toEqual({ kind: "debug-exit", value: 0x12345678 });
  });

  it("turns off through port 604h and resets through the 8042", () => {
    expect(runHere(guest(`mov dx, 0x604\n mov ax, 0x2000\n out dx, ax\n jmp $`)).outcome).toEqual({
      kind: "power-off",
    });
    expect(runHere(guest(`outb 0x64, 0xfe\n jmp $`)).outcome).toEqual({ kind: "reset" });
  });

  it("stops where the processor halts for good", () => {
    const kernel = guest(`cli\n hlt`);
    const { outcome } = runHere(kernel);
    expect(outcome.kind).toBe("halted");
    const { eip } = outcome as { eip: number };
    expect(kernel[eip - 0x100000]).toBe(0xf4);
  });

  it("ends with a triple fault where there is no handler", () => {
    const { outcome } = runHere(guest(`lidt [none]\n here: int3\n none: dw 0\n dd 0`));
    expect(outcome.kind).toBe("triple-fault");
  });

  it("stays ended", () => {
    const { machine } = bootMachine(guest("exit 1"));
    const outcome = machine.run(SECOND);
    const count = machine.cpu.instructionCount;
    expect([machine.run(SECOND), machine.cpu.instructionCount]).toEqual([outcome, count]);
  });

  it("lets exactly as much time pass as asked for", () => {
    const { machine } = bootMachine(guest("jmp $"));
    for (const ticks of [1, 2, 3, 1000, 12_345_678]) {
      const before = machine.clock.now();
      expect(machine.run(ticks)).toEqual({ kind: "time" });
      expect(machine.clock.now() - before).toBe(ticks);
    }
  });

  it("skips the time in HLT and keeps the timer's rate by its clock", () => {
    const { machine, text } = bootMachine(consoles.haltingConsole());
    machine.run(10 * SECOND);
    expect(text()).toBe("ready\r\n> ");
    expect(machine.clock.now()).toBe(10 * SECOND);
    expect(machine.cpu.instructionCount).toBeLessThan(100_000);
  });

  it("tells when it would wait, and until when, if asked to pause", () => {
    const { machine } = bootMachine(consoles.haltingConsole());
    machine.run(2_500_000); // between two ticks
    const first = machine.run(SECOND, true);
    expect(first.kind).toBe("idle");
    const { until } = first as { until: number };
    machine.advanceIdle(1000);
    expect(machine.clock.now()).toBeLessThan(until);
    expect(machine.run(SECOND, true)).toEqual({ kind: "idle", until });
    machine.advanceIdle(SECOND); // not beyond the event
    expect(machine.clock.now()).toBe(until);
    const next = machine.run(SECOND, true) as { kind: string; until: number };
    expect(next.kind).toBe("idle");
    expect(next.until).toBeGreaterThan(until);
  });

  it("reads as open bus where there is no memory", () => {
    const kernel = guest(`
      mov dword [0xb8000], 0
      mov eax, [0xb8000]
      call hex32
      mov eax, [0xc8000]
      call hex32
      mov eax, [0x7ffffffc]
      call hex32
      exit 0`);
    expect(runHere(kernel).text).toBe("f".repeat(24));
  });

  it("ignores writes to the BIOS shadow", () => {
    const kernel = guest(`
      mov dword [0xf0000], 1234
      mov eax, [0xf0000]
      call hex32
      exit 0`);
    expect(runHere(kernel).text).toBe("00000000");
  });
});

describe("determinism", () => {
  it.each([1, 7, 1009, 100_003])("the same script gives the same run in slices of %i", (slice) => {
    const script = "one\ntwo\n";
    const whole = withInput(consoles.haltingConsole(), script, "script");
    if (slice < 1000) {
      // Very short slices only for as long as something happens.
      const { machine } = bootMachine(consoles.haltingConsole());
      const feed = new ConsoleFeed(machine, 0, "script");
      feed.push(new TextEncoder().encode(script));
      feed.end();
      for (let i = 0; i < 20_000; i++) machine.run(slice);
      const now = machine.clock.now();
      const other = bootMachine(consoles.haltingConsole());
      const otherFeed = new ConsoleFeed(other.machine, 0, "script");
      otherFeed.push(new TextEncoder().encode(script));
      otherFeed.end();
      other.machine.run(now);
      expect(other.machine.cpu.instructionCount).toBe(machine.cpu.instructionCount);
      return;
    }
    const sliced = withInput(consoles.haltingConsole(), script, "script", slice);
    expect([sliced.count, sliced.text, sliced.outcome]).toEqual([whole.count, whole.text, whole.outcome]);
  });

  it("repeats a run from its input log", () => {
    const run = withInput(consoles.haltingConsole(), "one\ntwo\n", "script");
    const replay = bootMachine(consoles.haltingConsole(), { replay: run.machine.input.events });
    const outcome = replay.machine.run(200 * SECOND);
    expect(outcome).toEqual(run.outcome);
    expect([replay.machine.cpu.instructionCount, replay.text()]).toEqual([run.count, run.text]);
    expect(replay.machine.clock.now()).toBe(run.machine.clock.now());
  });

  it("repeats input that came between two runs, whether busy or idle", () => {
    for (const kernel of [consoles.haltingConsole(), consoles.spinningConsole()]) {
      const { machine, text } = bootMachine(kernel);
      for (const [ticks, byte] of [
        [3_333_333, 65],
        [0, 66],
        [1, 67],
        [5_000_001, 4],
      ] as const) {
        machine.run(ticks);
        machine.inject({ kind: "serial", port: 0, byte });
      }
      const outcome = machine.run(SECOND);
      const replay = bootMachine(kernel, { replay: machine.input.events });
      expect(replay.machine.run(10 * SECOND)).toEqual(outcome);
      expect([replay.machine.cpu.instructionCount, replay.text()]).toEqual([machine.cpu.instructionCount, text()]);
    }
  });

  it("repeats any input at any time, however the runs are cut", () => {
    const kernels = [consoles.haltingConsole(), consoles.pollingConsole(), consoles.spinningConsole()];
    const step = fc.record({
      ticks: fc.oneof(fc.nat(50), fc.nat(3_000_000)),
      byte: fc.integer({ min: 0x20, max: 0x7e }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...kernels),
        fc.array(step, { maxLength: 12 }),
        fc.integer({ min: 500, max: 999_999 }),
        (kernel, steps, slice) => {
          const first = bootMachine(kernel);
          for (const { ticks, byte } of steps) {
            first.machine.run(ticks);
            first.machine.inject({ kind: "serial", port: 0, byte });
          }
          first.machine.run(1_000_000);
          const end = first.machine.clock.now();
          const second = bootMachine(kernel, { replay: first.machine.input.events });
          while (second.machine.clock.now() < end)
            second.machine.run(Math.min(slice, end - second.machine.clock.now()));
          expect(second.text()).toBe(first.text());
          expect(second.machine.cpu.instructionCount).toBe(first.machine.cpu.instructionCount);
          expect(second.machine.snapshot()).toEqual(first.machine.snapshot());
        },
      ),
      { seed: 2, numRuns: 40 },
    );
  });

  it("refuses new input during a replay", () => {
    const { machine } = bootMachine(consoles.haltingConsole(), {
      replay: [{ time: SECOND, kind: "serial", port: 0, byte: 65 }],
    });
    machine.run(1000);
    expect(() => machine.inject({ kind: "serial", port: 0, byte: 66 })).toThrow("during a replay");
  });
});

describe("snapshot", () => {
  it("goes on the same, from any point, on this machine and on another", () => {
    const kernel = chips.picInterrupts();
    const whole = bootMachine(kernel);
    const end = whole.machine.run(SECOND);
    for (const at of [0, 1, 500, 3000, 20_000]) {
      const first = bootMachine(kernel);
      first.machine.run(at);
      const snapshot = first.machine.snapshot();
      const before = first.text();
      expect(first.machine.run(SECOND)).toEqual(end);
      const second = bootMachine(guest("exit 9"));
      second.machine.run(10);
      for (const { machine, text } of [first, second]) {
        const seen = text().length;
        machine.restore(structuredClone(snapshot));
        expect(machine.run(SECOND)).toEqual(end);
        expect(before + text().slice(seen)).toBe(whole.text());
        expect(machine.cpu.instructionCount).toBe(whole.machine.cpu.instructionCount);
      }
    }
  });

  it("repeats the input that came after it", () => {
    const { machine, text } = bootMachine(consoles.haltingConsole());
    machine.run(SECOND);
    const snapshot = machine.snapshot();
    machine.inject({ kind: "serial", port: 0, byte: 65 });
    machine.run(SECOND / 2);
    machine.inject({ kind: "serial", port: 0, byte: 66 });
    machine.run(SECOND);
    const [now, count] = [machine.clock.now(), machine.cpu.instructionCount];
    machine.restore(snapshot);
    expect(machine.input.replaying).toBe(true);
    machine.run(now - machine.clock.now());
    expect(machine.cpu.instructionCount).toBe(count);
    expect(text()).toBe("ready\r\n> ABAB");
    machine.restore(snapshot);
    machine.input.forgetFuture();
    machine.inject({ kind: "serial", port: 0, byte: 67 });
    machine.run(SECOND);
    expect(text()).toBe("ready\r\n> ABABC");
  });

  it("of another memory size is refused", () => {
    const snapshot = bootMachine(guest("exit 0")).machine.snapshot();
    const other = bootMachine(guest("exit 0"), { memoryBytes: 32 << 20 }).machine;
    expect(() => other.restore(snapshot)).toThrow("other memory");
  });
});

describe("console input", () => {
  const kernels = {
    halting: consoles.haltingConsole,
    polling: consoles.pollingConsole,
    spinning: consoles.spinningConsole,
  };

  it.each(Object.entries(kernels))("of a script is typed line by line to a %s guest, then ^D", (_name, kernel) => {
    const { text, outcome } = withInput(kernel(), "one\ntwo\n", "script");
    expect(text).toBe("ready\r\n> one\r\n> two\r\n> bye\r\n");
    expect(outcome).toEqual({ kind: "power-off" });
  });

  it("ends after a last line without its line end", () => {
    expect(withInput(consoles.haltingConsole(), "half", "script").text).toBe("ready\r\n> halfbye\r\n");
    expect(withInput(consoles.haltingConsole(), "", "script").text).toBe("ready\r\n> bye\r\n");
  });

  it("loses nothing, however much there is", () => {
    const input = "0123456789abcde\n".repeat(4096);
    const { text } = withInput(consoles.countingConsole(), input, "script");
    const sum = [...input].reduce((total, character) => total + character.charCodeAt(0), 0);
    const hex = (value: number) => value.toString(16).padStart(8, "0");
    expect(text).toBe(`${hex(input.length)} ${hex(sum)}\n`);
  });

  it("that is typed comes at once, and no ^D follows", () => {
    const { machine, text } = bootMachine(consoles.haltingConsole());
    const feed = new ConsoleFeed(machine, 0, "typed");
    machine.run(SECOND);
    feed.push(new TextEncoder().encode("hi\r"));
    machine.run(SECOND / 100);
    feed.end();
    machine.run(10 * SECOND);
    expect(text()).toBe("ready\r\n> hi\r\n> ");
  });

  it("waits for a guest that is not ready yet", () => {
    const { machine, text } = bootMachine(consoles.haltingConsole());
    const feed = new ConsoleFeed(machine, 0, "typed");
    feed.push(new TextEncoder().encode("early"));
    machine.run(10 * SECOND);
    expect(text()).toBe("ready\r\n> early");
  });
});

describe("a guest that nobody can reach any more", () => {
  it("is ended when it ignores ^D and only waits", () => {
    const { outcome, machine } = withInput(consoles.deafConsole(), "x\n", "script");
    expect(outcome).toEqual({ kind: "idle-for-good", seconds: 60 });
    expect(machine.input.events.filter((event) => event.kind === "serial" && event.byte === 4).length).toBeGreaterThan(
      3,
    );
  });

  it("is ended when it never opens its console", () => {
    for (const input of ["", "x\n"]) {
      expect(withInput(consoles.silentGuest(), input, "script").outcome).toEqual({
        kind: "idle-for-good",
        seconds: 60,
      });
    }
  });

  it("is left alone while it works or says something", () => {
    const { machine } = bootMachine(guest("jmp $"));
    new IdleWatch(machine, 2, () => 0).start();
    expect(machine.run(3 * SECOND)).toEqual({ kind: "time" });
  });
});
