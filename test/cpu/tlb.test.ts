import { describe, expect, test } from "vitest";
import { Region } from "../../emulator/cpu/layout.ts";
import { At, Page, Testbed } from "./testbed.ts";

const LINEAR = 0x400000;

function paged(): { bed: Testbed; entry: number } {
  const bed = new Testbed();
  bed.enablePaging();
  bed.map(LINEAR, 0x20000, Page.P | Page.W | Page.U);
  const entry = bed.tableEntry(LINEAR);
  const table = entry & ~0xfff;
  bed.map(table, table, Page.P | Page.W);
  bed.write32(0x20000, 0xaaaa);
  bed.write32(0x21000, 0xbbbb);
  return { bed, entry };
}

describe("an entry stays as it is", () => {
  test("until INVLPG", () => {
    const { bed, entry } = paged();
    bed.execute(`
      mov eax, [400000h]
      mov dword [${entry}], 21000h + 7
      mov ebx, [400000h]
      invlpg [400000h]
      mov ecx, [400000h]
      hlt`);
    expect([bed.get("eax"), bed.get("ebx"), bed.get("ecx")]).toEqual([0xaaaa, 0xaaaa, 0xbbbb]);
  });

  test("until CR3 is loaded", () => {
    const { bed, entry } = paged();
    bed.execute(`
      mov eax, [400000h]
      mov dword [${entry}], 0
      mov ebx, [400000h]
      mov edx, cr3
      mov cr3, edx
      mov ecx, [400000h]
      hlt`);
    expect([bed.get("eax"), bed.get("ebx"), bed.get("ecx")]).toEqual([0xaaaa, 0xaaaa, 0]);
    expect(bed.exceptions[0]).toMatchObject({ vector: 14, errorCode: 0, cr2: LINEAR });
  });

  test("INVLPG of another page leaves it", () => {
    const { bed, entry } = paged();
    bed.execute(`mov eax, [400000h]\nmov dword [${entry}], 0\ninvlpg [401000h]\nmov ebx, [400fffh - 4]\nhlt`);
    expect(bed.exceptions).toEqual([]);
  });

  test("rights that were added count without INVLPG, rights that were taken don't", () => {
    const { bed, entry } = paged();
    bed.map(LINEAR, 0x20000, Page.P);
    bed.execute(`
      mov eax, [400000h]
      mov dword [${entry}], 20003h
      mov dword [400000h], 1
      mov dword [${entry}], 20001h
      mov dword [400000h], 2
      hlt`);
    expect(bed.exceptions).toEqual([]);
    expect(bed.read32(0x20000)).toBe(2);
  });

  test("D is set by a walk of its own when the entry was filled by a read", () => {
    const { bed, entry } = paged();
    bed.execute(`mov eax, [400000h]\nmov dword [${entry}], 0\nmov [400000h], eax\nhlt`);
    // The write has to set D in the table, where the page is gone.
    expect(bed.exceptions[0]).toMatchObject({ vector: 14, errorCode: 2, cr2: LINEAR });
  });
});

describe("global pages", () => {
  test("survive a load of CR3 when CR4.PGE is set, and not when CR4.PGE changes", () => {
    for (const pge of [true, false]) {
      const { bed, entry } = paged();
      bed.map(LINEAR, 0x20000, Page.P | Page.W | Page.G);
      bed.set("cr4", pge ? 0x80 : 0);
      bed.execute(`
        mov eax, [400000h]
        mov dword [${entry}], 0
        mov edx, cr3
        mov cr3, edx
        mov ebx, [400000h]
        hlt`);
      expect(bed.exceptions.length).toBe(pge ? 0 : 1);
    }
    const { bed, entry } = paged();
    bed.map(LINEAR, 0x20000, Page.P | Page.W | Page.G);
    bed.set("cr4", 0x80);
    bed.execute(`mov eax, [400000h]\nmov dword [${entry}], 0\nxor edx, edx\nmov cr4, edx\nmov ebx, [400000h]\nhlt`);
    expect(bed.exceptions).toHaveLength(1);
  });

  test("are dropped by INVLPG", () => {
    const { bed, entry } = paged();
    bed.map(LINEAR, 0x20000, Page.P | Page.W | Page.G);
    bed.set("cr4", 0x80);
    bed.execute(`mov eax, [400000h]\nmov dword [${entry}], 0\ninvlpg [400800h]\nmov ebx, [400000h]\nhlt`);
    expect(bed.exceptions).toHaveLength(1);
  });
});

describe("4 MiB pages", () => {
  test("INVLPG of any address in one drops all of it", () => {
    const bed = new Testbed();
    bed.enablePaging();
    bed.set("cr4", 0x10);
    bed.map(At.PAGE_DIRECTORY, At.PAGE_DIRECTORY, Page.P | Page.W);
    bed.write32(At.PAGE_DIRECTORY + 8, Page.P | Page.W | Page.PS);
    bed.execute(`
      mov eax, [820000h]
      mov eax, [821000h]
      mov dword [${At.PAGE_DIRECTORY + 8}], 0
      mov eax, [820000h]
      invlpg [822000h]
      mov eax, [821000h]
      hlt`);
    expect(bed.exceptions[0]).toMatchObject({ vector: 14, errorCode: 0, cr2: 0x821000, count: 5 });
  });
});

describe("eviction", () => {
  test("is first in, first out, beyond the entries the TLB has", () => {
    const { bed } = paged();
    // Every page of 64 MiB mapped to one frame.
    for (let i = 0; i < 0x4010; i += 0x400) bed.write32(At.PAGE_DIRECTORY + ((0x10000000 + (i << 12)) >>> 20), 0x30003);
    for (let i = 0; i < 0x400; i++) bed.write32(0x30000 + i * 4, 0x20003);
    bed.execute(`
      mov eax, [400000h]
      mov esi, 10000000h
      mov ecx, ${Region.TLB_LIST_ENTRIES - 100}
      again:
      mov ebx, [esi]
      add esi, 1000h
      dec ecx
      jnz again
      hlt`);
    expect(bed.cpu.tlbEntry(LINEAR)).not.toBeNull();
    bed.set("eip", At.CODE + 5 + 5);
    bed.set("ecx", 100);
    bed.run(bed.cpu.instructionCount + 4 * 100 + 10);
    expect(bed.cpu.tlbEntry(LINEAR)).toBeNull();
    expect(bed.cpu.tlbEntry(0x10000000 + 50 * 4096)).not.toBeNull();
    bed.ring0();
    expect(bed.execute("mov eax, [400000h]\nhlt", bed.cpu.instructionCount + 2)).toEqual([]);
  });
});

describe("what the debugger sees", () => {
  test("of a stale entry beside the tables, without changing either", () => {
    const { bed, entry } = paged();
    bed.execute(`mov eax, [400000h]\nmov dword [${entry}], 21000h + 1\nhlt`);
    expect(bed.cpu.tlbEntry(LINEAR + 5)).toEqual({
      linear: LINEAR,
      physical: 0x20000,
      writable: true,
      user: true,
      dirty: false,
      global: false,
      large: false,
    });
    expect(bed.cpu.walk(LINEAR + 5)).toEqual({
      linear: LINEAR + 5,
      paging: true,
      directoryAddress: At.PAGE_DIRECTORY + 4,
      directoryEntry: bed.read32(At.PAGE_DIRECTORY + 4),
      tableAddress: entry,
      tableEntry: 0x21001,
      large: false,
      present: true,
      writable: false,
      user: false,
      physical: 0x21005,
    });
    expect(bed.cpu.translate(LINEAR + 5)).toBe(0x21005);
    expect(bed.cpu.translate(0x800000)).toBe(-1);
    expect(bed.read32(entry)).toBe(0x21001);
    expect(bed.cpu.peek(LINEAR, 4)).toEqual(Uint8Array.of(0xbb, 0xbb, 0, 0));
    expect(bed.cpu.peek(LINEAR, 8192)).toBeNull();
  });
});
