import { describe, expect, test } from "vitest";
import { StopReason } from "../../emulator/cpu/cpu.ts";
import { At, Selector, Testbed } from "./testbed.ts";

const UD = 6;
const NP = 11;
const SS = 12;
const GP = 13;
const TS = 10;

/** Descriptors in the free slots, for every check there is. */
const Slot = {
  NOT_PRESENT_DATA: 0x30,
  READ_ONLY: 0x38,
  EXECUTE_ONLY: 0x40,
  CONFORMING: 0x48,
  CALL_GATE: 0x50,
  EXPAND_DOWN: 0x58,
  SMALL: 0x60,
  RING1_CODE: 0x68,
  NOT_PRESENT_CODE: 0x70,
  LDT: 0x78,
} as const;

function bedWithSlots(): Testbed {
  const bed = new Testbed();
  bed.descriptor(Slot.NOT_PRESENT_DATA, 0, 0xfffff, 0xc012);
  bed.descriptor(Slot.READ_ONLY, 0, 0xfffff, 0xc0f0);
  bed.descriptor(Slot.EXECUTE_ONLY, 0, 0xfffff, 0xc0f8);
  bed.descriptor(Slot.CONFORMING, 0, 0xfffff, 0xc09e);
  bed.descriptor(Slot.EXPAND_DOWN, 0, 0x1ffff, 0x40f6);
  bed.descriptor(Slot.SMALL, 0x20000, 0xfff, 0x40f2);
  bed.descriptor(Slot.RING1_CODE, 0, 0xfffff, 0xc0ba);
  bed.descriptor(Slot.NOT_PRESENT_CODE, 0, 0xfffff, 0xc01a);
  bed.descriptor(Slot.LDT, 0x22000, 0x1f, 0x82);
  return bed;
}

describe("segment loads", () => {
  const cases: [string, string, number, number][] = [
    // name, source, vector, error code
    ["DS of a segment not present", `mov ax, ${Slot.NOT_PRESENT_DATA}\nmov ds, ax`, NP, Slot.NOT_PRESENT_DATA],
    ["DS of an execute-only segment", `mov ax, ${Slot.EXECUTE_ONLY}\nmov ds, ax`, GP, Slot.EXECUTE_ONLY],
    ["DS of a system descriptor", `mov ax, ${Selector.TSS}\nmov ds, ax`, GP, Selector.TSS],
    ["DS beyond the GDT's limit", "mov ax, 80h\nmov ds, ax", GP, 0x80],
    ["DS of an LDT that isn't there", "mov ax, 0fh\nmov ds, ax", GP, 0x0c],
    ["SS null", "xor eax, eax\nmov ss, ax", GP, 0],
    ["SS with another RPL", `mov ax, ${Selector.DATA0 | 3}\nmov ss, ax`, GP, Selector.DATA0],
    ["SS of another DPL", `mov ax, ${Selector.DATA3}\nmov ss, ax`, GP, Selector.DATA3 & ~3],
    ["SS read-only", `mov ax, ${Slot.READ_ONLY}\nmov ss, ax`, GP, Slot.READ_ONLY],
    ["SS code", `mov ax, ${Selector.CODE0}\nmov ss, ax`, GP, Selector.CODE0],
    ["SS not present", `mov ax, ${Slot.NOT_PRESENT_DATA}\nmov ss, ax`, SS, Slot.NOT_PRESENT_DATA],
    ["LLDT of what is no LDT", `mov ax, ${Selector.DATA0}\nlldt ax`, GP, Selector.DATA0],
    ["LTR of a busy TSS", `mov ax, ${Selector.TSS}\nltr ax\nltr ax`, GP, Selector.TSS],
    ["MOV CS", "db 8eh, 0c8h", UD, -1],
    ["MOV to a segment register that isn't there", "db 8eh, 0f0h", UD, -1],
  ];
  test.each(cases)("%s", (_name, source, vector, errorCode) => {
    const [fault] = bedWithSlots().execute(source);
    expect(fault).toMatchObject({ vector, errorCode });
  });

  test("from ring 3: a ring 0 segment, by DPL and by RPL", () => {
    for (const [selector, errorCode] of [
      [Selector.DATA0, Selector.DATA0],
      [Selector.DATA0 | 3, Selector.DATA0],
      [Selector.CODE0, Selector.CODE0],
    ]) {
      const bed = bedWithSlots();
      bed.ring3();
      expect(bed.execute(`mov ax, ${selector}\nmov es, ax`)[0]).toMatchObject({ vector: GP, errorCode });
    }
    const bed = bedWithSlots();
    bed.ring3();
    // Conforming readable code of any DPL may be loaded.
    expect(bed.execute(`mov ax, ${Slot.CONFORMING}\nmov es, ax\nint3`)[0].vector).toBe(3);
    expect(bed.get("es")).toBe(Slot.CONFORMING);
  });

  test("set the accessed bit, a null selector makes the segment unusable", () => {
    const bed = bedWithSlots();
    const [fault] = bed.execute(`
      mov ax, ${Slot.SMALL}
      mov fs, ax
      xor eax, eax
      mov gs, ax
      mov eax, [gs:10000h]`);
    expect(fault).toMatchObject({ vector: GP, errorCode: 0, count: 4 });
    expect(bed.arena.ram8[At.GDT + Slot.SMALL + 5]).toBe(0xf3);
  });

  test("through the LDT", () => {
    const bed = bedWithSlots();
    bed.write32(0x22008, 0x40000fff & 0xffff);
    bed.write32(0x2200c, 0x0040f203);
    bed.execute(`mov ax, ${Slot.LDT}\nlldt ax\nmov ax, 0ch\nmov fs, ax\nmov eax, 1234h\nmov [fs:8], eax\nhlt`);
    expect(bed.cpu.segment("fs")).toMatchObject({ selector: 0x0c, base: 0x30000, limit: 0xfff });
    expect(bed.read32(0x30008)).toBe(0x1234);
  });
});

describe("limits and rights of a segment", () => {
  const at = (segment: number, access: string): string => `mov ax, ${segment}\nmov fs, ax\n${access}`;
  const cases: [string, string, number][] = [
    ["a read up to the limit", at(Slot.SMALL, "mov eax, [fs:0ffch]"), -1],
    ["a read beyond it", at(Slot.SMALL, "mov eax, [fs:0ffdh]"), GP],
    ["a byte at the limit", at(Slot.SMALL, "mov al, [fs:0fffh]"), -1],
    ["a byte after it", at(Slot.SMALL, "mov al, [fs:1000h]"), GP],
    ["a negative offset", at(Slot.SMALL, "mov eax, [fs:-4]"), GP],
    ["a word that wraps", at(Slot.SMALL, "mov ax, [fs:-1]"), GP],
    ["a write to read-only data", at(Slot.READ_ONLY, "mov [fs:20000h], eax"), GP],
    ["a read of it", at(Slot.READ_ONLY, "mov eax, [fs:20000h]"), -1],
    ["a write to code", "mov [cs:20000h], eax", GP],
    ["a read of it", "mov eax, [cs:20000h]", -1],
    ["expand-down at its limit", at(Slot.EXPAND_DOWN, "mov al, [fs:1ffffh]"), GP],
    ["expand-down above it", at(Slot.EXPAND_DOWN, "mov al, [fs:20000h]"), -1],
    ["expand-down at the top", at(Slot.EXPAND_DOWN, "mov eax, [fs:0fffffffch]"), -1],
    ["a string source", at(Slot.SMALL, "mov esi, 0ffeh\nmov edi, 20000h\nmov ecx, 2\nfs rep movsb"), -1],
    ["a string source beyond the limit", at(Slot.SMALL, "mov esi, 0ffeh\nmov ecx, 3\nfs rep lodsb"), GP],
    ["XLAT", at(Slot.SMALL, "mov ebx, 0fffh\nmov al, 1\nfs xlatb"), GP],
    ["a read-modify-write", at(Slot.READ_ONLY, "add dword [fs:20000h], 1"), GP],
  ];
  test.each(cases)("%s", (_name, source, vector) => {
    const bed = bedWithSlots();
    const faults = bed.execute(`${source}\nint 77h`);
    if (vector === -1) expect(faults[0].vector).toBe(0x77);
    else expect(faults[0]).toMatchObject({ vector, errorCode: 0 });
  });

  test("a base is added, on the stack too, and stack faults are #SS", () => {
    const bed = bedWithSlots();
    bed.descriptor(Slot.SMALL, 0x20000, 0xfff, 0x4092);
    const faults = bed.execute(`
      mov ax, ${Slot.SMALL}
      mov ss, ax
      mov esp, 1000h
      push dword 11223344h
      call next
      next: pop ebx
      pop ecx
      mov ebp, 0ffdh
      mov eax, [ebp]`);
    expect(bed.get("ecx")).toBe(0x11223344);
    // The frame of the fault is at the top of the same stack.
    expect(bed.read32(0x20ffc) & 0x10002).toBe(0x10002);
    expect(faults[0]).toMatchObject({ vector: SS, errorCode: 0 });
  });

  test("a 16-bit stack wraps and leaves the upper half of ESP", () => {
    const bed = bedWithSlots();
    bed.descriptor(Slot.SMALL, 0x20000, 0xffff, 0x0092);
    bed.execute(`
      mov ax, ${Slot.SMALL}
      mov ss, ax
      mov esp, 0abcd0000h
      push dword 11223344h
      mov ebx, esp
      pop edx
      hlt`);
    expect(bed.get("ebx")).toBe(0xabcdfffc);
    expect(bed.get("esp")).toBe(0xabcd0000);
    expect(bed.get("edx")).toBe(0x11223344);
    expect(bed.read32(0x2fffc)).toBe(0x11223344);
  });

  test("code beyond the segment's limit is #GP, at a jump and at running over the end", () => {
    const bed = bedWithSlots();
    bed.descriptor(Slot.SMALL, 0x20000, 0xf, 0x409a);
    bed.load("nop\nnop\njmp 20h", 0x20000);
    bed.load(`jmp ${Slot.SMALL}:0`);
    bed.run();
    expect(bed.exceptions[0]).toMatchObject({ vector: GP, errorCode: 0, eip: 2, count: 3 });
    const other = bedWithSlots();
    other.descriptor(Slot.SMALL, 0x20000, 0xf, 0x409a);
    other.load("times 14 nop\nmov eax, 1", 0x20000);
    other.load(`jmp ${Slot.SMALL}:0`);
    other.run();
    expect(other.exceptions[0]).toMatchObject({ vector: GP, errorCode: 0, eip: 14, count: 15 });
  });
});

describe("privileged instructions at ring 3", () => {
  test("are #GP(0)", () => {
    for (const source of [
      "hlt",
      "cli",
      "sti",
      "mov cr0, eax",
      "mov eax, cr3",
      "mov dr7, eax",
      "lgdt [0]",
      "lidt [0]",
      "lldt ax",
      "ltr ax",
      "lmsw ax",
      "clts",
      "invlpg [0]",
      "invd",
      "wbinvd",
      "rdmsr",
      "wrmsr",
      "in al, 60h",
      "out dx, eax",
      "insb",
      "rep outsd",
      "sysexit",
    ]) {
      const bed = bedWithSlots();
      bed.ring3();
      expect(bed.execute(source)[0], source).toMatchObject({ vector: GP, errorCode: 0, eip: At.CODE, cpl: 3 });
    }
  });

  test("POPF changes IF only with IOPL, and never IOPL", () => {
    const bed = bedWithSlots();
    bed.ring3();
    bed.set("eflags", 0x202);
    bed.execute("push 3002h\npopf\npushf\npop eax\nint 77h");
    expect(bed.get("eax") & 0x3200).toBe(0x200);
    const with3 = bedWithSlots();
    with3.ring3();
    with3.set("eflags", 0x3202);
    with3.execute("cli\npushf\npop eax\npush 3202h\npopf\npushf\npop ebx\nint 77h");
    expect([with3.get("eax") & 0x3200, with3.get("ebx") & 0x3200]).toEqual([0x3000, 0x3200]);
  });

  test("ports follow the permission bitmap of the TSS", () => {
    const bed = bedWithSlots();
    bed.ring3();
    bed.cpu.setSegment("tr", { selector: Selector.TSS, base: At.TSS, limit: 0x78, access: 0x8b });
    // Ports 0-7Fh: 60h is allowed, 61h not.
    for (let i = 0; i < 17; i++) bed.arena.ram8[At.TSS + 0x68 + i] = 0xff;
    bed.arena.ram8[At.TSS + 0x68 + 12] = 0xfe;
    expect(bed.execute("out 60h, al\nout 60h, ax")[0]).toMatchObject({ vector: GP, count: 1 });
    expect(bed.ports).toHaveLength(1);
    bed.set("eip", At.CODE);
    bed.ring3();
    expect(bed.execute("in al, 78h", bed.cpu.instructionCount + 5)[0]).toMatchObject({ vector: GP });
  });
});

describe("gates", () => {
  test("INT from ring 3 needs the gate's DPL", () => {
    const bed = bedWithSlots();
    bed.ring3();
    expect(bed.execute("int 80h")[1]).toMatchObject({ vector: GP, errorCode: 0x80 * 8 + 2, eip: At.CODE });
  });

  test("an interrupt from ring 3 switches to the stack of the TSS, IRET goes back", () => {
    const bed = bedWithSlots();
    bed.ring3();
    bed.set("eflags", 0x202);
    bed.gate(0x80, Selector.CODE0, 0x6000, 0xee);
    bed.load("mov ebx, esp\nmov ecx, ss\nmov edx, cs\npushf\npop esi\niret", 0x6000);
    bed.execute("int 80h\nmov edi, esp\nud2");
    expect(bed.get("ebx")).toBe(At.RING0_STACK - 20);
    expect([bed.get("ecx"), bed.get("edx")]).toEqual([Selector.DATA0, Selector.CODE0]);
    expect(bed.get("esi") & 0x200).toBe(0);
    expect(bed.read32(At.RING0_STACK - 4)).toBe(Selector.DATA3);
    expect(bed.read32(At.RING0_STACK - 8)).toBe(At.USER_STACK);
    expect(bed.read32(At.RING0_STACK - 16)).toBe(Selector.CODE3);
    expect(bed.get("edi")).toBe(At.USER_STACK);
    expect(bed.exceptions[1]).toMatchObject({ vector: UD, cpl: 3 });
  });

  test("a trap gate leaves IF, an interrupt gate clears it", () => {
    for (const [access, expected] of [
      [0x8e, 0],
      [0x8f, 0x200],
    ]) {
      const bed = bedWithSlots();
      bed.set("eflags", 0x202);
      bed.gate(0x40, Selector.CODE0, 0x6000, access);
      bed.load("hlt", 0x6000);
      bed.execute("int 40h");
      expect(bed.get("eflags") & 0x200).toBe(expected);
    }
  });

  test("16-bit gates push words", () => {
    const bed = bedWithSlots();
    bed.gate(0x40, Selector.CODE0, 0x6000, 0x86);
    bed.load("mov ebx, esp\no16 iret", 0x6000);
    bed.load("int 40h\nhlt", 0x2000 + At.TSS + 0x1000);
    bed.set("eip", 0x2000 + At.TSS + 0x1000);
    bed.run();
    expect(bed.get("ebx")).toBe(At.KERNEL_STACK - 6);
    expect(bed.get("esp")).toBe(At.KERNEL_STACK);
  });

  const bad: [string, (bed: Testbed) => void, number, number][] = [
    ["a gate that is not present", (b) => b.gate(0x40, Selector.CODE0, 0, 0x6e), NP, 0x40 * 8 + 2],
    ["no gate at all", (b) => b.gate(0x40, Selector.CODE0, 0, 0x82), GP, 0x40 * 8 + 2],
    ["a gate to a null selector", (b) => b.gate(0x40, 0, 0, 0xee), GP, 0],
    ["a gate to data", (b) => b.gate(0x40, Selector.DATA0, 0, 0xee), GP, Selector.DATA0],
    ["a gate to an outer level", (b) => (b.ring0(), b.gate(0x40, Selector.CODE3, 0, 0xee)), GP, Selector.CODE3 & ~3],
    ["a gate to code not present", (b) => b.gate(0x40, Slot.NOT_PRESENT_CODE, 0, 0xee), NP, Slot.NOT_PRESENT_CODE],
    ["a null stack in the TSS", (b) => (b.gate(0x40, 8, 0, 0xee), b.write32(At.TSS + 8, 0)), TS, 0],
    ["a stack of the wrong DPL", (b) => (b.gate(0x40, 8, 0, 0xee), b.write32(At.TSS + 8, 0x23)), TS, 0x20],
    ["a stack not present", (b) => (b.gate(0x40, 8, 0, 0xee), b.write32(At.TSS + 8, 0x30)), SS, 0x30],
    [
      "an offset beyond the code",
      (b) => (b.descriptor(0x68, 0, 0xfff, 0x409a), b.gate(0x40, 0x68, 0x1000, 0xee)),
      GP,
      0,
    ],
  ];
  test.each(bad)("%s", (_name, prepare, vector, errorCode) => {
    const bed = bedWithSlots();
    bed.ring3();
    prepare(bed);
    // The handlers of the faults need a good stack: let them be reached through a ring 3 gate.
    const faults = bed.execute("int 40h");
    expect(faults[0].vector).toBe(0x40);
    expect(faults[1]).toMatchObject({ vector, errorCode });
  });

  test("an IDT limit cuts vectors off", () => {
    const bed = bedWithSlots();
    bed.set("idtr.limit", 0x40 * 8 + 6);
    expect(bed.execute("int 40h")[1]).toMatchObject({ vector: GP, errorCode: 0x40 * 8 + 2 });
  });

  test("an external interrupt sets EXT in the error code of a fault while it is delivered", () => {
    const bed = bedWithSlots();
    bed.set("eflags", 0x202);
    bed.gate(0x20, 0, 0, 0);
    bed.load("nop\nhlt");
    bed.cpu.interruptLine = true;
    bed.run();
    expect(bed.exceptions[1]).toMatchObject({ vector: GP, errorCode: 0x20 * 8 + 3 });
  });
});

describe("far transfers", () => {
  test("a call gate to ring 0 copies parameters, RETF drops them on both stacks", () => {
    const bed = bedWithSlots();
    bed.ring3();
    bed.callGate(Slot.CALL_GATE, Selector.CODE0, 0x6000, 0xec, 2);
    bed.load("mov eax, [esp + 8]\nmov ebx, [esp + 12]\nmov ecx, esp\nmov edx, cs\nretf 8", 0x6000);
    bed.execute(`push 11h\npush 22h\ncall ${Slot.CALL_GATE | 3}:0\nmov esi, esp\nmov edi, cs\nint 77h`);
    expect([bed.get("eax"), bed.get("ebx")]).toEqual([0x22, 0x11]);
    expect(bed.get("ecx")).toBe(At.RING0_STACK - 24);
    expect(bed.get("edx")).toBe(Selector.CODE0);
    expect(bed.get("esi")).toBe(At.USER_STACK);
    expect(bed.get("edi")).toBe(Selector.CODE3);
  });

  test("RETF and IRET to ring 3 make ring 0 data segments null", () => {
    const bed = bedWithSlots();
    bed.execute(`
      mov ax, ${Selector.DATA3}
      mov es, ax
      push dword ${Selector.DATA3}
      push dword ${At.USER_STACK}
      push dword ${Selector.CODE3}
      push dword target
      retf
      target: mov ax, ds
      int 77h`);
    expect(bed.get("eax") & 0xffff).toBe(0);
    expect(bed.get("es")).toBe(Selector.DATA3);
    expect(bed.cpu.segment("ds").access).toBe(0);
  });

  const bad: [string, string, number, number][] = [
    ["to a null selector", "jmp 0:0", GP, 0],
    ["to data", `jmp ${Selector.DATA0}:0`, GP, Selector.DATA0],
    ["to code of an outer level", `jmp ${Selector.CODE3}:0`, GP, Selector.CODE3 & ~3],
    ["to code of an inner level than RPL says", `call ${Selector.CODE0 | 1}:0`, GP, Selector.CODE0],
    ["to code not present", `jmp ${Slot.NOT_PRESENT_CODE}:0`, NP, Slot.NOT_PRESENT_CODE],
    ["to an LDT descriptor", `call ${Slot.LDT}:0`, GP, Slot.LDT],
    ["return to an inner level", `push dword ${Selector.CODE0}\npush dword 0\nretf`, -1, 0],
    ["return to data", `push dword ${Selector.DATA0}\npush dword 0\nretf`, GP, Selector.DATA0],
    ["return to null", "push dword 0\npush dword 0\nretf", GP, 0],
  ];
  test.each(bad.filter(([, , vector]) => vector !== -1))("%s", (_name, source, vector, errorCode) => {
    const bed = bedWithSlots();
    expect(bed.execute(source)[0]).toMatchObject({ vector, errorCode });
  });

  test("return from ring 3 to ring 0 is #GP with the selector", () => {
    const bed = bedWithSlots();
    bed.ring3();
    expect(bed.execute(`push dword ${Selector.CODE0}\npush dword 0\nretf`)[0]).toMatchObject({
      vector: GP,
      errorCode: Selector.CODE0,
      count: 2,
    });
  });

  test("conforming code runs at the caller's level", () => {
    const bed = bedWithSlots();
    bed.ring3();
    bed.load("mov eax, cs\nretf", 0x20000);
    const faults = bed.execute(`call ${Slot.CONFORMING}:20000h\nint 77h`);
    expect(bed.get("eax")).toBe(Slot.CONFORMING | 3);
    expect(faults[0].vector).toBe(0x77);
  });
});

describe("selectors inspected", () => {
  test("LAR, LSL, VERR, VERW", () => {
    const bed = bedWithSlots();
    bed.execute(`
      mov cx, ${Slot.SMALL}
      lar eax, cx
      setz bl
      lsl edx, cx
      setz bh
      mov cx, ${Slot.READ_ONLY}
      verr cx
      setz byte [20000h]
      verw cx
      setz byte [20001h]
      mov cx, 88h
      lsl esi, cx
      setz byte [20002h]
      mov cx, ${Slot.EXECUTE_ONLY}
      verr cx
      setz byte [20003h]
      hlt`);
    expect(bed.get("eax")).toBe(0x0040f200);
    expect(bed.get("edx")).toBe(0xfff);
    expect(bed.get("ebx") & 0xffff).toBe(0x0101);
    expect([...bed.arena.ram8.subarray(0x20000, 0x20004)]).toEqual([1, 0, 0, 0]);
  });

  test("ARPL raises the RPL", () => {
    const bed = bedWithSlots();
    bed.execute("mov ax, 8\nmov bx, 3\narpl ax, bx\nsetz cl\narpl ax, bx\nsetz ch\nhlt");
    expect(bed.get("eax") & 0xffff).toBe(0xb);
    expect(bed.get("ecx") & 0xffff).toBe(0x0001);
  });
});

describe("SYSENTER and SYSEXIT", () => {
  test("go to ring 0 and back", () => {
    const bed = bedWithSlots();
    // CS 8, SS 10h; SYSEXIT to CS 18h|3, SS 20h|3.
    bed.load("mov ecx, esi\nmov edx, edi\nmov ebx, cs\nmov ebp, esp\nsysexit", 0x6000);
    const faults = bed.execute(`
      xor edx, edx
      mov ecx, 174h
      mov eax, 8
      wrmsr
      inc ecx
      mov eax, ${At.RING0_STACK}
      wrmsr
      inc ecx
      mov eax, 6000h
      wrmsr
      mov esi, ${At.USER_STACK}
      mov edi, user
      sysenter
      user: mov eax, cs
      mov ecx, ss
      ud2`);
    expect([bed.get("ebx"), bed.get("ebp")]).toEqual([8, At.RING0_STACK]);
    expect([bed.get("eax"), bed.get("ecx")]).toEqual([0x1b, 0x23]);
    expect(faults[0]).toMatchObject({ vector: UD, cpl: 3 });
  });
});

describe("tasks", () => {
  /** A second TSS at 24000h with its selector in slot 30h. */
  function withTask(): Testbed {
    const bed = bedWithSlots();
    bed.descriptor(0x30, 0x24000, 0x67, 0x89);
    const words: [number, number][] = [
      [0x20, 0x6000],
      [0x24, 2],
      [0x28, 0x1111],
      [0x38, At.KERNEL_STACK - 0x100],
      [0x48, Selector.DATA0],
      [0x4c, Selector.CODE0],
      [0x50, Selector.DATA0],
      [0x54, Selector.DATA0],
      [0x58, 0],
      [0x5c, 0],
      [0x60, 0],
    ];
    for (const [at, value] of words) bed.write32(0x24000 + at, value);
    return bed;
  }

  test("CALL to a TSS nests, IRET comes back", () => {
    const bed = withTask();
    bed.load("inc eax\niret\ninc eax\nhlt", 0x6000);
    bed.set("ebx", 0x2222);
    bed.execute("mov eax, 5\ncall 30h:0\nmov ecx, eax\nhlt");
    expect(bed.get("ecx")).toBe(5);
    expect(bed.get("cs")).toBe(Selector.CODE0);
    expect(bed.get("tr")).toBe(Selector.TSS);
    expect(bed.read32(0x24000 + 0x28)).toBe(0x1112); // EAX saved at the IRET
    expect(bed.read16(0x24000)).toBe(Selector.TSS); // the back link
    expect(bed.arena.ram8[At.GDT + 0x30 + 5]).toBe(0x89); // not busy any more
    expect(bed.get("cr0") & 8).toBe(8); // TS
  });

  test("JMP to a TSS leaves the old one free and the new one busy", () => {
    const bed = withTask();
    bed.arena.ram8[At.GDT + Selector.TSS + 5] = 0x8b;
    bed.load("hlt", 0x6000);
    bed.execute("jmp 30h:0");
    expect(bed.get("tr")).toBe(0x30);
    expect(bed.arena.ram8[At.GDT + Selector.TSS + 5]).toBe(0x89);
    expect(bed.arena.ram8[At.GDT + 0x30 + 5]).toBe(0x8b);
    expect(bed.read32(At.TSS + 0x20)).toBe(At.CODE + 7);
    expect(bed.get("eax")).toBe(0x1111);
  });

  test("a double fault goes through a task gate with its error code", () => {
    const bed = withTask();
    bed.gate(8, 0x30, 0, 0x85);
    bed.gate(GP, 0, 0, 0);
    bed.load("pop ebx\nhlt", 0x6000);
    // ESP is useless: only another task's stack can save the day.
    expect(bed.execute("mov ax, 88h\nmov ds, ax").map((f) => f.vector)).toEqual([GP, 8]);
    expect(bed.get("ebx")).toBe(0);
    expect(bed.get("tr")).toBe(0x30);
    expect(bed.read32(At.TSS + 0x20)).toBe(At.CODE + 4);
  });

  test("a busy TSS, one too small, one not present", () => {
    for (const [access, limit, vector, errorCode] of [
      [0x8b, 0x67, GP, 0x30],
      [0x89, 0x66, TS, 0x30],
      [0x09, 0x67, NP, 0x30],
    ]) {
      const bed = withTask();
      bed.descriptor(0x30, 0x24000, limit, access);
      expect(bed.execute("jmp 30h:0")[0]).toMatchObject({ vector, errorCode, eip: At.CODE });
    }
  });

  test("a bad segment in the new task faults there", () => {
    const bed = withTask();
    bed.write32(0x24000 + 0x50, Selector.CODE0);
    const faults = bed.execute("jmp 30h:0");
    expect(faults[0]).toMatchObject({ vector: TS, errorCode: Selector.CODE0, eip: 0x6000, count: 1 });
  });
});

describe("shutdown", () => {
  test("is reported and lasts", () => {
    const bed = bedWithSlots();
    bed.set("idtr.limit", 0);
    bed.load("ud2");
    expect(bed.run()).toBe(StopReason.Shutdown);
    expect(bed.exceptions.map((e) => e.vector)).toEqual([UD, GP, 8]);
  });
});
