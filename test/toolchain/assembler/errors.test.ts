import { describe, expect, it } from "vitest";
import { assemble, assembleObject } from "../../../scripts/toolchain/assembler/index.ts";

/** Messages of a flat 32-bit source. */
const flat = (source: string): string[] => assemble(source, { bits: 32, file: "t.asm" }).errors ?? [];
const object = (source: string): string[] => assembleObject(source, { file: "t.asm" }).errors ?? [];

describe("the assembler's messages", () => {
  const single: [string, string][] = [
    ["mvo eax, ebx", "unknown instruction 'mvo', did you mean 'mov'?"],
    ["psuh eax", "unknown instruction 'psuh', did you mean 'push'?"],
    ["global1 x", "unknown instruction 'global1', did you mean 'global'?"],
    ["frobnicate", "unknown instruction 'frobnicate'"],
    ["mov eax, bl", "invalid combination of operands for 'mov' (operand sizes differ)"],
    ["mov cs, 5", "invalid combination of operands for 'mov'"],
    ["mov eax", "'mov' takes 2 operands, not 1"],
    ["ret 1, 2", "'ret' takes 0 or 1 operands, not 2"],
    ["inc [eax]", "operation size not specified: say byte, word, dword, ... before [eax]"],
    ["mov al, 256", "value 256 does not fit in 8 bits"],
    ["add eax, byte 128", "value 128 does not fit in 8 bits"],
    ["db 256", "value 256 does not fit in 1 byte"],
    ["dw -32769", "value -32769 does not fit in 2 bytes"],
    ["mov ax, [bx + 70000]", "value 70000 does not fit in 16 bits"],
    ["jmp nowhere", "symbol 'nowhere' is not defined"],
    ["mov eax, [ebx + ecx + edx]", "invalid effective address: more than two registers"],
    ["mov eax, [ebx * 3 + ecx]", "invalid effective address: scale 3"],
    ["mov eax, [esp * 2]", "invalid effective address: esp cannot be an index"],
    ["mov eax, [bx + ecx]", "invalid effective address: 16- and 32-bit registers mixed"],
    ["mov eax, [ax]", "invalid effective address: only bx, bp, si and di address memory in 16 bits"],
    ["mov eax, [bl]", "invalid effective address: not a 16- or 32-bit register"],
    ["mov eax, word ebx", "register 'ebx' is not 16 bits wide"],
    ["mov eax, (1 + 2", "expected ')' at the end of the line"],
    ["mov eax, ", "operand expected after ','"],
    ["mov eax ebx", "unexpected 'ebx' after the end of the statement"],
    ["dd 1 / 0", "division by zero"],
    ["times -1 nop", "times with the negative count -1"],
    ["resb -1", "negative count -1"],
    ["align 3", "an alignment is a power of two"],
    ["bits 64", "bits 64: 16 and 32 are the modes of this processor"],
    ["db 'abc", "unterminated string"],
    ["db 12x4", "malformed number '12x4'"],
    ["mov eax, `", "unterminated string"],
    ["eax: nop", "'eax' is a register and cannot be a label"],
    [".x: nop", "local label '.x' before any other label"],
    ["%define", "%define needs a name"],
    ["%defin x 1", "unknown preprocessor directive '%defin', did you mean '%define'?"],
    ["%endif", "%endif without %if"],
    ["%else", "%else without %if"],
    ["%endmacro", "%endmacro without %macro"],
    ["%include 'missing.inc'", "cannot read 'missing.inc'"],
    ['%error "not today"', "not today"],
    ["%if undefined_symbol", "'undefined_symbol' is not known to the preprocessor: only numbers and macros are"],
    ["incbin 'missing.bin'", "cannot read 'missing.bin'"],
    ["jmp short far_away\ntimes 200 nop\nfar_away:", "short jump out of range: 200 bytes"],
    ["times 200 nop\nloop t\nt2: loop $ - 200", "symbol 't' is not defined"],
    ["a equ b\nb equ a\ndd a", "value depends on itself"],
    ["cfi_offset eip, -4", "cfi_offset outside cfi_startproc ... cfi_endproc"],
    ["section .bss\nmov eax, 5", "only resb and its relatives make sense in the nobits section '.bss'"],
    ["section .x bogus", "unknown section attribute 'bogus'"],
    ["o32 stosw", "o32 contradicts the operand size of 'stosw'"],
    ["dd 1.5.2", "malformed number '1.5.2'"],
    ["dt 5", "dt takes floating-point constants and strings"],
  ];

  for (const [line, message] of single) {
    it(`says "${message}" for: ${line.replaceAll("\n", " / ")}`, () => {
      const errors = flat(line);
      expect(errors.some((error) => /^t\.asm:\d+: error: /.test(error) && error.includes(message))).toBe(true);
      for (const error of errors) expect(error).toMatch(/^t\.asm:\d+: error: [^\n]+$/);
    });
  }

  it("reports every mistake of the file with its line, in the order of the source", () => {
    const errors = flat("nop\nmvo eax, 1\nnop\njmp nowhere\nmov al, 999\nmov eax, bl\n%bogus\n");
    expect(errors).toEqual([
      "t.asm:2: error: unknown instruction 'mvo', did you mean 'mov'?",
      "t.asm:4: error: symbol 'nowhere' is not defined",
      "t.asm:5: error: value 999 does not fit in 8 bits",
      "t.asm:6: error: invalid combination of operands for 'mov' (operand sizes differ)",
      "t.asm:7: error: unknown preprocessor directive '%bogus'",
    ]);
  });

  it("names the line of the call and the macro for a mistake inside a macro", () => {
    expect(flat("%macro m 1\nmov %1, 5\n%endmacro\nnop\nm [eax]\n")).toEqual([
      "t.asm:5: error: operation size not specified: say byte, word, dword, ... before [eax] (in macro m)",
    ]);
  });

  it("names the included file for a mistake in it", () => {
    const include = (path: string): string | null => (path === "a.inc" ? "nop\nwrong line\n" : null);
    const result = assemble('%include "a.inc"\nnop\nworse\n', { file: "t.asm", include });
    expect(result.errors).toEqual([
      "a.inc:2: error: unknown instruction 'wrong'",
      "t.asm:3: error: unknown instruction 'worse'",
    ]);
  });

  it("says where a symbol was defined first", () => {
    expect(flat("x: nop\nnop\nx: nop\n")).toEqual(["t.asm:3: error: symbol 'x' is already defined at t.asm:1"]);
  });

  it("refuses calls of a macro with the wrong number of parameters", () => {
    expect(flat("%macro m 2\n%endmacro\nm 1\n")).toEqual(["t.asm:3: error: macro 'm' takes 2 parameters, not 1"]);
  });

  it("stops endless recursion of macros and includes", () => {
    const include = (): string => '%include "self"\n';
    expect(assemble('%include "self"', { file: "t.asm", include }).errors?.[0]).toContain("nested too deeply");
    expect(flat("%macro a 0\nb\n%endmacro\n%macro b 0\na\n%endmacro\na\n")[0]).toContain("unknown instruction 'a'");
  });

  it("reports blocks that never end", () => {
    expect(flat("%macro m 0\nnop\n")).toEqual(["t.asm:1: error: %macro without %endmacro"]);
    expect(flat("nop\n%rep 3\nnop\n")).toEqual(["t.asm:2: error: %rep without %endrep"]);
    expect(flat("%if 1\nnop\n")[0]).toContain("%if without %endif");
    expect(object("f: cfi_startproc\nret\n")).toEqual(["t.asm:1: error: cfi_startproc without cfi_endproc"]);
  });

  it("bounds what a slip of the pen can cost", () => {
    expect(flat("times 0x7fffffff nop")[0]).toContain("section larger than 256 MiB");
    expect(flat("%rep 100000000\n%assign x 1\n%endrep")[0]).toContain("more than 1000000 lines after macro expansion");
  });

  it("refuses in objects what only a flat file can hold", () => {
    expect(object("org 5")).toEqual(["t.asm:1: error: org makes sense in flat binaries only"]);
    expect(object("jmp 0x1000")).toEqual(["t.asm:1: error: a relative branch to an absolute address cannot be linked"]);
    expect(object("a: dd a & 0xffff")).toEqual([
      "t.asm:1: error: operator '&' applied to an address that only the linker knows",
    ]);
    expect(object("global nobody")).toEqual(["t.asm:1: error: symbol 'nobody' is declared global and not defined"]);
  });

  it("reports a 16-bit field that cannot hold an address of a flat file", () => {
    expect(flat("org 0x12345\na: dw a")).toEqual(["t.asm:2: error: address 12345h does not fit in 16 bits"]);
  });
});
