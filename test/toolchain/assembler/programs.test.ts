import { describe, expect, it } from "vitest";
import { assemble } from "../../../scripts/toolchain/assembler/index.ts";
import { hasTool } from "../../support/tools.ts";
import { nasm } from "./nasm.ts";

/** Whole programs: the bytes must be nasm's. */
const programs: Record<string, string> = {
  "a boot sector with org, strings, padding and signature": `
    org 0x7c00
    start:
      cli
      xor ax, ax
      mov ds, ax
      mov ss, ax
      mov sp, start
      mov si, message
    .next:
      lodsb
      test al, al
      jz .done
      mov ah, 0Eh
      mov bx, 7
      int 10h
      jmp short .next
    .done:
      lgdt [gdtr]
      mov eax, cr0
      or al, 1
      mov cr0, eax
      jmp dword 8:protected
    bits 32
    protected:
      mov eax, 0x10
      mov ds, eax
      jmp $
    message db "Hello", 13, 10, 'world', 0
    align 8
    gdt dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
    gdtr: dw $ - gdt - 1
      dd gdt
    times 510 - ($ - $$) db 0
    dw 0xaa55`,
  "integer expressions with every operator and precedence": `
    bits 32
    a equ 7
    b equ -3
    dd a + b * 2 - 10 / 3, a - -b, ~a, !a, !0, -a
    dd 1 << 4 | 3, 0xff ^ 0x0f & 0x3c, 100 % 7, 100 // 7, -100 // 7, -100 %% 7, a & 3 == 3
    dd 1 < 2, 2 <= 2, 3 > 4, 3 >= 4, 3 != 4, 3 <> 4, 3 = 3, 1 && 0, 1 || 0, 1 ^^ 1, 5 <=> 3, 3 <=> 3
    dq -1 >> 4, 1 << 40, 0xffffffffffffffff, -1 / 2, -8 >>> 1, 0x8000000000000000
    dd (1 + 2) * 3, 2 + 3 << 1, 1 ? 10 : 20, 0 ? 10 : 20
    dd 'a', 'ab', 'abc', 'abcd', 0b1010, 1010b, 0o17, 17q, 0x1f, 1fh, $1f, 0d10, 1_000
    dw 'ab', 'x'
    dd -(a+1), $ - $$, end - $, (end - $$) * 2
    end:`,
  "data of all sizes, strings, escapes and floats": `
    db 1, 'a', "bc", 'def', \`x\\n\\x41\\0\\t\\\\\`, -1, 255
    dw 'abc', "q", 1, -1, 65535
    dd 'abcde', 1.5, -2.25, 0.1, 1e10, -0.0, 3.4028234664e38, 1e-45, __?Infinity?__, -__?Infinity?__
    dq 'x', 1.0, 0.1, 1e308, 2.5e-324, 5e-324, 1.7976931348623157e308, 0x1.8p3
    dt 1.0, -1.0, 0.1, 3.14159265358979323846, 1e4000, 1e-4940, 0.0
    dq 0x123456789abcdef0, -2
    db "é", 0
    db 1, 2,
    resb 3
    resw 2
    resd 1
    db 9`,
  "single-line macros": `
    %define ONE 1
    %define add2(x) ((x) + 2)
    %define pair(a, b) a, b
    %define twice(f, x) f(f(x))
    %define self 3
    %xdefine early ONE
    %define ONE 5
    %idefine Loud 9
    db ONE, add2(3), pair(4, 5), twice(add2, 1), early, LOUD, loud
    %undef ONE
    ONE equ 77
    %undef self
    %define self self + 1
    %undef self
    db ONE
    %define cat(a, b) a %+ b
    label12 equ 12
    db cat(label, 12)
    %define reg eax
    bits 32
    mov reg, [reg + 4]
    %define nothing
    nothing nop nothing
    %define over(x) x
    %define over(x, y) x + y
    db over(1), over(2, 3)`,
  "numbers computed by the preprocessor": `
    %assign i 0
    %rep 5
      db i, i * i
      %assign i i + 1
    %endrep
    %assign n 10
    %rep 100
      %if n = 5
        %exitrep
      %endif
      db n
      %assign n n - 1
    %endrep
    db n
    %assign big 0xffffffff + 1
    dq big`,
  "conditionals of every kind": `
    %define yes
    %define num 12
    %define str "text"
    %macro known 0
    %endmacro
    %ifdef yes
      db 1
    %else
      db 2
    %endif
    %ifndef yes
      db 3
    %elifdef num
      db 4
    %elif 1
      db 5
    %endif
    %if num > 10 && num < 20
      db 6
    %endif
    %ifidn abc, abc
      db 7
    %endif
    %ifidni ABC, abc
      db 8
    %endif
    %ifnidn abc, def
      db 9
    %endif
    %ifnum num
      db 10
    %endif
    %ifnum -3
      db 11
    %endif
    %ifid foo
      db 12
    %endif
    %ifstr str
      db 13
    %endif
    %ifempty
      db 14
    %endif
    %ifempty x
      db 15
    %endif
    %ifmacro known
      db 16
    %endif
    %ifnmacro unknown
      db 17
    %endif
    %iftoken one two
      db 18
    %endif
    %if 0
      %if 1
        db 19
      %else
        db 20
      %endif
      this line is 'not even tokens
    %else
      db 21
    %endif`,
  "multi-line macros with parameters, defaults, local labels, rotation and greedy tails": `
    bits 32
    %macro prologue 1
      push ebp
      mov ebp, esp
      sub esp, %1
    %endmacro
    %macro load 2-3 1
      mov %1, %2
      add %1, %3
    %endmacro
    %macro wait_for 1
      %%again:
      dec %1
      jnz %%again
    %endmacro
    %macro all 1-*
      %rep %0
        push %1
        %rotate 1
      %endrep
      %rep %0
        %rotate -1
        pop %1
      %endrep
    %endmacro
    %macro text 2+
      db %1, %2
    %endmacro
    %macro handler 1
      handler%1:
      h%1_end:
      dd handler%1, h%1_end, h%1_end.inner
      .inner:
    %endmacro
    %macro jump_if 2
      j%+1 %2
      j%-1 %2
    %endmacro
    %macro braced 2
      db %1
      db %{2}
    %endmacro
    %macro count 0-5
      db %0
    %endmacro
    %imacro AnyCase 0
      nop
    %endmacro
    %macro nested 1
      prologue %1 * 2
      wait_for ecx
    %endmacro
    f: prologue 16
    load eax, 5
    load ebx, ecx, 9
    wait_for edx
    wait_for esi
    all eax, ebx, dword [ecx + 4]
    text 1, 2, "three", 4
    handler 3
    handler 14
    jump_if z, f
    jump_if ae, f
    braced {1, 2, 3}, 4
    count
    count 1
    count 1, 2, 3
    anycase
    ANYCASE
    nested 4
    %macro mov 3
      mov %1, %2
      mov %2, %3
    %endmacro
    mov eax, ebx
    mov eax, ebx, ecx
    %unmacro mov 3
    %macro last 3
      db %{1:2}, %{3:2}, %{-1:-1}
    %endmacro
    last 1, 2, 3`,
  contexts: `
    bits 32
    %macro if_ 1
      %push if
      j%-1 %$else
    %endmacro
    %macro else_ 0
      jmp %$end
      %$else:
      %define %$has_else
    %endmacro
    %macro endif_ 0
      %ifndef %$has_else
        %$else:
      %endif
      %$end:
      %pop
    %endmacro
    cmp eax, 1
    if_ z
      mov ebx, 2
      cmp ebx, 3
      if_ a
        inc ecx
      endif_
    else_
      mov ebx, 4
    endif_`,
  "string functions": `
    %strlen n "hello"
    %strcat s "ab", 'cd'
    %substr c "hello" 2
    %substr m "hello" 2, 3
    %substr t "hello" 3, -1
    %defstr d a + b
    %deftok k "eax"
    bits 32
    db n, s, c, m, t, d
    inc k`,
  "structures and instances": `
    bits 32
    struc point
      .x: resd 1
      .y: resd 1
      .name: resb 5
      alignb 4
      .end:
    endstruc
    struc frame, 8
      .a resd 1
      .b resw 1
    endstruc
    mov eax, [ebx + point.y]
    mov eax, [ebx + frame.b]
    mov ecx, point_size
    mov ecx, frame_size
    origin:
    istruc point
      at point.x, dd 10
      at point.name, db "abc"
    iend
    absolute 0x500
    ticks: resd 1
    buffer: resb 16
    section .text
    mov eax, [ticks]
    mov ebx, buffer`,
  "sections in a flat file": `
    bits 32
    org 0x1000
    section .data
    number dd 1
    pointer: dd number, routine, room
    section .text
    call routine
    mov eax, [number]
    mov ebx, room
    routine: ret
    section .bss
    room: resb 100
    other: resd 1
    section .rodata
    constant dd other
    section .text
    jmp routine
    section .data
    dd constant`,
  "local labels, special labels, dollar names and align": `
    bits 32
    one: nop
    .a: jmp .a
    two:
    .a: jmp .a
      jmp one.a
      jmp two.a
    ..@special:
      jmp ..@special
    .b:
      jmp .b
    $eax: mov ecx, $eax
      mov eax, $
      align 16
      nop
      align 4, db 0
      nop
      align 8, int3
      times 3 nop
      times 2 jmp $
      times 2 dd $ - $$
      times 4 db 1, 2
      here: times here - one nop`,
  "prefixes and sizes": `
    bits 16
    o32 ret
    a32 lodsb
    o32 push 5
    rep movsd
    repne scasb
    lock xadd [bx], ax
    es movsb
    mov ax, [es:di]
    fs
    lock
    a32 o32 rep stosd
    o32 lgdt [bx]
    call dword 0x10:0x12345678
    call far dword [bx]
    jmp far [bx]
    push dword 5
    push dword 500
    push word 500
    wait
    wait fninit
    bits 32
    o16 ret
    a16 lodsb
    o16 iret
    a16 loop $
    loop $, cx
    a16 xlatb
    fs xlatb
    [bits 16]
    mov eax, [ebx + 2 * ecx]
    mov ax, [dword 0x1234]
    use32
    mov eax, [word 0x1234]
    mov eax, strict dword 1
    add eax, strict dword 1
    push strict dword 1
    mov al, [byte ebx]
    mov al, [dword ebx]
    mov eax, [nosplit eax * 2]`,
  "label differences as immediates, displacements and counts": `
    bits 32
    a:
    add eax, b - a
    add eax, c - a
    mov eax, [ebx + b - a]
    mov eax, [ebx + c - a]
    push b - a
    push c - a
    times 20 nop
    b:
    times 200 nop
    c:
    resb b - a
    times c - b db 7
    imul eax, ebx, b - a
    d equ c - a
    cmp ecx, d
    cmp ecx, e
    e equ 5`,
  "line continuation and odd spacing": `
    %macro two 2
      db %1, \\
         %2
    %endmacro
    two 1, \\
      2
    label1:db 1
    label2 : db 2
    label3:
    db   3;comment
    ;only a comment
      db ';', ";" ; strings keep them`,
};

describe.skipIf(!hasTool("nasm"))("whole programs against nasm", () => {
  for (const [name, source] of Object.entries(programs)) {
    it(`assembles ${name} to nasm's bytes`, () => {
      const theirs = nasm(source);
      expect(theirs.messages).toBe("");
      const ours = assemble(source);
      expect(ours.errors ?? []).toEqual([]);
      expect(Buffer.from(ours.bytes!).toString("hex")).toBe(Buffer.from(theirs.bytes!).toString("hex"));
    });
  }
});
