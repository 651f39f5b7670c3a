import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assembleObject, type ObjectFile } from "../../../scripts/toolchain/assembler/index.ts";
import { hasTool } from "../../support/tools.ts";
import { readElfObject } from "./elf_object.ts";
import { nasm } from "./nasm.ts";

/** The same file for nasm: call frame directives mean nothing there. */
const cfiForNasm =
  ["startproc", "endproc", "signal_frame", "def_cfa", "def_cfa_offset", "adjust_cfa_offset", "offset", "def_cfa_register", "rel_offset", "restore", "same_value", "undefined", "remember_state", "restore_state"] // prettier-ignore
    .map((name) => `%imacro cfi_${name} 0-*\n%endmacro\n`)
    .join("");

const kernelEntry = `
%define KERNEL_BASE 0xC0000000
%macro vector 1
global vector%1
vector%1:
  %if %1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17
  %else
    push dword 0
  %endif
    push dword %1
    jmp all_traps
%endmacro
section .boot progbits alloc exec nowrite align=16
multiboot:
  dd 0x1BADB002, 3, -(0x1BADB002 + 3)
global _start:function (_start.end - _start)
_start:
  mov esp, stack_top - KERNEL_BASE
  mov eax, boot_pgdir - KERNEL_BASE
  mov cr3, eax
  lgdt [gdtr]
  jmp 0x08:.flush
.flush:
  extern kernel_main, trap
  call kernel_main
  jmp kernel_main + 4
  jz kernel_main
  mov eax, [trap + ebx * 4 + 8]
  mov byte [trap], 1
.hang: hlt
  jmp .hang
.end:
section .text
all_traps:
  cfi_startproc simple
  cfi_signal_frame
  cfi_def_cfa esp, 8
  cfi_offset eip, -8
  push ds
  pusha
  cfi_adjust_cfa_offset 36
  push esp
  call trap
  call _start
  jmp multiboot
  add esp, 4
  popa
  pop ds
  cfi_def_cfa_offset 8
  add esp, 8
  iret
  cfi_endproc
%assign i 0
%rep 20
vector i
%assign i i + 1
%endrep
section .rodata
global vectors:data
vectors:
%assign i 0
%rep 20
 dd vector%+i
%assign i i + 1
%endrep
 dd $ - vectors, trap - 4, all_traps + 2
section .data
gdt: dq 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF
gdtr: dw gdtr - gdt - 1
 dd gdt
bits 16
 mov ax, gdt
 call all_traps
bits 32
section .bss
align 4096
boot_pgdir: resb 4096
resb 8192
stack_top:
answer equ 42
global answer
`;

function build(source: string): ObjectFile {
  const result = assembleObject(source, { file: "entry.asm" });
  expect(result.errors ?? []).toEqual([]);
  return result.object!;
}

/** Sections, relocations and global symbols as nasm -f elf32 has them. Returns how many of the last two. */
function compareWithNasm(source: string): { relocations: number; globals: number } {
  const theirs = nasm(`${cfiForNasm}bits 32\n${source}`, "elf32");
  expect(theirs.messages).toBe("");
  const elf = readElfObject(theirs.bytes!);
  const object = build(source);
  for (const section of object.sections) {
    const other = elf.sections.get(section.name)!;
    expect([section.name, section.size, section.align]).toEqual([section.name, other.size, other.align]);
    expect(section.nobits).toBe(other.nobits);
    expect(Buffer.from(section.bytes).toString("hex")).toBe(Buffer.from(other.bytes).toString("hex"));
  }
  const line = (r: { section: string; offset: number; kind: string; symbol: string; addend: number }): string =>
    `${r.section}+${r.offset} ${r.kind} ${r.symbol}${r.addend >= 0 ? "+" : ""}${r.addend | 0}`;
  expect(object.relocations.map(line).sort()).toEqual(elf.relocations.map(line).sort());
  const globals = object.symbols.filter((s) => s.global && !s.extern).map((s) => `${s.name} ${s.section} ${s.offset}`);
  expect(globals.sort()).toEqual(elf.globals.map((s) => `${s.name} ${s.section} ${s.offset}`).sort());
  return { relocations: object.relocations.length, globals: globals.length };
}

const root = new URL("../../../", import.meta.url);
const assemblyFiles = ["kernel", "userland"].flatMap((room) =>
  readdirSync(new URL(`${room}/`, root), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".asm"))
    .map((name) => `${room}/${name}`),
);

describe.skipIf(!hasTool("nasm"))("objects against nasm -f elf32", () => {
  it("has nasm's section contents, relocations and global symbols", () => {
    const { relocations, globals } = compareWithNasm(kernelEntry);
    console.log(`${relocations} relocations, ${globals} global symbols as nasm has them`);
  });

  for (const file of assemblyFiles) {
    it(`makes of ${file} what nasm makes of it`, () => {
      compareWithNasm(readFileSync(new URL(file, root), "utf8"));
    });
  }
});

describe("objects for the linker", () => {
  it("describes call frames for the unwinder", () => {
    expect(build(kernelEntry).cfi).toEqual([
      {
        section: ".text",
        start: 0,
        end: 27,
        signalFrame: true,
        simple: true,
        instructions: [
          { offset: 0, operation: "def_cfa", register: 4, value: 8 },
          { offset: 0, operation: "offset", register: 8, value: -8 },
          { offset: 2, operation: "adjust_cfa_offset", value: 36 },
          { offset: 23, operation: "def_cfa_offset", value: 8 },
        ],
      },
    ]);
  });

  it("gives functions their sizes, stated or up to the next label", () => {
    const object = build(
      "f: nop\n.x: nop\ng: ret\nglobal h:function (h.end - h)\nh: nop\n nop\n.end: nop\nsection .data\nd: dd 1",
    );
    const of = (name: string) => object.symbols.find((s) => s.name === name)!;
    expect([of("f").size, of("g").size, of("h").size, of("d").size]).toEqual([2, 1, 2, 4]);
    expect([of("f").isFunction, of("f.x").isFunction, of("h").isFunction, of("d").isFunction]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it("has a line row for every instruction, at the call of a macro for what the macro made", () => {
    const object = build("f: nop\n\n inc eax\n%macro m 0\n dec eax\n dec ebx\n%endmacro\n m\n ret\n times 2 nop\n");
    expect(object.lines.map((l) => [l.section, l.offset, l.line])).toEqual([
      [".text", 0, 1],
      [".text", 1, 3],
      [".text", 2, 8],
      [".text", 4, 9],
      [".text", 5, 10],
    ]);
  });

  it("takes definitions, includes and binary files from outside", () => {
    const result = assembleObject('%include "x.inc"\ndb SIZE\nincbin "f", 1, 2\n dd fromInclude\n', {
      file: "t.asm",
      defines: { SIZE: 7 },
      include: (path) => (path === "x.inc" ? "fromInclude equ SIZE * 2\n" : null),
      readBinary: (path) => (path === "f" ? new Uint8Array([1, 2, 3, 4]) : null),
    });
    expect([...result.object!.sections[0].bytes]).toEqual([7, 2, 3, 14, 0, 0, 0]);
  });

  it("aligns sections by their attributes and contents", () => {
    const object = build(
      "section .a align=64\n db 1\nsection .boot\n nop\nsection .own write exec\n align 32\n db 1\nsection .z nobits write\n resb 3",
    );
    const view = object.sections.map((s) => [s.name, s.align, s.flags, s.nobits, s.size]);
    expect(view).toEqual([
      [".a", 64, 2, false, 1],
      [".boot", 16, 6, false, 1],
      [".own", 32, 7, false, 1],
      [".z", 1, 3, true, 3],
    ]);
  });
});
