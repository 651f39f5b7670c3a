; Far calls and jumps: call gates of every DPL and parameter count, conforming and other code, and the ways back.

; gate SELECTOR slot, TYPE byte, parameters, target selector, target
%macro call_gate 5
  push eax
  mov eax, %5
  mov [gdt + (%1)], ax
  mov word [gdt + (%1) + 2], %4
  mov word [gdt + (%1) + 4], ((%2) << 8) | (%3)
  shr eax, 16
  mov [gdt + (%1) + 6], ax
  pop eax
%endmacro

GATE equ FREE
TARGET equ FREE + 8

%macro both 1
  attempt %1, call GATE:0
  user_attempt %1, call GATE + 3:0
%endmacro

main:
  ; every DPL of the gate and RPL of the selector
%assign dpl 0
%rep 4
  call_gate GATE, 0x8c | (dpl << 5), 0, K_CODE, target
  say "gate DPL "
  hex dpl
  newline
  attempt "call", call GATE:0
  attempt "call with RPL 3", call GATE + 3:0
  attempt "jmp", call jump_gate
  user_attempt "user call", call GATE:0
  user_attempt "user call with RPL 3", call GATE + 3:0
  user_attempt "user jmp", jmp GATE + 3:0
  %assign dpl dpl + 1
%endrep

  ; parameters are copied to the inner stack
%assign n 0
%rep 4
  call_gate GATE, 0xec, n, K_CODE, show_stack
  user_attempt "parameters", call parameters
  %assign n n * 3 + 1
%endrep
  call_gate GATE, 0xec, 31, K_CODE, show_stack
  user_attempt "31 parameters", call parameters

  ; what a gate may lead to
  call_gate GATE, 0xec, 0, 0, target
  both "null target"
  call_gate GATE, 0xec, 0, K_DATA, target
  both "data"
  call_gate GATE, 0xec, 0, TSS_SELECTOR, target
  both "a task"
  call_gate GATE, 0xec, 0, 0x300, target
  both "beyond the GDT"
  call_gate GATE, 0xec, 0, GATE, target
  both "a gate"
  call_gate GATE, 0xec, 0, U_CODE, user_target
  both "ring 3"
  set_descriptor TARGET, 0x0000ffff, 0x00cf1b00
  call_gate GATE, 0xec, 0, TARGET, target
  both "not present"
  set_descriptor TARGET, 0x0000ffff, 0x00cf9f00
  call_gate GATE, 0xec, 0, TARGET, conforming_target
  both "conforming"
  call_gate GATE, 0x6c, 0, K_CODE, target
  both "gate not present"
  call_gate GATE, 0xec, 0, K_CODE + 3, target
  both "RPL in the gate"

  ; direct transfers
  attempt "call code", call K_CODE:near_target
  attempt "call code with RPL 1", call K_CODE + 1:near_target
  attempt "call data", call K_DATA:near_target
  attempt "call null", call 0:near_target
  attempt "call ring 3's code", call U_CODE:near_target
  attempt "call beyond", call 0x300:near_target
  attempt "call LDT", call 4:near_target
  user_attempt "call ring 0's code", call K_CODE:near_target
  user_attempt "call own code", call U_CODE:near_target
  user_attempt "call own code with RPL 0", call (U_CODE & ~3):near_target
  user_attempt "jmp to ring 0's code", jmp K_CODE:near_target
  set_descriptor TARGET, 0x0000ffff, 0x00cf9f00
  attempt "call conforming", call TARGET:near_target
  user_attempt "call conforming of ring 0", call TARGET:near_target
  user_attempt "call conforming of ring 0 with RPL 3", call TARGET + 3:near_target
  set_descriptor TARGET, 0x0000ffff, 0x00cfff00
  attempt "call conforming of ring 3", call TARGET:near_target
  user_attempt "call conforming of ring 3 from ring 3", call TARGET + 3:near_target
  set_descriptor TARGET, 0x0000ffff, 0x00cf1b00
  attempt "call code not present", call TARGET:near_target
  set_descriptor TARGET, 0x0000ffff, 0x00cf9900
  attempt "call execute-only", call TARGET:near_target
  attempt "call through memory", call far [pointer]
  attempt "call through memory, 16 bits", call far word [pointer16]

  ; the ways back
  attempt "retf to null", call return_to_null
  attempt "retf to data", call return_to_data
  attempt "retf beyond", call return_beyond
  user_attempt "retf to ring 0", call return_to_0
  user_attempt "retf to own ring", call return_to_3
  attempt "retf outward", call outward
  attempt "retf outward with a bad stack", call outward_bad_stack
  attempt "retf outward, null stack", call outward_null_stack

  ; segment registers that ring 3 may not have become null on the way out
  call_gate GATE, 0xec, 0, K_CODE, load_segments
  user_attempt "segments on return", call segments_on_return
  ret

jump_gate:
  jmp GATE:0

target:
  push eax
  mov eax, cs
  hex eax
  pop eax
  retf

user_target:
  retf

near_target:
  push eax
  mov eax, cs
  cmp al, 8
  jne .quiet
  hex eax
.quiet:
  pop eax
  retf

conforming_target: ; runs in the caller's ring
  mov ebx, cs
  retf

parameters:
  mov ecx, 40
.push:
  push ecx
  loop .push
  call GATE + 3:0
  lea esp, [ebp]
  mov esp, USER_STACK - 4
  ret

; Ring 0: frame eip, cs, parameters, esp, ss
show_stack:
  mov eax, K_DATA
  mov ds, eax
  mov es, eax
  movzx ecx, byte [gdt + GATE + 4]
  hex ecx, [esp + 4]
  mov esi, esp
  add esi, 8
  jecxz .outer
.next:
  hex [esi]
  add esi, 4
  loop .next
.outer:
  hex [esi], [esi + 4]
  movzx ecx, byte [gdt + GATE + 4]
  cmp ecx, 31
  je .with_31
  cmp ecx, 13
  je .with_13
  cmp ecx, 4
  je .with_4
  cmp ecx, 1
  je .with_1
  retf
.with_1:
  retf 4
.with_4:
  retf 16
.with_13:
  retf 52
.with_31:
  retf 124

return_to_null:
  push dword 0
  push dword near_target
  retf
return_to_data:
  push dword K_DATA
  push dword near_target
  retf
return_beyond:
  push dword 0x300
  push dword near_target
  retf
return_to_0:
  push dword K_CODE
  push dword near_target
  retf
return_to_3:
  push dword U_CODE
  push dword .here
  retf
.here:
  ret

; To ring 3 by RETF, back by an exception that is reported
outward:
  push dword U_DATA
  push dword USER_STACK
  push dword U_CODE
  push dword cli_in_ring_3
  retf
outward_bad_stack:
  push dword K_DATA
  push dword USER_STACK
  push dword U_CODE
  push dword cli_in_ring_3
  retf
outward_null_stack:
  push dword 0
  push dword USER_STACK
  push dword U_CODE
  push dword cli_in_ring_3
  retf
cli_in_ring_3:
  cli

load_segments:
  mov eax, K_DATA
  mov ds, eax
  mov es, eax
  mov fs, eax
  mov eax, U_DATA
  mov gs, eax
  retf

segments_on_return:
  mov ecx, U_DATA
  mov fs, ecx
  call GATE + 3:0
  mov eax, ds
  mov ebx, es
  mov esi, fs
  mov edi, gs
  mov ecx, U_DATA
  mov ds, ecx
  mov es, ecx
  mov [seen], eax
  mov [seen + 4], ebx
  mov [seen + 8], esi
  mov [seen + 12], edi
  mov dword [hook], show_seen
  cli

show_seen:
  hex [seen], [seen + 4], [seen + 8], [seen + 12]
  mov dword [hook], 0
  ret

align 4
pointer: dd near_target
  dw K_CODE
align 4
pointer16: dw 0
  dw 0
seen: times 4 dd 0
