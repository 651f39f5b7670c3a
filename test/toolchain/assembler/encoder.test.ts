import { describe, expect, it } from "vitest";
import {
  assemble,
  EAX,
  EBP,
  EBX,
  ECX,
  Encoder,
  ESI,
  imm,
  mem,
  memory,
  type Target,
} from "../../../scripts/toolchain/assembler/index.ts";

const bytesOf = (source: string): string => {
  const result = assemble(source, { bits: 32 });
  expect(result.errors ?? []).toEqual([]);
  return Buffer.from(result.bytes!).toString("hex");
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("the encoder for compilers", () => {
  it("emits what the assembler makes of the same text", () => {
    const e = new Encoder();
    const loop = e.label();
    e.bind(loop);
    e.emit("add", EAX, mem(ESI, 4));
    e.emit("mov", mem(EBP, -8), EAX);
    e.emit("mov", mem(EBP, -8, 4), imm(7));
    e.emit("lea", EAX, memory({ base: EBX, index: ECX, scale: 4, displacement: 0x1000 }));
    e.emit("imul", EAX, EBX, imm(10));
    e.emit("shl", EAX, imm(1));
    e.emitPrefixed("rep", "movsd");
    e.jcc("nz", loop);
    e.emit("ret");
    expect(hex(e.finish().bytes)).toBe(
      bytesOf(`l: add eax, [esi+4]
        mov [ebp-8], eax
        mov dword [ebp-8], 7
        lea eax, [ebx+ecx*4+0x1000]
        imul eax, ebx, 10
        shl eax, 1
        rep movsd
        jnz l
        ret`),
    );
  });

  it("relaxes branches as the assembler does, around padding too", () => {
    for (const gap of [100, 120, 123, 124, 125, 126, 127, 128, 129, 130, 200]) {
      const e = new Encoder();
      const [start, middle, end] = [e.label(), e.label(), e.label()];
      e.bind(start);
      e.jmp(end);
      e.jcc("z", middle);
      for (let i = 0; i < gap; i++) e.emit("nop");
      e.bind(middle);
      e.align(16);
      e.call(start);
      e.jcc("ae", start);
      e.bind(end);
      e.jmp(start);
      const text = `s: jmp e\n jz m\n times ${gap} nop\n m: align 16\n call s\n jae s\n e: jmp s`;
      expect(hex(e.finish().bytes)).toBe(bytesOf(text));
      expect(end.offset).toBe(assemble(text, { bits: 32 }).labels!.get("e"));
    }
  });

  it("keeps fixups, label addresses and lines in place while branches grow", () => {
    const printk: Target = { name: "printk", isSection: false };
    const e = new Encoder();
    const far = e.label();
    e.jmp(far);
    e.line("a.ts", 1);
    e.emit("call", imm(0, printk));
    e.emit("mov", EAX, imm(0, far));
    e.line("a.ts", 2);
    for (let i = 0; i < 200; i++) e.emit("nop");
    e.bind(far);
    e.word32(0, far);
    const { bytes, fixups, lines } = e.finish();
    expect(far.offset).toBe(5 + 5 + 5 + 200);
    expect(bytes.length).toBe(far.offset + 4);
    expect(fixups).toEqual([
      { offset: 6, kind: "rel32", target: printk, addend: -4 },
      { offset: 11, kind: "abs32", target: e.section, addend: far.offset },
      { offset: far.offset, kind: "abs32", target: e.section, addend: far.offset },
    ]);
    expect(lines).toEqual([
      { offset: 5, file: "a.ts", line: 1 },
      { offset: 15, file: "a.ts", line: 2 },
    ]);
  });

  it("throws for what the table does not have", () => {
    const e = new Encoder();
    expect(() => e.emit("mov", EAX)).toThrow("mov: no form for these operands");
    expect(() => e.emit("bogus")).toThrow("no such instruction: bogus");
    e.jmp(e.label("lost"));
    expect(() => e.finish()).toThrow("label never bound: lost");
  });
});
