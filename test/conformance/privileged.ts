import { instructions } from "../../emulator/cpu/instructions.ts";
import { assemble } from "../../scripts/toolchain/assembler/index.ts";

/** A row that user mode can't complete, or whose result is the host's own: run at privilege level 0, here and on QEMU. */
export interface Privileged {
  /** The instruction, one line of assembly. */
  text: string;
  /** What goes before it, and what shows what it did. */
  before?: string;
  after?: string;
}

/** Port 21h reads as the mask FFh that the prelude wrote; port 80h takes anything, and what it reads as is not shown. */
export const privileged: Privileged[] = [
  { text: "sgdt [table]", after: "movzx eax, word [table]\n hex eax" },
  { text: "lgdt [table]", after: "mov eax, ds\n mov ds, eax" },
  { text: "sidt [table]", after: "movzx eax, word [table]\n hex eax" },
  { text: "lidt [table]" },
  { text: "str ax", before: "xor eax, eax", after: "hex eax" },
  { text: "lldt ax", before: "mov eax, LDT" },
  { text: "sldt eax", after: "hex eax" },
  { text: "ltr ax", before: "mov eax, DF_TSS_SELECTOR", after: "str eax\n hex eax" },
  { text: "smsw eax", after: "and eax, 0xe\n hex eax" },
  { text: "lmsw ax", before: "smsw eax\n or eax, 8", after: "smsw eax\n and eax, 0xe\n hex eax" },
  { text: "clts", after: "smsw eax\n and eax, 0xe\n hex eax" },
  { text: "mov eax, cr0", after: "and eax, 0x8001000e\n hex eax" },
  {
    text: "mov cr0, eax",
    before: "mov eax, cr0\n or eax, 0x10000",
    after: "mov eax, cr0\n and eax, 0x8001000e\n hex eax",
  },
  { text: "mov dr0, eax", before: "mov eax, 0x12345678" },
  { text: "mov ebx, dr0", after: "hex ebx" },
  { text: "invlpg [table]" },
  { text: "invd" },
  { text: "wbinvd" },
  { text: "wrmsr", before: "mov ecx, 0x174\n mov eax, K_CODE\n xor edx, edx" },
  { text: "rdmsr", before: "mov ecx, 0x174", after: "hex eax, edx" },
  { text: "sti", after: "pushfd\n pop eax\n and eax, 0x200\n hex eax" },
  { text: "cli", after: "pushfd\n pop eax\n and eax, 0x200\n hex eax" },
  { text: "in al, 0x21", before: "xor eax, eax", after: "hex eax" },
  { text: "in eax, 0x80" },
  { text: "in al, dx", before: "xor eax, eax\n mov edx, 0x21", after: "hex eax" },
  { text: "in eax, dx", before: "mov edx, 0x80" },
  { text: "out 0xe9, al", before: "mov al, 'A'" },
  { text: "out 0x80, eax" },
  { text: "out dx, al", before: "mov al, 'B'\n mov edx, 0xe9" },
  { text: "out dx, eax", before: "mov edx, 0x80" },
  {
    text: "insb",
    before: "mov edx, 0x21\n mov edi, table\n and dword [table], 0",
    after: "sub edi, table\n hex [table], edi",
  },
  { text: "insd", before: "mov edx, 0x80\n mov edi, table", after: "sub edi, table\n hex edi" },
  { text: "outsb", before: "mov edx, 0xe9\n mov esi, letter", after: "sub esi, letter\n hex esi" },
  { text: "outsd", before: "mov edx, 0x80\n mov esi, letter", after: "sub esi, letter\n hex esi" },
];

/** HLT, SYSENTER and SYSEXIT go somewhere else. */
const ELSEWHERE = ["hlt", "sysenter", "sysexit"];

const SPECIAL = `
  ; HLT: woken by the timer
  say "hlt: "
  mov eax, timer
  set_gate 0x20, K_CODE, eax, 0x8e
  ; PIC at 20h, everything masked but the timer; the timer counts down once
  %macro byte_to 2
  mov al, %2
  out %1, al
  %endmacro
  byte_to 0x20, 0x11
  byte_to 0x21, 0x20
  byte_to 0x21, 0x04
  byte_to 0x21, 0x01
  byte_to 0x43, 0x30
  byte_to 0x40, 0x00
  byte_to 0x40, 0x10
  byte_to 0x21, 0xfe
  sti
  hlt
  cli
  byte_to 0x21, 0xff
  say "woken"
  newline
  ; SYSEXIT to ring 3, SYSENTER back
  mov ecx, 0x175
  mov eax, KERNEL_STACK - 0x4000
  xor edx, edx
  wrmsr
  mov ecx, 0x176
  mov eax, entered
  wrmsr
  say "sysexit: "
  mov [saved_esp], esp
  mov edx, outside
  mov ecx, USER_STACK
  sysexit
outside:
  mov eax, cs
  mov ebx, ss
  mov edi, esp
  sysenter
entered:
  hex eax, ebx, edi
  newline
  say "sysenter: "
  mov eax, cs
  mov ebx, ss
  hex eax, ebx, esp
  newline
  mov esp, [saved_esp]
  mov eax, K_DATA
  mov ss, eax
  ret
timer:
  push eax
  mov al, 0x20
  out 0x20, al
  say "timer "
  pop eax
  iret
`;

/** One kernel that executes all of them. */
export function privilegedKernel(): string {
  const attempts = privileged.map(
    ({ text, before = "", after = "" }) => ` ${before}\n attempt "${text}", ${text}\n ${after}\n newline`,
  );
  return `LDT equ FREE
main:
  set_descriptor FREE, 0x00000007, 0x00008200
${attempts.join("\n")}
${SPECIAL}
align 4
table: dd 0, 0
saved_esp: dd 0
letter: db "Cxyz"
`;
}

/** Ids of the rows that the kernel executes: those that the instructions' encodings belong to. */
export function privilegedRows(): Set<number> {
  const ids = new Set<number>();
  for (const text of [...privileged.map((one) => one.text), ...ELSEWHERE]) ids.add(rowOf(text));
  return ids;
}

function rowOf(text: string): number {
  const result = assemble(`bits 32\n org 0\n table equ 0x1000\n ${text}\n`, { file: "row.asm", bits: 32 });
  if (result.errors) throw new Error(result.errors.join("\n"));
  const bytes = [...result.bytes].filter((byte, i) => !(i === 0 && byte === 0x66));
  const opcode = bytes[0] === 0x0f ? 0x100 | bytes[1] : bytes[0];
  const digit = (bytes[opcode >= 0x100 ? 2 : 1] >>> 3) & 7;
  const row = instructions.find((one) => one.opcode === opcode && (one.digit === -1 || one.digit === digit));
  if (row === undefined) throw new Error(`${text}: no row for ${opcode.toString(16)}`);
  return row.id;
}
