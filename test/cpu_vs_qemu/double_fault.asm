; Exceptions while an exception is delivered: which pairs make a double fault, and what it finds.

; break VECTOR: its gate is not present, so that delivering it raises #NP
%macro break_gate 1
  and byte [idt + (%1) * 8 + 5], 0x7f
%endmacro
%macro mend_gate 1
  or byte [idt + (%1) * 8 + 5], 0x80
%endmacro

main:
  ; benign first: #NP alone (for the others QEMU leaves out EXT)
  break_gate 3
  break_gate 4
  attempt "#BP, no gate", int3
  mov al, 0x7f
  add al, 1
  attempt "#OF, no gate", into
  user_attempt "#BP, no gate, from ring 3", int3
  mend_gate 3
  mend_gate 4

  ; contributory on contributory
  break_gate 13
  mov eax, 0x1234
  attempt "#GP, no gate", mov ds, eax
  user_attempt "#GP, no gate, from ring 3", cli
  mend_gate 13
  break_gate 12
  attempt "#SS, no gate", call bad_ss
  mend_gate 12
  break_gate 11
  set_descriptor FREE, 0x0000ffff, 0x00cf1300
  mov eax, FREE
  attempt "#NP, no gate", mov ds, eax
  mend_gate 11
  break_gate 0
  xor ecx, ecx
  attempt "#DE, no gate, is contributory", div ecx
  mend_gate 0

  ; page faults
  call paging_on
  break_gate 14
  attempt "#PF, no gate", mov eax, [SCRATCH]
  user_attempt "#PF, no gate, from ring 3", mov eax, [SCRATCH]
  mend_gate 14
  ; the gates from 13 up are on a missing page: #GP makes a #PF, and that another, which is the double fault
  call split_idt
  mov eax, 0x1234
  attempt "#GP, gate in a missing page", mov ds, eax
  attempt "#UD, gate in a missing page", ud2
  call whole_idt

  ; a double fault through a task gate, with a stack that is no good
  mov eax, cr3
  mov [df_tss + 28], eax
  mov [tss + 28], eax
  mov dword [df_tss + 32], df_task
  mov dword [df_tss + 36], 2
  mov dword [df_tss + 56], KERNEL_STACK - 0x10000
  mov dword [df_tss + 72], K_DATA
  mov dword [df_tss + 76], K_CODE
  mov dword [df_tss + 80], K_DATA
  mov dword [df_tss + 84], K_DATA
  mov dword [df_tss + 88], K_DATA
  mov dword [df_tss + 92], K_DATA
  mov dword [idt + 8 * 8], DF_TSS_SELECTOR << 16
  mov dword [idt + 8 * 8 + 4], 0x8500
  mov [saved_esp], esp
  say "push without a stack: "
  mov dword [base_eip], .it
  mov esp, SCRATCH + 0x2000
.it:
  push eax
.after_task:
  mov esp, [saved_esp]
  newline
  call paging_off
  ret

df_task:
  pop eax
  say "task error "
  hex eax
  mov eax, [tss + 32]
  sub eax, [base_eip]
  hex eax, [tss + 56]
  movzx eax, word [df_tss]
  hex eax
  str ax
  movzx eax, ax
  hex eax
  mov eax, [gdt + DF_TSS_SELECTOR + 4]
  and eax, 0xff00
  hex eax
  mov eax, [gdt + TSS_SELECTOR + 4]
  and eax, 0xff00
  hex eax
  pushfd
  pop eax
  hex eax
  ; go on elsewhere in the task that was interrupted
  mov dword [tss + 32], main.after_task
  mov eax, [saved_esp]
  mov [tss + 56], eax
  iret

bad_ss:
  mov eax, 0x1234
  mov edx, FREE
  set_descriptor FREE, 0x0000ffff, 0x00cf1300
  mov ss, edx
  ret

; The IDT across two pages: gates 0 to 12 on one that is there, the rest on one that is missing.
split_idt:
  mov esi, idt
  mov edi, 0x300000 + 0x1000 - 13 * 8
  mov ecx, 128
  rep movsd
  mov dword [PAGE_TABLE + 0x1000], 0x300003
  mov dword [PAGE_TABLE + 0x1004], 0
  mov eax, cr3
  mov cr3, eax
  mov word [table], 256 * 8 - 1
  mov dword [table + 2], SCRATCH + 0x1000 - 13 * 8
  lidt [table]
  ret

whole_idt:
  lidt [idt_pointer]
  mov dword [PAGE_TABLE + 0x1000], 0
  mov eax, cr3
  mov cr3, eax
  ret

align 4
saved_esp: dd 0
limits: dd 10, 20
table: dw 0
  dd 0
