; IRET: to the same ring and outward, with everything that can be wrong with the frame.

; frame SS, ESP, EFLAGS, CS, EIP and IRET, in ring 0
%macro outward 6
  attempt %1, call %%go
  jmp %%end
%%go:
  push dword %2
  push dword %3
  push dword %4
  push dword %5
  push dword %6
  iret
%%end:
%endmacro

main:
  outward "to ring 3", U_DATA, USER_STACK, 2, U_CODE, in_ring_3
  outward "to ring 3 with IF, IOPL, NT", U_DATA, USER_STACK, 0x7202, U_CODE, in_ring_3
  outward "with AC, ID", U_DATA, USER_STACK, 0x240002, U_CODE, in_ring_3
  outward "cs of ring 0", U_DATA, USER_STACK, 2, K_CODE + 3, in_ring_3
  outward "cs null", U_DATA, USER_STACK, 2, 0, in_ring_3
  outward "cs null with RPL 3", U_DATA, USER_STACK, 2, 3, in_ring_3
  outward "cs is data", U_DATA, USER_STACK, 2, U_DATA, in_ring_3
  outward "cs beyond the GDT", U_DATA, USER_STACK, 2, 0x303, in_ring_3
  outward "cs of ring 3 with RPL 2", U_DATA, USER_STACK, 2, (U_CODE & ~3) + 2, in_ring_3
  outward "ss null", 0, USER_STACK, 2, U_CODE, in_ring_3
  outward "ss of ring 0", K_DATA + 3, USER_STACK, 2, U_CODE, in_ring_3
  outward "ss with RPL 0", U_DATA & ~3, USER_STACK, 2, U_CODE, in_ring_3
  outward "ss is code", U_CODE, USER_STACK, 2, U_CODE, in_ring_3
  outward "ss beyond the GDT", 0x303, USER_STACK, 2, U_CODE, in_ring_3
  ; ss not present is #SS by the manual, #NP on QEMU
  set_descriptor FREE, 0x0000ffff, 0x00cff100
  outward "ss read-only", FREE + 3, USER_STACK, 2, U_CODE, in_ring_3
  set_descriptor FREE, 0x0000ffff, 0x00cf7b00
  outward "cs not present", U_DATA, USER_STACK, 2, FREE + 3, in_ring_3
  set_descriptor FREE, 0x0000ffff, 0x00cf9f00
  outward "cs conforming of ring 0", U_DATA, USER_STACK, 2, FREE + 3, in_ring_3
  set_descriptor FREE, 0x0000ffff, 0x00cfff00
  outward "cs conforming of ring 3", U_DATA, USER_STACK, 2, FREE + 3, in_ring_3

  ; the same ring
  attempt "same ring", call same_ring
  attempt "same ring, flags", call same_ring_flags
  user_attempt "ring 3 to ring 3", call user_same
  user_attempt "ring 3 to ring 0", call user_inward
  mov dword [user_flags], 0x3002
  user_attempt "ring 3 sets IOPL 0, IF with IOPL 3", call user_flags_change
  mov dword [user_flags], 2
  user_attempt "ring 3 sets IOPL and IF with IOPL 0", call user_flags_change
  user_attempt "popf in ring 3 with IOPL 0", call user_popf
  mov dword [user_flags], 0x3202
  user_attempt "popf in ring 3 with IOPL 3", call user_popf
  mov dword [user_flags], 0x3002
  user_attempt "cli, sti with IOPL 3", call cli_sti
  mov dword [user_flags], 0x1002
  user_attempt "cli with IOPL 1", cli
  user_attempt "sti with IOPL 1", sti
  user_attempt "in with IOPL 1", in al, 0x61
  mov dword [user_flags], 2

  ; the I/O permission bitmap
  mov word [tss + 102], bitmap - tss
  mov eax, bitmap_end - tss - 1
  mov [gdt + TSS_SELECTOR], ax
  and byte [gdt + TSS_SELECTOR + 5], ~2
  mov ax, TSS_SELECTOR
  ltr ax
  mov edx, 0x80
  user_attempt "in of a permitted port", call in_80
  user_attempt "in of the port after it", in al, 0x81
  user_attempt "in of a word that begins there", in ax, 0x80
  user_attempt "out of a permitted port", call out_80
  user_attempt "in at the bitmap's end", call in_7ff
  user_attempt "in beyond the bitmap", call in_800
  user_attempt "outsb of a port that is not", call outs_81

  ; 16-bit frames
  attempt "iretw", call iretw_same
  ; NT in ring 0 with an empty back link
  attempt "iret with NT", call iret_nt
  ret

in_ring_3:
  cli

same_ring:
  pushfd
  push cs
  push dword .here
  iret
.here:
  ret

same_ring_flags:
  push dword 0x244cd7
  push cs
  push dword .here
  iret
.here:
  pushfd
  pop eax
  push dword 2
  popfd
  hex eax
  ret

user_same:
  pushfd
  push cs
  push dword .here
  iret
.here:
  ret

user_inward:
  pushfd
  push dword K_CODE
  push dword in_ring_3
  iret

user_flags_change:
  pushfd
  xor dword [esp], 0x3200
  push cs
  push dword .here
  iret
.here:
  cmp byte [user_flags + 1], 0x30
  je .iopl
  int 0x31
.iopl:
  ud2

user_popf:
  push dword 0x7000
  popfd
  ud2

cli_sti:
  sti
  pushfd
  pop ebx
  cli
  ud2

iretw_same:
  o16 pushf
  push cs
  add esp, 2
  push word .here - $$ ; the offset has 16 bits: execution would go on there, and there is nothing
  add esp, 6
  ret
.here:

iret_nt:
  pushfd
  or dword [esp], 0x4000
  popfd
  pushfd
  push cs
  push dword .here
  iret
.here:
  ret

in_80:
  in al, 0x80
  ret
out_80:
  mov al, 5
  out 0x80, al
  ret
in_7ff:
  mov edx, 0x7f8
  in al, dx
  ret
in_800:
  mov edx, 0x800
  in al, dx
  ret
outs_81:
  mov edx, 0x81
  mov esi, bitmap
  outsb
  ret

align 4
; ports 0-7FFh, only 80h and 7F8h permitted
bitmap:
  times 16 db 0xff
  db 0xfe
  times 238 db 0xff
  db 0xfe
  db 0xff
bitmap_end:
