; Virtual-8086 mode: entry by IRET, what faults there, what comes back on ring 0's stack.
V86_SEGMENT equ 0x2000 ; code and data of the mode at linear 20000h
LINEAR equ V86_SEGMENT * 16

; v86 "name", EFLAGS, instruction: runs 16-bit code at V86_SEGMENT:0; an exception brings it back
%macro v86 3+
  v86_begin %1, %2
  %3
  v86_end
%endmacro

%macro v86_begin 2
  %push v86
  say %1, ": "
  mov esi, %$code
  mov ecx, %$end - %$code
  mov edx, %2
  call run
  jmp %$end
bits 16
%$code:
%endmacro

%macro v86_end 0
  ud2 ; the regular way out
bits 32
%$end:
  %pop
%endmacro

main:
  call paging_on
  mov ebx, 0
.flags: ; IOPL 0 and 3
  hex ebx
  newline
  v86 "plain", ebx, mov ax, 0x1234
  v86 "cli", ebx, cli
  v86 "sti", ebx, sti
  v86 "pushf", ebx, pushf
  v86_begin "popf", ebx
  push word 0x7000
  popf
  v86_end
  v86 "o32 pushf", ebx, o32 pushf
  v86 "int 0x21", ebx, int 0x21
  v86 "int 0x31", ebx, int 0x31
  v86 "int3", ebx, int3
  v86 "into", ebx, into
  v86 "iret", ebx, iret
  v86 "hlt", ebx, hlt
  v86 "in", ebx, in al, 0x61
  v86 "out", ebx, out 0x80, al
  v86 "mov cr0", ebx, mov eax, cr0
  v86 "lgdt", ebx, lgdt [0]
  v86 "sldt", ebx, db 0x0f, 0x00, 0xc0
  v86 "arpl", ebx, db 0x63, 0xc0
  v86 "lar", ebx, db 0x0f, 0x02, 0xc0
  v86 "smsw", ebx, smsw ax
  v86 "ud2", ebx, ud2
  v86 "segments", ebx, mov ds, [0x80]
  v86 "far call", ebx, call V86_SEGMENT + 1:0x10
  v86_begin "missing page", ebx
  mov ax, 0xf000
  mov ds, ax
  mov eax, [0xfff0]
  v86_end
  v86_begin "write to a page of the kernel's", ebx
  mov ax, 0x3000
  mov ds, ax
  mov [0x10], eax
  v86_end
  v86 "div", ebx, div bh
  v86 "bound", ebx, bound ax, [0x84]
  add ebx, 0x3000
  cmp ebx, 0x3000
  jbe .flags
  ret

; ESI, ECX: code; EDX: flags
run:
  pushad
  mov [user_return], esp
  mov dword [user_eip], 1
  mov dword [base_eip], 0
  mov edi, LINEAR
  push ecx
  mov ecx, 0x100
  mov al, 0xf4
  rep stosb
  pop ecx
  mov edi, LINEAR
  rep movsb
  mov dword [LINEAR + 0x80], V86_SEGMENT + 3
  mov dword [LINEAR + 0x84], 0x00090005
  mov word [LINEAR + 0x100], 0x0b0f ; ud2
  mov dword [LINEAR + 0x7ff0], (V86_SEGMENT << 16) | 0x100
  mov word [LINEAR + 0x7ff4], 0x7246
  mov dword [PAGE_TABLE + 0x30 * 4], 0x30003 ; supervisor
  mov dword [PAGE_TABLE + 0xff * 4], 0 ; missing
  invlpg [0x30000]
  invlpg [0xff000]
  or edx, 0x20002
  mov dword [hook], show
  push dword V86_SEGMENT + 4 ; gs
  push dword V86_SEGMENT + 3 ; fs
  push dword V86_SEGMENT ; ds
  push dword V86_SEGMENT + 2 ; es
  push dword V86_SEGMENT ; ss
  push dword 0x7ff0
  push edx
  push dword V86_SEGMENT
  push dword 0
  mov eax, 0
  iret

; The segments of the mode on the stack, and that the registers are null now
show:
  movzx eax, word [ebp + 64]
  hex eax
  movzx eax, word [ebp + 68]
  hex eax
  movzx eax, word [ebp + 72]
  hex eax
  movzx eax, word [ebp + 76]
  hex eax
  mov eax, fs
  mov ecx, gs
  hex eax, ecx, [ebp + 28]
  mov dword [hook], 0
  ret
