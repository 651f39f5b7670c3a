import { describe, expect, test } from "vitest";
import { StopReason } from "../../emulator/cpu/cpu.ts";
import { At, Page, Selector, Testbed } from "./testbed.ts";

/* The processor's rows of the page-fault checklist (DESIGN.md section 8, rows 23-31). */

const PF = 14;
const DF = 8;
/** Two user pages of which tests unmap or protect the second. */
const FIRST = 0x400000;
const SECOND = 0x401000;

function paged(): Testbed {
  const bed = new Testbed();
  bed.enablePaging();
  bed.map(FIRST, 0x20000, Page.P | Page.W | Page.U);
  bed.map(SECOND, 0x21000, Page.P | Page.W | Page.U);
  return bed;
}

function userBed(): Testbed {
  const bed = paged();
  bed.ring3();
  return bed;
}

describe("error code and CR2", () => {
  const cases: [string, (bed: Testbed) => void, string, number, number][] = [
    ["a user read of a page not present", (b) => b.map(SECOND, 0, 0), "mov eax, [401004h]", 4, 0x401004],
    ["a user write to a page not present", (b) => b.map(SECOND, 0, 0), "mov [401ffch], eax", 6, 0x401ffc],
    [
      "a user write to a read-only page",
      (b) => b.map(SECOND, 0x21000, Page.P | Page.U),
      "mov [401000h], al",
      7,
      SECOND,
    ],
    [
      "a user read of a supervisor page",
      (b) => b.map(SECOND, 0x21000, Page.P | Page.W),
      "mov al, [401001h]",
      5,
      0x401001,
    ],
    [
      "a user write to a supervisor page",
      (b) => b.map(SECOND, 0x21000, Page.P | Page.W),
      "mov [401000h], al",
      7,
      SECOND,
    ],
    ["a user fetch from a page not present", (b) => b.map(SECOND, 0, 0), "jmp 401010h", 4, 0x401010],
    ["a missing page table", () => {}, "mov eax, [0c0000000h]", 4, 0xc0000000],
  ];
  test.each(cases)("%s", (_name, prepare, source, errorCode, cr2) => {
    const bed = userBed();
    prepare(bed);
    const [fault] = bed.execute(source);
    expect(fault).toMatchObject({ vector: PF, errorCode, cr2, cpl: 3 });
    // A fault of the fetch has the target as its EIP.
    expect(fault.eip).toBe(source.startsWith("jmp") ? 0x401010 : At.CODE);
  });

  test("a supervisor write to a read-only page is a fault with CR0.WP and none without, at once", () => {
    const bed = paged();
    bed.map(SECOND, 0x21000, Page.P | Page.U);
    const [fault] = bed.execute(`
      mov eax, [401000h]      ; the TLB has the page
      mov eax, cr0
      and eax, ~10000h
      mov cr0, eax
      mov dword [401000h], 12345678h
      or eax, 10000h
      mov cr0, eax
      mov dword [401000h], 0
    `);
    expect(fault).toMatchObject({ vector: PF, errorCode: 3, cr2: SECOND, cpl: 0 });
    expect(bed.read32(0x21000)).toBe(0x12345678);
    expect(fault.count).toBe(7);
  });

  test("rights of directory and table are combined (row 30)", () => {
    for (const [directory, table, errorCode] of [
      [Page.P | Page.W, Page.P | Page.W | Page.U, 5],
      [Page.P | Page.W | Page.U, Page.P | Page.W, 5],
      [Page.P | Page.U, Page.P | Page.W | Page.U, 7],
      [Page.P | Page.W | Page.U, Page.P | Page.U, 7],
    ]) {
      const bed = userBed();
      bed.map(SECOND, 0x21000, table);
      const at = At.PAGE_DIRECTORY + 4;
      bed.write32(at, (bed.read32(at) & ~7) | directory);
      const source = errorCode === 5 ? "mov eax, [401000h]" : "mov [401000h], eax";
      expect(bed.execute(source)[0]).toMatchObject({ vector: PF, errorCode, cr2: SECOND });
    }
  });

  test("a read-modify-write reports a write, although its read comes first (row 26)", () => {
    for (const source of [
      "add [401000h], eax",
      "inc byte [401000h]",
      "shl word [401000h], 3",
      "xchg [401000h], eax",
      "bts dword [401000h], 1",
      "lock xadd [401000h], eax",
      "cmpxchg [401000h], eax",
      "lock cmpxchg8b [401000h]",
      "not dword [401000h]",
    ]) {
      const missing = userBed();
      missing.map(SECOND, 0, 0);
      expect(missing.execute(source)[0], source).toMatchObject({ vector: PF, errorCode: 6, cr2: SECOND });
      const readOnly = userBed();
      readOnly.map(SECOND, 0x21000, Page.P | Page.U);
      expect(readOnly.execute(source)[0], source).toMatchObject({ vector: PF, errorCode: 7, cr2: SECOND });
    }
  });
});

describe("an access across a page boundary (row 24)", () => {
  test("faults with the first byte of the second page, and nothing is written", () => {
    for (const [source, address] of [
      ["mov dword [400ffdh], 0", 0x400ffd],
      ["mov word [400fffh], 0", 0x400fff],
      ["mov dword [400fffh], 0", 0x400fff],
    ] as const) {
      const bed = userBed();
      bed.write32(0x20ffc, 0xa5a5a5a5);
      bed.map(SECOND, 0, 0);
      const [fault] = bed.execute(source);
      expect(fault).toMatchObject({ vector: PF, errorCode: 6, cr2: SECOND });
      expect(bed.read32(0x20ffc), `${address.toString(16)}`).toBe(0xa5a5a5a5);
      // The first page is not marked dirty: no write to it was completed.
      expect(bed.read32(bed.tableEntry(FIRST)) & Page.D).toBe(0);
    }
  });

  test("faults in the first page when both are missing", () => {
    const bed = userBed();
    bed.map(FIRST, 0, 0);
    bed.map(SECOND, 0, 0);
    expect(bed.execute("mov eax, [400ffeh]")[0]).toMatchObject({ errorCode: 4, cr2: 0x400ffe });
  });

  test("works across pages that lie apart in physical memory", () => {
    const bed = userBed();
    bed.map(SECOND, 0x30000, Page.P | Page.W | Page.U);
    bed.execute("mov dword [400ffeh], 11223344h\nmov eax, [400ffeh]\nmov ebx, [400fffh]\nint3");
    expect(bed.get("eax")).toBe(0x11223344);
    expect(bed.get("ebx") & 0xffffff).toBe(0x112233);
    expect(bed.read32(0x20ffc) >>> 16).toBe(0x3344);
    expect(bed.read16(0x30000)).toBe(0x1122);
  });

  test("an instruction across it faults with the second page as CR2 and itself as EIP", () => {
    const bed = userBed();
    bed.load("mov eax, 12345678h", 0x20ffd);
    bed.map(SECOND, 0, 0);
    bed.set("eip", 0x400ffd);
    bed.run();
    expect(bed.exceptions[0]).toMatchObject({ vector: PF, errorCode: 4, cr2: SECOND, eip: 0x400ffd, count: 0 });
    expect(bed.get("eax")).toBe(0);
  });
});

describe("faults in the middle of an instruction", () => {
  test("REP MOVS stands at the iteration that faulted (row 25)", () => {
    for (const [source, cr2, errorCode] of [
      // Source runs into the missing page, then the destination does.
      ["mov esi, 400ff0h\nmov edi, 400800h\nmov ecx, 8\nrep movsd", SECOND, 4],
      ["mov esi, 400800h\nmov edi, 400ff0h\nmov ecx, 8\nrep movsd", SECOND, 6],
    ] as const) {
      const bed = userBed();
      for (let i = 0; i < 1024; i++) bed.write32(0x20000 + i * 4, i * 0x01010101);
      bed.map(SECOND, 0, 0);
      const [fault] = bed.execute(source);
      expect(fault).toMatchObject({ vector: PF, errorCode, cr2, eip: At.CODE + 15, count: 3 });
      expect(bed.get("ecx")).toBe(4);
      expect(bed.get(errorCode === 4 ? "esi" : "edi")).toBe(SECOND);
      expect(bed.get(errorCode === 4 ? "edi" : "esi")).toBe(0x400810);
      const target = errorCode === 4 ? 0x20800 : 0x20ff0;
      const from = errorCode === 4 ? 0x3fc : 0x200;
      for (let i = 0; i < 4; i++) expect(bed.read32(target + i * 4)).toBe(Math.imul(from + i, 0x01010101) >>> 0);
    }
  });

  test("a resumed REP STOS completes and retires once", () => {
    const bed = userBed();
    bed.map(SECOND, 0, 0);
    bed.execute("mov edi, 400f00h\nmov ecx, 400h\nmov al, 5ah\nrep stosb\nmov ebx, 1\nint3", 4);
    expect(bed.exceptions[0]).toMatchObject({ cr2: SECOND, count: 3 });
    // The handler's HLT has retired; map the page and go back.
    bed.map(SECOND, 0x21000, Page.P | Page.W | Page.U);
    bed.ring3();
    bed.set("eip", bed.exceptions[0].eip);
    const before = bed.cpu.instructionCount;
    bed.run(before + 2);
    expect(bed.get("ecx")).toBe(0);
    expect(bed.get("ebx")).toBe(1);
    expect(bed.arena.ram8.subarray(0x20f00, 0x21300).every((byte) => byte === 0x5a)).toBe(true);
    expect(bed.arena.ram8[0x21300]).toBe(0);
  });

  test("REP CMPS that faults leaves the flags from before it", () => {
    const bed = userBed();
    bed.map(SECOND, 0, 0);
    bed.execute("xor eax, eax\nstc\nmov esi, 400ffch\nmov edi, 400ffch\nmov ecx, 9\nrepe cmpsb\n");
    expect(bed.exceptions[0]).toMatchObject({ vector: PF, cr2: SECOND });
    expect(bed.get("ecx")).toBe(5);
    const pushed = bed.read32(At.RING0_STACK - 12);
    expect(pushed & 0x8d5).toBe(0x45); // ZF PF of the XOR, CF of STC
  });

  test("pushes that fault half-way leave ESP and registers (row 29)", () => {
    for (const [name, source] of [
      ["pusha", "pusha"],
      ["enter", "enter 16, 3"],
      ["push m", "push dword [esp]"],
      ["call", "call $+5"],
      ["call m", "call [403000h]"],
      ["pushf", "pushf"],
    ]) {
      const bed = userBed();
      bed.map(FIRST, 0, 0);
      const esp = name === "pusha" || name === "enter" ? SECOND + 8 : SECOND;
      bed.map(0x403000, 0x22000, Page.P | Page.U);
      bed.set("esp", esp);
      bed.set("ebp", SECOND + 0x100);
      bed.write32(0x21000, 0x77777777);
      const [fault] = bed.execute(source);
      expect(fault, name).toMatchObject({ vector: PF, errorCode: 6, eip: At.CODE });
      // The user's ESP is in the frame of the fault.
      expect(bed.read32(At.RING0_STACK - 8), name).toBe(esp);
      expect(bed.get("ebp")).toBe(SECOND + 0x100);
    }
  });

  test("a pop that faults leaves ESP, a pop to memory too", () => {
    const bed = userBed();
    bed.map(SECOND, 0, 0);
    bed.set("esp", 0x400ffe);
    bed.execute("pop eax");
    expect(bed.exceptions[0]).toMatchObject({ errorCode: 4, cr2: SECOND });
    expect(bed.read32(At.RING0_STACK - 8)).toBe(0x400ffe);
    const other = userBed();
    other.map(SECOND, 0, 0);
    other.set("esp", 0x400ff0);
    other.execute("pop dword [401000h]");
    expect(other.exceptions[0]).toMatchObject({ errorCode: 6, cr2: SECOND });
    expect(other.read32(At.RING0_STACK - 8)).toBe(0x400ff0);
  });

  test("an instruction that faults leaves the arithmetic flags", () => {
    const bed = userBed();
    bed.map(SECOND, 0, 0);
    bed.execute("mov eax, 80000000h\nadd eax, eax\nadc eax, [401000h]");
    expect(bed.exceptions[0].count).toBe(2);
    expect(bed.read32(At.RING0_STACK - 12) & 0x8d5).toBe(0x845); // OF ZF PF CF of the ADD
    expect(bed.get("eax")).toBe(0);
  });
});

describe("implicit accesses are the supervisor's (row 27)", () => {
  test("IDT not mapped", () => {
    const bed = userBed();
    bed.map(0x500000, 0, 0);
    bed.set("idtr.base", 0x500000);
    const faults = bed.execute("int3");
    expect(faults[0]).toMatchObject({ vector: 3 });
    // #PF on the IDT while delivering a software interrupt is an ordinary #PF, which finds the IDT missing again: #DF,
    // and then shutdown.
    expect(faults[1]).toMatchObject({ vector: PF, errorCode: 0, cr2: 0x500000 + 24, cpl: 3, eip: At.CODE });
    expect(faults[2]).toMatchObject({ vector: DF, errorCode: 0 });
    expect(faults).toHaveLength(3);
    expect(bed.run()).toBe(StopReason.Shutdown);
  });

  test("GDT not mapped at a segment load", () => {
    const bed = userBed();
    bed.map(0x500000, 0, 0);
    bed.set("gdtr.base", 0x500000);
    const faults = bed.execute("mov ax, 23h\nmov fs, ax");
    expect(faults[0]).toMatchObject({ vector: PF, errorCode: 0, cr2: 0x500020, eip: At.CODE + 4 });
  });

  test("TSS not mapped", () => {
    const bed = userBed();
    bed.map(0x500000, 0, 0);
    bed.cpu.setSegment("tr", { selector: Selector.TSS, base: 0x500000, limit: 0x67, access: 0x8b });
    bed.gate(3, Selector.CODE0, At.STUBS, 0xee);
    const faults = bed.execute("int3");
    expect(faults[1]).toMatchObject({ vector: PF, errorCode: 0, cr2: 0x500004 });
  });

  test("ring 0 stack not mapped: #PF, then #DF on the same stack, then shutdown", () => {
    const bed = userBed();
    bed.map(At.RING0_STACK - 0x1000, 0, 0);
    bed.gate(3, Selector.CODE0, At.STUBS, 0xee);
    const faults = bed.execute("int3");
    expect(faults.map((f) => f.vector)).toEqual([3, PF, DF]);
    // Five words from the top of the stack down; the lowest is where the frame would begin.
    expect(faults[1]).toMatchObject({ errorCode: 2, cr2: At.RING0_STACK - 20 });
    expect(bed.run()).toBe(StopReason.Shutdown);
  });
});

describe("double and triple faults (row 23)", () => {
  test("a page fault while a page fault is delivered is #DF with error code 0", () => {
    const bed = userBed();
    bed.map(0x500000, 0, 0);
    bed.gate(PF, Selector.FREE, 0, 0x8e); // the handler's segment does not exist: #GP while delivering
    const faults = bed.execute("mov eax, [500000h]");
    expect(faults.map((f) => [f.vector, f.errorCode])).toEqual([
      [PF, 4],
      [DF, 0],
    ]);
    expect(bed.get("eip")).toBe(At.STUBS + DF * 16 + 1);
    expect(bed.get("cr2")).toBe(0x500000);
  });

  test("a fault while #DF is delivered shuts the processor down, and only reset() helps", () => {
    const bed = userBed();
    bed.set("idtr.limit", 0);
    bed.load("int3");
    expect(bed.run()).toBe(StopReason.Shutdown);
    expect(bed.run()).toBe(StopReason.Shutdown);
    bed.cpu.reset();
    expect(bed.get("cs")).toBe(0xf000);
    expect(bed.cpu.segment("cs").base).toBe(0xffff0000);
    expect(bed.get("eip")).toBe(0xfff0);
  });

  test("two contributory exceptions make one too", () => {
    const bed = userBed();
    bed.gate(0, 0, 0, 0); // #DE finds no gate: #GP
    expect(bed.execute("xor ecx, ecx\ndiv ecx").map((f) => f.vector)).toEqual([0, DF]);
  });

  test("a page fault while a contributory exception is delivered is delivered in its place", () => {
    const bed = userBed();
    // Entries 0 to 13 of the IDT are on a page that is not there, the others on one that is.
    bed.map(0x500000, 0, 0);
    bed.map(0x501000, 0x22000, Page.P | Page.W);
    bed.cpu.writePhysicalMemory(0x22000, bed.arena.ram8.slice(At.IDT + PF * 8, At.IDT + 0x800));
    bed.set("idtr.base", 0x501000 - PF * 8);
    const faults = bed.execute("xor ecx, ecx\ndiv ecx");
    expect(faults.map((f) => [f.vector, f.errorCode, f.eip])).toEqual([
      [0, -1, At.CODE + 2],
      [PF, 0, At.CODE + 2],
    ]);
    expect(bed.get("cr2")).toBe(0x501000 - PF * 8);
    expect(bed.get("eip")).toBe(At.STUBS + PF * 16 + 1);
  });
});

describe("accessed and dirty bits (row 28)", () => {
  test("a read sets A on both levels and D on none, a write D on the last", () => {
    const bed = userBed();
    const directory = At.PAGE_DIRECTORY + 4;
    expect(bed.read32(directory) & Page.A).toBe(0);
    bed.execute("mov eax, [401000h]\nint3");
    expect(bed.read32(directory) & (Page.A | Page.D)).toBe(Page.A);
    expect(bed.read32(bed.tableEntry(SECOND)) & (Page.A | Page.D)).toBe(Page.A);
    const other = userBed();
    other.execute("mov eax, [401000h]\nmov [401000h], eax\nint3");
    expect(other.read32(other.tableEntry(SECOND)) & (Page.A | Page.D)).toBe(Page.A | Page.D);
    expect(other.read32(other.tableEntry(FIRST)) & (Page.A | Page.D)).toBe(0);
  });

  test("a write that faults sets neither", () => {
    const bed = userBed();
    bed.map(SECOND, 0x21000, Page.P | Page.U);
    bed.execute("mov [401000h], eax");
    expect(bed.read32(bed.tableEntry(SECOND)) & (Page.A | Page.D)).toBe(0);
  });

  test("A of the directory entry is set although the table entry is not present", () => {
    const bed = userBed();
    bed.map(SECOND, 0, 0);
    bed.execute("mov eax, [401000h]");
    expect(bed.read32(At.PAGE_DIRECTORY + 4) & Page.A).toBe(Page.A);
    expect(bed.read32(bed.tableEntry(SECOND))).toBe(0);
  });

  test("a 4 MiB page has A and D in the directory entry, and reserved bits that fault", () => {
    const bed = userBed();
    const entry = At.PAGE_DIRECTORY + 8;
    bed.write32(entry, Page.P | Page.W | Page.U | Page.PS);
    bed.set("cr4", 0x10);
    bed.execute("mov eax, [801000h]\nint3");
    expect(bed.read32(entry) & (Page.A | Page.D)).toBe(Page.A);
    const second = userBed();
    second.write32(entry, Page.P | Page.W | Page.U | Page.PS);
    second.set("cr4", 0x10);
    second.execute("mov dword [81f000h], 55667788h\nint3");
    expect(second.read32(entry) & (Page.A | Page.D)).toBe(Page.A | Page.D);
    expect(second.read32(0x1f000)).toBe(0x55667788);
    const third = userBed();
    third.write32(entry, 0x2000 | Page.P | Page.W | Page.U | Page.PS);
    third.set("cr4", 0x10);
    expect(third.execute("mov eax, [801000h]")[0]).toMatchObject({ vector: PF, errorCode: 0xd, cr2: 0x801000 });
  });
});

describe("the same fault again and again (row 31)", () => {
  test("is delivered each time at the same EIP with the handler's instructions counted", () => {
    const bed = userBed();
    bed.map(SECOND, 0, 0);
    bed.load("add esp, 4\niret", 0x6000);
    bed.gate(PF, Selector.CODE0, 0x6000, 0x8e);
    const faults = bed.execute("mov eax, [401000h]", 10);
    expect(new Set(faults.map((f) => f.eip)).size).toBe(1);
    expect(faults.map((f) => f.count)).toEqual([0, 2, 4, 6, 8]);
  });
});
