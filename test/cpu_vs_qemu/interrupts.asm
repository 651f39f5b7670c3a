; INT n, INT3, INTO and exceptions through gates of every type and DPL, from rings 0 and 3.
VECTOR equ 0x60

; gate TYPE byte, SELECTOR, OFFSET: vector VECTOR
%macro gate 3
  mov dword [idt + VECTOR * 8], (%2) << 16
  mov dword [idt + VECTOR * 8 + 4], (%1) << 8
  push eax
  mov eax, %3
  mov [idt + VECTOR * 8], ax
  shr eax, 16
  mov [idt + VECTOR * 8 + 6], ax
  pop eax
%endmacro

%macro both 1
  attempt %1, int VECTOR
  user_attempt %1, int VECTOR
%endmacro

main:
  ; all types: the byte with P, DPL, S and type
  xor ebx, ebx
.type:
  cmp bl, 0x85 ; task gates have their own case
  je .skip
  cmp bl, 0xa5
  je .skip
  cmp bl, 0xc5
  je .skip
  cmp bl, 0xe5
  je .skip
  mov dword [idt + VECTOR * 8], (K_CODE << 16)
  mov eax, handler
  mov [idt + VECTOR * 8], ax
  shr eax, 16
  shl eax, 16
  mov ah, bl
  mov [idt + VECTOR * 8 + 4], eax
  hex ebx
  ; 16-bit gates push words and cut the offset: only who may use them is of interest
  mov al, bl
  and al, 0x9e
  cmp al, 0x86
  je .user_only
  both "int"
  jmp .skip
.user_only:
  cmp bl, 0xe0
  jae .skip
  user_attempt "int", int VECTOR
.skip:
  inc ebx
  cmp ebx, 256
  jb .type

  ; beyond the table
  sidt [table]
  mov word [table], VECTOR * 8 + 6
  lidt [table]
  both "int at the limit"
  mov word [table], VECTOR * 8 + 7
  lidt [table]
  gate 0xee, K_CODE, handler
  both "int within the limit"
  mov word [table], 256 * 8 - 1
  lidt [table]

  ; the gate's selector
  gate 0xee, 0, handler
  both "null selector"
  gate 0xee, K_DATA, handler
  both "data segment"
  gate 0xee, TSS_SELECTOR, handler
  both "system segment"
  gate 0xee, 0x300, handler
  both "beyond the GDT"
  gate 0xee, U_CODE, handler
  both "code of an outer ring"
  set_descriptor FREE, 0x0000ffff, 0x00cf1b00
  gate 0xee, FREE, handler
  both "code not present"
  set_descriptor FREE, 0x0000ffff, 0x00cf9f00
  gate 0xee, FREE, handler
  both "conforming code"
  set_descriptor FREE, 0x0000ffff, 0x00cfbb00
  gate 0xee, FREE, handler
  both "code of ring 1"
  gate 0xee, K_CODE + 3, handler
  both "RPL of the selector"

  ; flags: an interrupt gate clears IF, both clear TF and NT
  gate 0xee, K_CODE, flags_handler
  call flags_cases
  gate 0xef, K_CODE, flags_handler
  call flags_cases

  ; the inner stack: #TS, #NP and #SS are handled on ring 3's own, by conforming code, as there is no other
  set_descriptor FREE + 8, 0x0000ffff, 0x00cf9f00
  mov word [idt + 10 * 8 + 2], FREE + 8
  mov word [idt + 11 * 8 + 2], FREE + 8
  mov word [idt + 12 * 8 + 2], FREE + 8
  mov word [idt + 13 * 8 + 2], FREE + 8
  gate 0xee, K_CODE, handler
%assign v 10
%rep 4
  mov eax, on_user_stack.v %+ v
  mov [idt + v * 8], ax
  shr eax, 16
  mov [idt + v * 8 + 6], ax
  %assign v v + 1
%endrep
  mov dword [user_flags], 0x3000
  mov dword [tss + 8], 0
  user_attempt "inner ss null", int VECTOR
  mov dword [tss + 8], U_DATA
  user_attempt "inner ss of ring 3", int VECTOR
  mov dword [tss + 8], K_DATA + 1
  user_attempt "inner ss with RPL 1", int VECTOR
  mov dword [tss + 8], K_CODE
  user_attempt "inner ss is code", int VECTOR
  mov dword [tss + 8], 0x300
  user_attempt "inner ss beyond the GDT", int VECTOR
  set_descriptor FREE, 0x0000ffff, 0x00cf9100
  mov dword [tss + 8], FREE
  user_attempt "inner ss read-only", int VECTOR
  ; not present: #SS by the manual, #TS on QEMU
  set_descriptor FREE, 0x0000ffff, 0x00cf9300
  mov dword [tss + 8], FREE
  user_attempt "inner ss all right", int VECTOR
  mov dword [tss + 8], K_DATA
  mov dword [user_flags], 0
  mov edi, idt + 10 * 8
  mov eax, stubs + 10 * STUB_SIZE
  mov ecx, 4
.restore:
  mov [edi], ax
  mov word [edi + 2], K_CODE
  add eax, STUB_SIZE
  add edi, 8
  loop .restore

  ; software interrupts of the exceptions' vectors push no error code
  call soft
  user_attempt "int3", int3
  attempt "int3", int3
  user_attempt "int 3", int 3
  mov byte [idt + 3 * 8 + 5], 0x8e
  user_attempt "int3 with DPL 0", int3
  mov byte [idt + 3 * 8 + 5], 0xee
  mov byte [idt + 4 * 8 + 5], 0x8e
  mov dword [user_flags], 0x800
  user_attempt "into with DPL 0", into
  mov byte [idt + 4 * 8 + 5], 0xee
  user_attempt "into", into
  mov dword [user_flags], 0
  user_attempt "into without OF", into
  mov al, 0x7f
  add al, 1
  attempt "into", into
  user_attempt "int 13 from ring 3", int 13
  user_attempt "int 0x20 from ring 3", int 0x20
  user_attempt "bound", call bound_user
  mov eax, 5
  attempt "bound", bound eax, [limits]
  mov eax, 10
  attempt "bound within", bound eax, [limits]
  attempt "aam 0", aam 0
  xor ecx, ecx
  attempt "div", div ecx
  attempt "idiv", idiv cl
  attempt "ud0", db 0x0f, 0xff, 0xc0
  attempt "lock of a register", db 0xf0, 0x40
  attempt "mov cs", db 0x8e, 0xc8
  attempt "lea of a register", db 0x8d, 0xc0
  attempt "les of a register", db 0xc4, 0xc0
  attempt "15 bytes", db 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90
  attempt "16 bytes", db 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90
  user_attempt "hlt", hlt
  user_attempt "lgdt", lgdt [table]
  user_attempt "lidt", lidt [table]
  user_attempt "lldt", lldt ax
  user_attempt "ltr", ltr ax
  user_attempt "clts", clts
  user_attempt "lmsw", lmsw ax
  user_attempt "smsw", smsw ax
  user_attempt "sgdt", sgdt [table]
  user_attempt "mov cr0", mov eax, cr0
  user_attempt "mov to cr3", mov cr3, eax
  user_attempt "mov dr7", mov eax, dr7
  user_attempt "invlpg", invlpg [eax]
  user_attempt "wbinvd", wbinvd
  user_attempt "rdmsr", rdmsr
  user_attempt "rdtsc", rdtsc
  user_attempt "cpuid", cpuid
  user_attempt "ud2", ud2
  user_attempt "retf to ring 0", call retf_inward
  attempt "cr1", db 0x0f, 0x22, 0xc8
  ret

bound_user:
  mov eax, 21
  bound eax, [limits]
  ret

retf_inward:
  push dword K_CODE
  push dword handler
  retf

soft:
  user_attempt "int 8", int 8
  mov byte [idt + 8 * 8 + 5], 0xee
  mov byte [idt + 13 * 8 + 5], 0xee
  mov dword [hook], words
  mov dword [recover_eip], .after
  mov [recover_esp], esp
  int 13
.after:
  mov dword [hook], 0
  mov byte [idt + 8 * 8 + 5], 0x8e
  mov byte [idt + 13 * 8 + 5], 0x8e
  newline
  ret
; the stub takes EIP for the error code: there is none
words:
  mov eax, [ebp + 44]
  hex eax
  mov dword [ebp + 40], 0
  ret

flags_cases:
  mov dword [user_flags], 0
  user_attempt "flags", int VECTOR
  mov dword [user_flags], 0x200
  user_attempt "IF", int VECTOR
  mov dword [user_flags], 0x4000
  user_attempt "NT", int VECTOR
  mov dword [user_flags], 0x3200
  user_attempt "IOPL", int VECTOR
  mov dword [user_flags], 0
  ret

; prints its own flags and those pushed
flags_handler:
  pushfd
  pop eax
  and eax, 0x7702
  mov ecx, K_DATA
  mov ds, ecx
  mov es, ecx
  hex eax
  mov eax, [esp + 8]
  hex eax
  iret

; Runs in ring 3 with IOPL 3, the error code on top of ring 3's stack.
on_user_stack:
%assign v 10
%rep 4
.v %+ v:
  mov eax, v
  jmp .any
  %assign v v + 1
%endrep
.any:
  hex eax
  pop eax
  hex eax
  mov dword [tss + 8], K_DATA
  int 0x30

handler:
  push eax
  mov eax, K_DATA
  mov ds, eax
  mov es, eax
  pop eax
  say "handled "
  hex [esp + 4]
  iret

align 4
limits: dd 10, 20
table: dw 0
  dd 0
