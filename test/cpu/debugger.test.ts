import { describe, expect, test } from "vitest";
import { StopReason, WatchAccess } from "../../emulator/cpu/cpu.ts";
import { At, Page, Testbed } from "./testbed.ts";

const PROGRAM = `
  mov ecx, 50
  again:
  mov eax, [20000h]
  inc eax
  mov [20000h], eax
  cmp ecx, 25
  jne skip
  add ebx, 7
  skip:
  dec ecx
  jnz again
  mov edi, 20100h
  mov al, 1
  mov cl, 200
  rep stosb
  hlt`;

function prepared(): Testbed {
  const bed = new Testbed();
  bed.load(PROGRAM);
  return bed;
}

function outcome(bed: Testbed): unknown {
  return [
    bed.cpu.instructionCount,
    bed.get("eax"),
    bed.get("ebx"),
    bed.get("edi"),
    bed.get("eip"),
    bed.read32(0x20000),
  ];
}

const reference = prepared();
reference.run();

describe("breakpoints", () => {
  test("stop before the instruction, each time it comes, and change nothing", () => {
    const bed = prepared();
    bed.cpu.addBreakpoint(At.CODE + 5);
    const counts: number[] = [];
    let reason = bed.run();
    while (reason === StopReason.Breakpoint) {
      expect(bed.get("eip")).toBe(At.CODE + 5);
      counts.push(bed.cpu.instructionCount);
      reason = bed.run();
    }
    expect(reason).toBe(StopReason.Halt);
    expect(counts).toHaveLength(50);
    expect(counts.slice(0, 3)).toEqual([1, 8, 15]);
    expect(outcome(bed)).toEqual(outcome(reference));
  });

  test("in the middle of a block and on a fused jump", () => {
    for (const offset of [10, 11, 16, 19, 21, 24, 25]) {
      const bed = prepared();
      bed.cpu.addBreakpoint(At.CODE + offset);
      expect(bed.run()).toBe(StopReason.Breakpoint);
      expect(bed.get("eip")).toBe(At.CODE + offset);
      bed.cpu.removeBreakpoint(At.CODE + offset);
      expect(bed.run()).toBe(StopReason.Halt);
      expect(outcome(bed)).toEqual(outcome(reference));
    }
  });

  test("are by linear address: the same code mapped elsewhere goes on", () => {
    const bed = new Testbed();
    bed.enablePaging();
    bed.map(0x400000, 0x20000, Page.P | Page.W);
    bed.map(0x500000, 0x20000, Page.P | Page.W);
    bed.load("inc eax\nret", 0x20000);
    bed.load("mov esi, 400000h\nmov edi, 500000h\ncall esi\ncall edi\nhlt");
    bed.cpu.addBreakpoint(0x500000);
    expect(bed.run()).toBe(StopReason.Breakpoint);
    expect([bed.get("eip"), bed.get("eax")]).toEqual([0x500000, 1]);
  });
});

describe("watchpoints", () => {
  test("stop after the access, with what it was", () => {
    const bed = prepared();
    bed.cpu.addWatchpoint(0x20002, 1, WatchAccess.Write);
    expect(bed.run()).toBe(StopReason.Watchpoint);
    expect(bed.cpu.watchHit).toEqual({ linear: 0x20000, size: 4, write: true });
    expect(bed.cpu.instructionCount).toBe(4);
    expect(bed.read32(0x20000)).toBe(1);
    bed.cpu.removeWatchpoint(0x20002, 1, WatchAccess.Write);
    expect(bed.run()).toBe(StopReason.Halt);
    expect(outcome(bed)).toEqual(outcome(reference));
  });

  test("on reads, and inside a REP instruction", () => {
    const bed = prepared();
    bed.cpu.addWatchpoint(0x20000, 4, WatchAccess.Read);
    expect(bed.run()).toBe(StopReason.Watchpoint);
    expect([bed.cpu.instructionCount, bed.cpu.watchHit?.write]).toEqual([2, false]);
    bed.cpu.removeWatchpoint(0x20000, 4, WatchAccess.Read);
    bed.cpu.addWatchpoint(0x20110, 1, WatchAccess.ReadWrite);
    expect(bed.run()).toBe(StopReason.Watchpoint);
    expect(bed.get("edi")).toBe(0x20111);
    expect(bed.run()).toBe(StopReason.Halt);
    expect(outcome(bed)).toEqual(outcome(reference));
  });
});

describe("stop requests", () => {
  test("end the run at the next instruction boundary", () => {
    const bed: Testbed = new Testbed({ writePort: () => bed.cpu.requestStop() });
    bed.load("nop\nout 80h, al\ninc eax\nhlt");
    expect(bed.run()).toBe(StopReason.StopRequested);
    expect([bed.cpu.instructionCount, bed.get("eip")]).toEqual([2, At.CODE + 3]);
    expect(bed.run()).toBe(StopReason.Halt);
  });

  test("from an exception hook end it before the handler's first instruction", () => {
    const bed = new Testbed();
    bed.cpu.hooks.onException = () => bed.cpu.requestStop();
    bed.load("nop\nud2");
    expect(bed.run()).toBe(StopReason.StopRequested);
    expect([bed.cpu.instructionCount, bed.get("eip")]).toEqual([1, At.STUBS + 6 * 16]);
  });
});

describe("a restored arena", () => {
  test("goes on where it was, on another processor", () => {
    for (const at of [1, 17, 100, 200, 350]) {
      const bed = prepared();
      bed.run(at);
      const other = prepared();
      other.arena.architectural.set(bed.arena.architectural);
      other.arena.ram8.set(bed.arena.ram8);
      other.cpu.stateReplaced();
      other.cpu.instructionCount = bed.cpu.instructionCount;
      other.run();
      expect(outcome(other)).toEqual(outcome(reference));
    }
  });
});
