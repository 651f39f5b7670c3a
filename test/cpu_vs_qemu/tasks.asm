; Hardware tasks: switches by JMP, CALL, INT through task gates and IRET; busy bits, back links, NT, what is saved and loaded.
OTHER equ FREE
GATE equ FREE + 8
LDT equ FREE + 16
IN_LDT equ 4

%macro show_busy 0
  movzx eax, byte [gdt + TSS_SELECTOR + 5]
  hex eax
  movzx eax, byte [gdt + OTHER + 5]
  hex eax
%endmacro

main:
  set_descriptor OTHER, 0x00000067, 0x00008900
  mov eax, other_tss
  mov [gdt + OTHER + 2], ax
  shr eax, 16
  mov [gdt + OTHER + 4], al
  mov [gdt + OTHER + 7], ah
  set_descriptor LDT, 0x00000017, 0x00008200
  mov eax, ldt
  mov [gdt + LDT + 2], ax
  shr eax, 16
  mov [gdt + LDT + 4], al
  mov [gdt + LDT + 7], ah
  set_descriptor GATE, OTHER << 16, 0x0000e500
  mov dword [idt + 0x60 * 8], OTHER << 16
  mov dword [idt + 0x60 * 8 + 4], 0xe500
  mov eax, cr3
  mov [tss + 28], eax

  say "call"
  newline
  call prepare
  mov dword [other_tss + 32], report_and_iret
  mov ebx, 0x12345678
  call OTHER:0
  call show_back
  say "call through a gate"
  newline
  call prepare
  mov dword [other_tss + 32], report_and_iret
  call GATE:0
  call show_back
  say "int through a gate"
  newline
  call prepare
  mov dword [other_tss + 32], report_and_iret
  int 0x60
  call show_back
  say "jmp"
  newline
  call prepare
  mov dword [other_tss + 32], report_and_jmp
  jmp OTHER:0
  call show_back
  say "jmp, other in ring 3"
  newline
  call prepare
  mov dword [other_tss + 32], ring_3_task
  mov dword [other_tss + 76], U_CODE
  mov dword [other_tss + 80], U_DATA
  mov dword [other_tss + 72], U_DATA
  mov dword [other_tss + 84], U_DATA
  mov dword [other_tss + 88], U_DATA
  mov dword [other_tss + 92], U_DATA
  mov dword [other_tss + 4], KERNEL_STACK - 0x14000
  mov dword [other_tss + 8], K_DATA
  mov dword [other_tss + 36], 0x3002
  mov dword [recover_eip], .in_ring_0
  mov dword [recover_esp], KERNEL_STACK - 0x16000
  jmp OTHER:0
  call show_back

  ; errors before the switch
  call prepare
  or byte [gdt + OTHER + 5], 2
  attempt "call of a busy task", call OTHER:0
  attempt "jmp to a busy task", call jump_other
  attempt "int of a busy task", int 0x60
  attempt "call of the task itself", call TSS_SELECTOR:0
  and byte [gdt + OTHER + 5], ~2
  mov byte [gdt + OTHER + 5], 0x09
  attempt "call of a task not present", call OTHER:0
  mov byte [gdt + OTHER + 5], 0x89
  mov word [gdt + OTHER], 0x66
  attempt "a TSS too short", call OTHER:0
  mov word [gdt + OTHER], 0x67
  set_descriptor GATE, 0, 0x0000e500
  attempt "a task gate to null", call GATE:0
  set_descriptor GATE, K_CODE << 16, 0x0000e500
  attempt "a task gate to code", call GATE:0
  ; (a task gate into the LDT is #GP by the manual, #TS on QEMU)
  set_descriptor GATE, OTHER << 16, 0x00006500
  attempt "a task gate not present", call GATE:0
  set_descriptor GATE, OTHER << 16, 0x00008500
  user_attempt "a task gate of ring 0", call GATE + 3:0
  user_attempt "a TSS of ring 0", call OTHER + 3:0
  show_busy
  newline
  ret

; In the other task still
.in_ring_0:
  mov dword [recover_eip], 0
  newline
  call report
  jmp TSS_SELECTOR:0

; A fresh task with distinct values everywhere
prepare:
  mov edi, other_tss
  mov ecx, 26
  xor eax, eax
  rep stosd
  mov eax, cr3
  mov [other_tss + 28], eax
  mov dword [other_tss + 36], 0x202 - 0x200 + 1
  mov dword [other_tss + 40], 0xa0a0a0a0
  mov dword [other_tss + 44], 0xc0c0c0c0
  mov dword [other_tss + 48], 0xd0d0d0d0
  mov dword [other_tss + 52], 0xb0b0b0b0
  mov dword [other_tss + 56], KERNEL_STACK - 0x12000
  mov dword [other_tss + 60], 0xe0e0e0e0
  mov dword [other_tss + 64], 0x51515151
  mov dword [other_tss + 68], 0xd1d1d1d1
  mov dword [other_tss + 72], IN_LDT
  mov dword [other_tss + 76], K_CODE
  mov dword [other_tss + 80], K_DATA
  mov dword [other_tss + 84], K_DATA
  mov dword [other_tss + 88], 0
  mov dword [other_tss + 92], IN_LDT
  mov dword [other_tss + 96], LDT
  mov word [other_tss + 102], 104
  mov byte [gdt + OTHER + 5], 0x89
  ret

report_and_iret:
  call report
  iret
report_and_jmp:
  call report
  jmp TSS_SELECTOR:0

report:
  pushfd
  pushad
  hex [esp + 28], [esp + 24], [esp + 20], [esp + 16], [esp + 8], [esp + 4], [esp], [esp + 32], esp
  newline
  mov eax, es
  mov ebx, fs
  mov ecx, gs
  sldt dx
  movzx edx, dx
  str si
  movzx esi, si
  hex eax, ebx, ecx, edx, esi
  mov eax, cr0
  and eax, 8
  hex eax
  clts
  movzx eax, word [other_tss]
  hex eax
  show_busy
  newline
  ; what was saved of the old task
  hex [tss + 36], [tss + 52], [tss + 76], [tss + 80], [tss + 32]
  newline
  popad
  popfd
  ret

ring_3_task:
  mov eax, cs
  mov ebx, ds
  pushfd
  pop ecx
  jmp TSS_SELECTOR:0 ; not for ring 3: the exception's handler goes back
  int 0x30

jump_other:
  jmp OTHER:0

; Back in the first task
show_back:
  pushfd
  pop eax
  hex eax, [other_tss + 40], [other_tss + 36]
  show_busy
  mov eax, cr0
  and eax, 8
  hex eax
  clts
  newline
  ret

align 8
ldt: dq 0x00cf93000000ffff, 0, 0
align 16
other_tss: times 104 db 0
