; The trap flag, and what holds it back.

; step "name": the code up to done_stepping runs with TF set, every trap reported
%macro step 1
  say %1
  newline
  mov dword [resume], 1
  mov dword [base_eip], %%start
  pushfd
  or dword [esp], 0x100
  popfd
%%start:
%endmacro
%macro done_stepping 0
  pushfd
  and dword [esp], ~0x100
  popfd
  mov dword [resume], 0
%endmacro

main:
  mov ecx, 3
  mov esi, data
  mov edi, data + 16
  step "plain instructions"
  nop
  inc ecx
  mov eax, [esi]
  jmp .next
.next:
  call .sub
  done_stepping
  mov ecx, 3
  step "rep movsb stops after every byte"
  rep movsb
  nop
  done_stepping
  step "mov ss holds the trap back"
  mov eax, ss
  mov ss, eax
  nop
  nop
  done_stepping
  step "pop ss too"
  push ss
  pop ss
  nop
  nop
  done_stepping
  step "int goes through without a trap in the handler"
  int 0x40
  nop
  done_stepping
  step "an exception"
  nop
  mov dword [resume], 1
  done_stepping

  ; TF from an IRET: one instruction, then the trap
  say "iret"
  newline
  mov dword [resume], 1
  mov dword [base_eip], .after_iret
  pushfd
  or dword [esp], 0x100
  push cs
  push dword .after_iret
  iret
.after_iret:
  nop
  nop
  done_stepping

  ; ring 3 traces itself
  mov dword [user_flags], 0x100
  user_attempt "ring 3", call user_code
  mov dword [user_flags], 0

  ret

.sub:
  ret

user_code:
  nop
  ret

align 16
times 16 db 0
data: dd 1, 2, 3, 4, 5, 6, 7, 8
