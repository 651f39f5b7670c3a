import { describe, expect, test } from "vitest";
import { At, Page, Testbed } from "./testbed.ts";

/* Code that is written while it is cached as decoded blocks: the processor must never run what is no longer there. */

describe("code that writes code", () => {
  test("the next instruction of the same block", () => {
    const bed = new Testbed();
    // inc ebx (43h) becomes inc ecx (41h).
    bed.load("mov byte [patch], 41h\npatch: inc ebx\ninc edx\nhlt");
    bed.run();
    expect([bed.get("ebx"), bed.get("ecx"), bed.get("edx")]).toEqual([0, 1, 1 + 0x652]);
    expect(bed.cpu.instructionCount).toBe(4);
  });

  test("a later instruction of the same block, on each way to write", () => {
    for (const write of [
      "mov [patch], al",
      "mov word [patch], 4241h",
      "mov dword [patch], 0f4424141h",
      "or byte [patch], 0",
      "xchg [patch], al",
      "stosb",
      "mov ecx, 1\nrep stosb",
      "mov esi, spare\nmovsb",
      "push 0f4424141h",
      "mov esp, spare\npop dword [patch]",
      "call patch + 4\npatch2: ",
    ]) {
      const bed = new Testbed();
      bed.load(`
        mov eax, 41h
        mov edi, patch
        mov esp, patch + 4
        xor ecx, ecx
        ${write}
        nop
        patch: inc ebx
        inc edx
        hlt
        hlt
        spare: db 41h, 42h, 0f4h, 0f4h`);
      bed.run(40);
      if (write === "or byte [patch], 0") expect(bed.get("ebx"), write).toBe(1);
      else if (!write.startsWith("call")) expect(bed.get("ebx"), write).toBe(0);
      if (write === "stosb") expect(bed.get("ecx")).toBe(1);
    }
  });

  test("a loop that changes its own body each time", () => {
    const bed = new Testbed();
    bed.load(`
      mov ecx, 100
      again:
      inc byte [immediate]
      db 81h, 0c3h                ; add ebx, imm32
      immediate: dd 0
      dec ecx
      jnz again
      hlt`);
    bed.run();
    expect(bed.get("ebx")).toBe(5050);
  });

  test("a function in another block, already linked", () => {
    const bed = new Testbed();
    bed.load(`
      mov ecx, 10
      again:
      call function
      mov al, [opcodes + ecx]
      mov [function], al
      dec ecx
      jnz again
      hlt
      function: nop
      ret
      opcodes: times 11 db 43h`);
    bed.run();
    expect(bed.get("ebx")).toBe(9);
  });

  test("an instruction across two pages whose second half is written", () => {
    const bed = new Testbed();
    bed.load("jmp 10ffdh");
    bed.load("mov eax, 11111111h\ninc byte [11000h]\ndec ecx\njnz 10ffdh\nhlt", 0x10ffd);
    bed.set("ecx", 3);
    bed.run();
    expect(bed.get("eax")).toBe(0x11131111);
  });

  test("data beside code in one page is written without harm", () => {
    const bed = new Testbed();
    bed.load(`
      mov ecx, 1000
      again:
      inc dword [counter]
      dec ecx
      jnz again
      hlt
      align 64
      counter: dd 0`);
    bed.run();
    expect(bed.read32(At.CODE + 64)).toBe(1000);
  });
});

describe("code changed from outside", () => {
  const loop = "again: db 0b8h\nvalue: dd 1\njmp again";

  test("by DMA or a loader", () => {
    const bed = new Testbed();
    bed.load(loop);
    bed.run(100);
    expect(bed.get("eax")).toBe(1);
    bed.write32(At.CODE + 1, 2);
    bed.run(104);
    expect(bed.get("eax")).toBe(2);
  });

  test("through guest RAM directly, when the processor is told", () => {
    const bed = new Testbed();
    bed.load(loop);
    bed.run(100);
    bed.arena.ram8[At.CODE + 1] = 7;
    bed.cpu.physicalMemoryChanged(At.CODE + 1, 1);
    bed.run(104);
    expect(bed.get("eax")).toBe(7);
  });

  test("by the debugger at a linear address", () => {
    const bed = new Testbed();
    bed.enablePaging();
    bed.map(0x400000, At.CODE, Page.P);
    bed.load(loop);
    bed.run(100);
    expect(bed.cpu.poke(0x400001, Uint8Array.of(9))).toBe(true);
    bed.run(104);
    expect(bed.get("eax")).toBe(9);
    expect(bed.cpu.poke(0x800000, Uint8Array.of(9))).toBe(false);
  });

  test("by a device in the middle of the block that is running", () => {
    const bed = new Testbed({
      readPhysical: () => {
        bed.cpu.writePhysicalMemory(At.CODE + 6, Uint8Array.of(0x41));
        return 0;
      },
    });
    bed.load("mov eax, [200000h]\nnop\ninc ebx\nhlt");
    bed.cpu.writePhysicalMemory(At.CODE + 5, Uint8Array.of(0x90, 0x43, 0xf4));
    bed.set("ecx", 0);
    bed.run();
    expect([bed.get("ebx"), bed.get("ecx")]).toEqual([0, 1]);
  });
});

describe("the same code under two mappings", () => {
  test("a write through one shows through the other", () => {
    const bed = new Testbed();
    bed.enablePaging();
    bed.map(0x400000, 0x20000, Page.P | Page.W);
    bed.map(0x500000, 0x20000, Page.P | Page.W);
    bed.load("inc ebx\nret", 0x20000);
    bed.execute(`
      mov esi, 400000h
      mov edi, 500000h
      mov byte [esi + 100h], 0   ; writable in the TLB before it holds decoded code
      call edi
      mov byte [esi], 41h
      xor ecx, ecx
      call edi
      call esi
      hlt`);
    expect([bed.get("ebx"), bed.get("ecx")]).toEqual([1, 2]);
  });

  test("a jump between pages follows a change of the mapping", () => {
    const bed = new Testbed();
    bed.enablePaging();
    bed.map(0x400000, 0x20000, Page.P | Page.W);
    bed.map(0x401000, 0x21000, Page.P | Page.W);
    bed.load("mov al, 1\nret", 0x21000);
    bed.load("mov al, 2\nret", 0x22000);
    bed.load("jmp $ + 1000h", 0x20000);
    const entry = bed.tableEntry(0x401000);
    bed.map(entry & ~0xfff, entry & ~0xfff, Page.P | Page.W);
    bed.execute(`
      mov edi, 400000h
      call edi
      call edi
      mov bl, al
      mov dword [${entry}], 22003h
      call edi                    ; the TLB still has the old page
      mov bh, al
      invlpg [401000h]
      call edi
      mov cl, al
      hlt`);
    expect(bed.get("ebx") & 0xffff).toBe(0x0101);
    expect(bed.get("ecx") & 0xff).toBe(2);
  });
});
