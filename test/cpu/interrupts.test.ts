import { describe, expect, test } from "vitest";
import { ExceptionKind, StopReason, WatchAccess } from "../../emulator/cpu/cpu.ts";
import { At, Selector, Testbed } from "./testbed.ts";

/** Loops, calls, string instructions, stores: enough structure for blocks, links and fused jumps. */
const PROGRAM = `
  mov ecx, 5
  mov esi, 20000h
outer:
  push ecx
  mov edi, 20100h
  mov ecx, 7
  mov al, 3
  rep stosb
  pop ecx
  call work
  cmp ecx, 3
  jne skip
  xor ebx, 55h
skip:
  dec ecx
  jnz outer
  test ebx, ebx
  js done
  add ebx, 1
done:
  jmp $
work:
  mov eax, [esi]
  add eax, ecx
  adc ebx, eax
  mov [esi], eax
  lea edx, [eax + ebx * 4 + 7]
  shl edx, 3
  sbb edx, 0
  ret
`;

function prepared(): Testbed {
  const bed = new Testbed();
  bed.set("eflags", 0x202);
  bed.load(PROGRAM);
  // The handler returns, so that the program goes on.
  bed.load("push eax\npop eax\niret", 0x6000);
  bed.gate(0x20, Selector.CODE0, 0x6000, 0x8e);
  return bed;
}

const STEPS = 120;

function registers(bed: Testbed): number[] {
  const names = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip", "eflags"] as const;
  return names.map((name) => bed.get(name));
}

/** State before each instruction, found by running one at a time. */
function trace(): number[][] {
  const bed = prepared();
  const states: number[][] = [];
  for (let count = 0; count < STEPS; count++) {
    states.push(registers(bed));
    expect(bed.cpu.run(count + 1)).toBe(StopReason.Limit);
    expect(bed.cpu.instructionCount).toBe(count + 1);
  }
  return states;
}

describe("instruction counts", () => {
  test("run() stops at exactly the limit, whatever the block structure", () => {
    const states = trace();
    for (let limit = 1; limit < STEPS; limit++) {
      const bed = prepared();
      expect(bed.run(limit)).toBe(StopReason.Limit);
      expect(bed.cpu.instructionCount).toBe(limit);
      expect(registers(bed)).toEqual(states[limit]);
      // And again over decoded, linked code.
      bed.set("eflags", 0x202);
      bed.ring0();
      bed.cpu.instructionCount = 0;
      bed.run(limit);
      expect(bed.get("eip")).toBe(states[limit][8]);
    }
  });

  test("a REP instruction retires once, when it completes", () => {
    const bed = new Testbed();
    bed.load("mov ecx, 60000\nmov edi, 20000h\nrep stosb\nnop\nhlt");
    bed.run(2);
    expect(bed.get("ecx")).toBe(60000);
    bed.run(3);
    expect(bed.get("ecx")).toBe(0);
    expect(bed.cpu.instructionCount).toBe(3);
  });

  test("a very long one retires once for each 65536 iterations, watched or not", () => {
    for (const watched of [false, true]) {
      const bed = new Testbed();
      bed.load("mov ecx, 200000\nmov edi, 20000h\nrep stosb\nhlt");
      if (watched) bed.cpu.addWatchpoint(0xfffff, 1, WatchAccess.Write);
      const remaining: number[] = [];
      for (let limit = 3; limit <= 6; limit++) {
        while (bed.run(limit) !== StopReason.Limit);
        remaining.push(bed.get("ecx"));
      }
      expect(remaining).toEqual([3 * 65536, 2 * 65536, 65536, 0]);
      bed.run();
      expect(bed.cpu.instructionCount).toBe(7);
    }
  });

  test("are exact in port calls and exceptions", () => {
    const bed = new Testbed();
    bed.load("inc eax\ninc eax\nout 80h, al\ninc eax\nin al, 81h\nud2");
    bed.run();
    expect(bed.ports.map((p) => p.count)).toEqual([2, 4]);
    expect(bed.exceptions[0]).toMatchObject({ vector: 6, count: 5 });
    expect(bed.cpu.instructionCount).toBe(6); // and the HLT of the stub
  });

  test("a limit shortened by a device holds from the next instruction on", () => {
    let bed: Testbed;
    const make = (): Testbed =>
      new Testbed({
        writePort: (_port, _size, value) => bed.cpu.shortenLimit(value),
      });
    for (const [value, expected] of [
      [0, 3],
      [3, 3],
      [4, 4],
      [7, 7],
    ]) {
      bed = make();
      bed.load(`mov eax, ${value}\nnop\nout 80h, al\n${"inc ebx\n".repeat(20)}hlt`);
      expect(bed.run(1000)).toBe(StopReason.Limit);
      expect(bed.cpu.instructionCount).toBe(expected);
      expect(bed.get("ebx")).toBe(expected - 3);
    }
  });
});

describe("external interrupts", () => {
  test("are taken at exactly the instruction at which the line rises, anywhere in a block", () => {
    const states = trace();
    for (let at = 0; at < STEPS - 1; at++) {
      const bed = prepared();
      bed.run(at);
      bed.cpu.interruptLine = true;
      bed.cpu.run(at + 1);
      bed.cpu.interruptLine = false;
      expect(bed.exceptions).toHaveLength(1);
      expect(bed.exceptions[0]).toMatchObject({
        vector: 0x20,
        kind: ExceptionKind.External,
        count: at,
        eip: states[at][8],
      });
      // The handler takes three instructions; after them the program is where it was.
      bed.run(at + 3);
      expect(registers(bed).slice(0, 9)).toEqual(states[at].slice(0, 9));
      bed.run(STEPS - 1 + 3);
      expect(registers(bed).slice(0, 9)).toEqual(states[STEPS - 1].slice(0, 9));
    }
  });

  test("wait for IF, and for the instruction after STI", () => {
    const bed = new Testbed();
    bed.load("cli\nnop\nnop\nsti\ninc eax\ninc eax\nhlt");
    bed.cpu.interruptLine = true;
    bed.run();
    expect(bed.exceptions[0]).toMatchObject({ vector: 0x20, count: 5, eip: At.CODE + 5 });
  });

  test("come between STI; HLT only after HLT, and wake it", () => {
    const bed = new Testbed();
    bed.load("sti\nhlt\ninc ebx\njmp $");
    bed.load("iret", 0x6000);
    bed.gate(0x20, Selector.CODE0, 0x6000, 0x8e);
    bed.run(1);
    bed.cpu.interruptLine = true;
    bed.run(3);
    expect(bed.exceptions[0]).toMatchObject({ count: 2, eip: At.CODE + 2 });
    bed.cpu.interruptLine = false;
    bed.run(5);
    expect(bed.get("ebx")).toBe(1);
  });

  test("are held back by MOV SS for one instruction, also when a slice ends there", () => {
    for (const split of [false, true]) {
      const bed = new Testbed();
      bed.set("eflags", 0x202);
      bed.load("mov ax, 10h\nmov ss, ax\nmov esp, 9000h\nnop\nhlt");
      bed.run(split ? 2 : 1);
      bed.cpu.interruptLine = true;
      if (!split) bed.run(2);
      expect(bed.exceptions).toHaveLength(split ? 0 : 1);
      if (!split) continue;
      bed.run(4);
      expect(bed.exceptions[0]).toMatchObject({ count: 3, eip: At.CODE + 11 });
    }
  });

  test("HLT with IF clear stays halted, and says so each time", () => {
    const bed = new Testbed();
    bed.load("cli\nhlt\ninc eax");
    expect(bed.run()).toBe(StopReason.Halt);
    bed.cpu.interruptLine = true;
    expect(bed.run()).toBe(StopReason.Halt);
    expect(bed.cpu.instructionCount).toBe(2);
    bed.cpu.raiseNmi();
    bed.run(3);
    expect(bed.exceptions[0]).toMatchObject({ vector: 2, kind: ExceptionKind.Nmi });
  });

  test("raised by a port write are taken right after it", () => {
    const bed = new Testbed({
      writePort: () => {
        bed.cpu.interruptLine = true;
      },
    });
    bed.set("eflags", 0x202);
    bed.load("nop\nout 80h, al\ninc eax\ninc eax\nhlt");
    bed.run();
    expect(bed.exceptions[0]).toMatchObject({ vector: 0x20, count: 2, eip: At.CODE + 3 });
  });

  test("raised by a memory-mapped device are taken after the instruction, in the middle of a block", () => {
    const bed = new Testbed({
      readPhysical: () => {
        bed.cpu.interruptLine = true;
        return 0x12345678;
      },
    });
    bed.set("eflags", 0x202);
    bed.load("inc ebx\nmov eax, [200000h]\ninc ebx\ninc ebx\nhlt");
    bed.load("iret", 0x6000);
    bed.gate(0x20, Selector.CODE0, 0x6000, 0x8e);
    bed.run(3);
    expect(bed.exceptions[0]).toMatchObject({ vector: 0x20, count: 2, eip: At.CODE + 6 });
    expect(bed.get("eax")).toBe(0x12345678);
    bed.cpu.interruptLine = false;
    expect(bed.run()).toBe(StopReason.Halt);
    expect(bed.get("ebx")).toBe(3);
    expect(bed.cpu.instructionCount).toBe(6);
  });

  test("come between the iterations of a REP instruction that talks to a device, which resumes", () => {
    let reads = 0;
    const bed = new Testbed({
      readPort: () => {
        if (++reads === 3) bed.cpu.interruptLine = true;
        return reads;
      },
      acknowledgeInterrupt: () => {
        bed.cpu.interruptLine = false;
        return 0x20;
      },
    });
    bed.set("eflags", 0x202);
    bed.load("mov ecx, 5\nmov edi, 20000h\nmov dx, 1f0h\nrep insb\nhlt");
    bed.load("mov ebx, ecx\niret", 0x6000);
    bed.gate(0x20, Selector.CODE0, 0x6000, 0x8e);
    bed.run();
    expect(bed.exceptions[0]).toMatchObject({ count: 3, eip: At.CODE + 14 });
    expect(bed.get("ebx")).toBe(2);
    expect(bed.get("ecx")).toBe(0);
    expect([...bed.arena.ram8.subarray(0x20000, 0x20006)]).toEqual([1, 2, 3, 4, 5, 0]);
    expect(bed.cpu.instructionCount).toBe(3 + 2 + 1 + 1);
  });
});

describe("NMI", () => {
  test("is not nested until IRET", () => {
    const bed = new Testbed();
    bed.load("nop\nnop\nnop\nnop\nhlt");
    bed.load("inc eax\ninc eax\niret", 0x6000);
    bed.gate(2, Selector.CODE0, 0x6000, 0x8e);
    bed.run(1);
    bed.cpu.raiseNmi();
    bed.run(2);
    bed.cpu.raiseNmi();
    bed.run();
    expect(bed.exceptions.map((e) => [e.vector, e.count])).toEqual([
      [2, 1],
      [2, 4],
    ]);
    expect(bed.get("eax")).toBe(4);
  });
});

describe("single step", () => {
  test("traps after each instruction, with the next one's EIP, and TF clear in the handler", () => {
    const bed = new Testbed();
    bed.load("pushf\nor dword [esp], 100h\npopf\ninc eax\ninc ebx\nand eax, 1\nnop\njmp $");
    bed.load("iret", 0x6000);
    bed.gate(1, Selector.CODE0, 0x6000, 0x8e);
    bed.run(11);
    expect(bed.exceptions.map((e) => [e.vector, e.eip - At.CODE, e.kind])).toEqual([
      [1, 10, ExceptionKind.Trap],
      [1, 11, ExceptionKind.Trap],
      [1, 14, ExceptionKind.Trap],
      [1, 15, ExceptionKind.Trap],
    ]);
    expect(bed.get("dr6") & 0x4000).toBe(0x4000);
  });

  test("of a REP instruction traps after each iteration", () => {
    const bed = new Testbed();
    bed.load("mov ecx, 3\nmov edi, 20000h\npushf\nor dword [esp], 100h\npopf\nrep stosb\nhlt");
    bed.load("iret", 0x6000);
    bed.gate(1, Selector.CODE0, 0x6000, 0x8e);
    // POPF sets TF, three iterations of which only the last retires, four IRETs, and HLT, which the trap ends.
    bed.run(5 + 4 + 1 + 1);
    expect(bed.exceptions.map((e) => e.eip - At.CODE)).toEqual([19, 19, 21, 22]);
  });

  test("is held back over MOV SS", () => {
    const bed = new Testbed();
    bed.load("mov ax, 10h\npushf\nor dword [esp], 100h\npopf\nmov ss, ax\nmov ebx, 1\nhlt");
    bed.run();
    expect(bed.exceptions[0]).toMatchObject({ vector: 1, eip: At.CODE + 4 + 9 + 2 + 5 });
  });

  test("INT n clears TF without a trap of its own", () => {
    const bed = new Testbed();
    bed.load("pushf\nor dword [esp], 100h\npopf\nint 40h\nhlt");
    bed.run();
    expect(bed.exceptions.map((e) => e.vector)).toEqual([0x40]);
  });
});

describe("RF", () => {
  const RF = 0x10000;

  test("is set in the image of a fault, clear in that of a software interrupt, and PUSHF pushes it as zero", () => {
    const bed = new Testbed();
    bed.execute("pushf\npop eax\nud2");
    expect(bed.read32(bed.get("esp") + 8) & RF).toBe(RF);
    expect(bed.get("eax") & RF).toBe(0);
    const other = new Testbed();
    other.execute("int 40h");
    expect(other.read32(other.get("esp") + 8) & RF).toBe(0);
  });

  test("lasts from IRET until the next instruction has retired", () => {
    for (const [at, expected] of [
      [4, RF],
      [5, 0],
    ]) {
      const bed = new Testbed();
      bed.load("push dword 10202h\npush cs\npush dword next\niret\nnext: nop\nnop\nnop");
      bed.run(at);
      expect(bed.get("eflags") & RF).toBe(expected);
      bed.cpu.interruptLine = true;
      bed.run(at + 1);
      expect(bed.exceptions[0]).toMatchObject({ vector: 0x20, count: at });
      expect(bed.read32(At.KERNEL_STACK - 4) & RF).toBe(expected);
    }
  });

  test("is set in the image of what interrupts a REP instruction", () => {
    const bed = new Testbed({
      readPort: () => {
        bed.cpu.interruptLine = true;
        return 0;
      },
    });
    bed.set("eflags", 0x202);
    bed.execute("mov ecx, 5\nmov edi, 20000h\nrep insb");
    expect(bed.exceptions[0].vector).toBe(0x20);
    expect(bed.read32(At.KERNEL_STACK - 4) & RF).toBe(RF);
  });
});
