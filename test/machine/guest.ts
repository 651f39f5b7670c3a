import { assemble } from "../../scripts/toolchain/assembler/index.ts";

/**
 * A multiboot kernel from assembly text: loaded at 1 MiB by the address fields of its header, starts at its first line
 * with a stack. It runs the same under QEMU. Ready to use:
 *   putc (AL), puts (ESI, zero-terminated), hex8 (AL), hex32 (EAX), newline: on COM1; all keep every register
 *   outb PORT, VALUE    inb PORT (into AL)    print "text"    exit VALUE (port F4h)
 */
export function guest(source: string): Uint8Array {
  const result = assemble(PROLOGUE + source + EPILOGUE, { bits: 32, file: "guest.asm" });
  if ("errors" in result && result.errors) throw new Error(result.errors.join("\n"));
  return (result as { bytes: Uint8Array }).bytes;
}

const PROLOGUE = `
bits 32
org 0x100000
%macro outb 2
  push eax
  push edx
  mov edx, %1
  mov al, %2
  out dx, al
  pop edx
  pop eax
%endmacro
%macro inb 1
  push edx
  mov edx, %1
  in al, dx
  pop edx
%endmacro
%macro print 1+
  push esi
  mov esi, %%text
  call puts
  pop esi
  jmp %%end
%%text: db %1, 0
%%end:
%endmacro
%macro exit 1
  mov dx, 0xf4
  mov al, %1
  out dx, al
%%stop:
  cli
  hlt
  jmp %%stop
%endmacro
header:
  dd 0x1badb002, 0x00010003, -(0x1badb002 + 0x00010003)
  dd header, header, 0, bss_end, entry
putc:
  push edx
  mov dx, 0x3f8
  out dx, al
  pop edx
  ret
puts:
  push eax
  push esi
.next:
  mov al, [esi]
  inc esi
  test al, al
  jz .end
  call putc
  jmp .next
.end:
  pop esi
  pop eax
  ret
hex8:
  push eax
  push ecx
  mov cl, al
  shr al, 4
  call .digit
  mov al, cl
  and al, 15
  call .digit
  pop ecx
  pop eax
  ret
.digit:
  cmp al, 10
  jb .decimal
  add al, 'a' - '0' - 10
.decimal:
  add al, '0'
  jmp putc
hex32:
  push ecx
  mov ecx, 4
.next:
  rol eax, 8
  call hex8
  dec ecx
  jnz .next
  pop ecx
  ret
newline:
  push eax
  mov al, 10
  call putc
  pop eax
  ret
entry:
  mov esp, stack_end
`;

const EPILOGUE = `
align 16
bss_start:
stack_end equ bss_start + 0x4000
bss_end equ bss_start + 0x4000
`;
