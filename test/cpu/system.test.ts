import { describe, expect, test } from "vitest";
import { Testbed } from "./testbed.ts";

const GP = 13;
const UD = 6;

describe("CPUID", () => {
  test("names the vendor and claims what there is", () => {
    const bed = new Testbed();
    bed.execute("xor eax, eax\ncpuid\nmov [20000h], ebx\nmov [20004h], edx\nmov [20008h], ecx\nmov eax, 1\ncpuid\nhlt");
    const vendor = String.fromCharCode(...bed.arena.ram8.subarray(0x20000, 0x2000c));
    expect(vendor).toBe("GenuineIntel");
    const features = bed.get("edx");
    const has = (bit: number): boolean => ((features >>> bit) & 1) !== 0;
    expect([0, 3, 4, 5, 8, 11, 13, 15, 24].every(has)).toBe(true);
    // VME, PAE, MCE, APIC, MTRR, MCA, PAT, MMX, SSE, SSE2: not there.
    expect([1, 6, 7, 9, 12, 14, 16, 23, 25, 26].some(has)).toBe(false);
    expect(bed.get("eax") >>> 8).toBe(6);
  });
});

describe("the time stamp counter", () => {
  test("counts retired instructions, or the machine's clock", () => {
    const bed = new Testbed();
    bed.execute("nop\nnop\nrdtsc\nmov ebx, eax\nrdtsc\nhlt");
    expect(bed.get("ebx")).toBe(2);
    expect(bed.get("eax")).toBe(4);
    const clock = new Testbed({ timestamp: () => 0x123456789a });
    clock.execute("rdtsc\nhlt");
    expect([clock.get("edx"), clock.get("eax")]).toEqual([0x12, 0x3456789a]);
  });

  test("is privileged with CR4.TSD, and can be written", () => {
    const bed = new Testbed();
    bed.ring3();
    bed.set("cr4", 4);
    expect(bed.execute("rdtsc")[0]).toMatchObject({ vector: GP, errorCode: 0 });
    const other = new Testbed({ timestamp: () => 0x1_00000005 });
    other.execute("mov ecx, 10h\nmov eax, 3\nmov edx, 7\nwrmsr\nrdtsc\nhlt");
    expect([other.get("edx"), other.get("eax")]).toEqual([7, 3]);
  });
});

describe("control registers", () => {
  test("reserved and impossible values are #GP(0)", () => {
    for (const source of [
      "mov eax, 80000010h\nmov cr0, eax", // paging without protection
      "mov eax, 20000011h\nmov cr0, eax", // not-write-through with the cache on
      "mov eax, 20h\nmov cr4, eax", // PAE is not there
      "mov ecx, 0c0000080h\nrdmsr", // no such MSR
      "mov ecx, 12345h\nwrmsr",
    ]) {
      expect(new Testbed().execute(source)[0], source).toMatchObject({ vector: GP, errorCode: 0, count: 1 });
    }
    for (const code of ["db 0fh, 20h, 0c8h", "db 0fh, 22h, 0e8h"]) {
      expect(new Testbed().execute(code)[0].vector).toBe(UD);
    }
  });

  test("LMSW sets PE but does not clear it, SMSW reads CR0", () => {
    const bed = new Testbed();
    bed.execute("mov ax, 0eh\nlmsw ax\nsmsw ebx\nclts\nsmsw cx\nhlt");
    expect(bed.get("ebx")).toBe(0x1f);
    expect(bed.get("ecx") & 0xffff).toBe(0x17);
  });

  test("CR3 loads are reported", () => {
    const bed = new Testbed();
    const loads: number[] = [];
    bed.cpu.hooks.onAddressSpace = (cr3) => loads.push(cr3);
    bed.execute("mov eax, 5000h\nmov cr3, eax\nhlt");
    expect(loads).toEqual([0x5000]);
  });

  test("debug registers keep their fixed bits, DR4 and DR5 alias DR6 and DR7", () => {
    const bed = new Testbed();
    bed.execute(
      "mov eax, -1\nmov dr6, eax\nmov ebx, dr6\nmov eax, 1\nmov dr5, eax\nmov ecx, dr7\nmov dr0, eax\nmov edx, dr0\nhlt",
    );
    expect(bed.get("ebx")).toBe(0xffffefff);
    expect(bed.get("ecx")).toBe(0x401);
    expect(bed.get("edx")).toBe(1);
  });
});

describe("descriptor table registers", () => {
  test("SGDT and SIDT store what LGDT and LIDT loaded; 16-bit operands load 24 bits of base", () => {
    const bed = new Testbed();
    bed.execute(`
      mov dword [20000h], 5678004fh
      mov dword [20004h], 0ab00h + 12h
      o16 lgdt [20000h]
      sgdt [20010h]
      lidt [20000h]
      sidt [20020h]
      hlt`);
    expect([bed.read32(0x20010), bed.read16(0x20014)]).toEqual([0x5678004f, 0x0012]);
    expect([bed.read32(0x20020), bed.read16(0x20024)]).toEqual([0x5678004f, 0xab12]);
    expect(bed.get("idtr.base")).toBe(0xab125678);
  });
});

describe("real mode from power-on", () => {
  test("starts at the top of the address space, and switches to protected mode and back", () => {
    const bed = new Testbed();
    bed.cpu.reset();
    expect([bed.get("eip"), bed.get("cs"), bed.get("eflags")]).toEqual([0xfff0, 0xf000, 2]);
    bed.load(
      `xor ax, ax
       mov ds, ax
       mov ax, 2000h
       mov es, ax
       mov word [es:5], 1234h
       mov eax, cr0
       or al, 1
       mov cr0, eax
       jmp protected
       protected: and al, 0feh
       mov cr0, eax
       jmp 0:real
       real: mov sp, 8000h
       int 40h
       hlt`,
      0x1000,
      16,
    );
    bed.load("mov bx, 77h\niret", 0x3000, 16);
    bed.write32(0x40 * 4, 0x00003000);
    bed.cpu.setSegment("cs", { selector: 0, base: 0, limit: 0xffff, access: 0x9b });
    bed.set("eip", 0x1000);
    bed.run(100);
    expect(bed.exceptions.map((e) => e.vector)).toEqual([0x40]);
    expect(bed.read32(0x20004) >>> 8).toBe(0x1234);
    expect(bed.get("ebx") & 0xffff).toBe(0x77);
  });
});
