; The prelude of privileged CPU cases: a multiboot kernel, the same for every driver. Reports go to port E9h; a write to
; port F4h ends the machine. Physical memory is identity-mapped when paging is on. What a case may use:
;   say "text", newline, hex EAX...   print; all registers keep their values
;   attempt "name", instruction       runs it and reports "name: ok" or the exception it raises; execution goes on after it
;                                     with the general registers (but esp) as the instruction left them
;   user_attempt "name", instruction  the same in ring 3 with EFLAGS from [user_flags]; EBX, ESI, EDI, EBP are passed in
;   call enter_user                   EAX: address of ring-3 code; returns when that does int 30h or raises an exception
;   call paging_on, paging_off        4 KiB pages, see PAGE_TABLE; map_page EBX = linear, EAX = entry
;   selectors K_CODE K_DATA U_CODE U_DATA and the free ones from FREE up (set_descriptor)
bits 32
org 0x100000

K_CODE equ 0x08
K_DATA equ 0x10
U_CODE equ 0x1b
U_DATA equ 0x23
TSS_SELECTOR equ 0x28
DF_TSS_SELECTOR equ 0x30
FREE equ 0x38
PAGE_DIRECTORY equ 0x200000
; Entries of linear 0 - 4 MiB, 4 - 8 MiB
PAGE_TABLE equ 0x201000
; Pages that a case may map and use as it likes
SCRATCH equ 0x400000
USER_STACK equ 0x3f0000
KERNEL_STACK equ 0x1f0000

%macro newline 0
  push eax
  mov al, 10
  out 0xe9, al
  pop eax
%endmacro

%macro say 1+
  call say_text
  db %1, 0
%endmacro

; hex VALUE...: eight digits each, and a blank
%macro hex 1-*
  %rep %0
    push dword %1
    call hex_word
    %rotate 1
  %endrep
%endmacro

; attempt "name", instruction with operands
%macro attempt 2+
  push ebp
  mov ebp, esp
  say %1, ": "
  mov [recover_esp], esp
  mov dword [recover_eip], %%after
  mov dword [base_eip], %%it
%%it:
  %2
  say "ok"
%%after:
  mov esp, [recover_esp]
  mov dword [recover_eip], 0
  newline
  pop ebp
%endmacro

%macro user_attempt 2+
  say %1, ": "
  mov eax, %%it
  mov edx, [user_flags]
  call enter_user
  jmp %%after
%%it:
  %2
  int 0x30
%%after:
%endmacro

; Descriptors: set_descriptor SELECTOR, LOW, HIGH
%macro set_descriptor 3
  mov dword [gdt + ((%1) & 0xfff8)], %2
  mov dword [gdt + ((%1) & 0xfff8) + 4], %3
%endmacro

; set_gate VECTOR, SELECTOR, OFFSET register, TYPE (8Eh interrupt, 8Fh trap, 85h task, + DPL << 5)
%macro set_gate 4
  push eax
  mov eax, %3
  mov [idt + (%1) * 8], ax
  mov word [idt + (%1) * 8 + 2], %2
  mov word [idt + (%1) * 8 + 4], (%4) << 8
  shr eax, 16
  mov [idt + (%1) * 8 + 6], ax
  pop eax
%endmacro

multiboot_header:
  dd 0x1badb002, 0x00010003, -(0x1badb002 + 0x00010003)
  dd multiboot_header, multiboot_header, 0, memory_end, entry

entry:
  cli
  cld
  mov esp, KERNEL_STACK
  lgdt [gdt_pointer]
  jmp K_CODE:.flat
.flat:
  mov eax, K_DATA
  mov ds, eax
  mov es, eax
  mov ss, eax
  mov fs, eax
  mov gs, eax
  ; gates to all vectors; 3, 4 and 30h - 3Fh from ring 3 too
  mov edi, idt
  mov eax, stubs
  xor ecx, ecx
.gate:
  mov edx, eax
  mov [edi], dx
  mov word [edi + 2], K_CODE
  mov word [edi + 4], 0x8e00
  cmp ecx, 3
  je .user
  cmp ecx, 4
  je .user
  mov edx, ecx
  and edx, 0xf0
  cmp edx, 0x30
  jne .system
.user:
  mov word [edi + 4], 0xee00
.system:
  mov edx, eax
  shr edx, 16
  mov [edi + 6], dx
  add eax, STUB_SIZE
  add edi, 8
  inc ecx
  cmp ecx, 256
  jb .gate
  lidt [idt_pointer]
  mov dword [tss + 4], KERNEL_STACK - 0x8000
  mov dword [tss + 8], K_DATA
  mov word [tss + 102], 104
  mov eax, tss
  mov [gdt + TSS_SELECTOR + 2], ax
  shr eax, 16
  mov [gdt + TSS_SELECTOR + 4], al
  mov [gdt + TSS_SELECTOR + 7], ah
  mov eax, df_tss
  mov [gdt + DF_TSS_SELECTOR + 2], ax
  shr eax, 16
  mov [gdt + DF_TSS_SELECTOR + 4], al
  mov [gdt + DF_TSS_SELECTOR + 7], ah
  mov ax, TSS_SELECTOR
  ltr ax
  xor eax, eax
  mov dr7, eax
  ; no interrupts but those a case asks for
  mov al, 0xff
  out 0x21, al
  out 0xa1, al
  call make_tables
  call main
  say "end"
  newline
  mov al, 0
  out 0xf4, al
.stop:
  cli
  hlt
  jmp .stop

; Text after the call, zero-terminated.
say_text:
  xchg esi, [esp]
  pushfd
  push eax
  cld
.next:
  lodsb
  test al, al
  jz .end
  out 0xe9, al
  jmp .next
.end:
  pop eax
  popfd
  xchg esi, [esp]
  ret

; The word on the stack as eight digits and a blank; takes it off.
hex_word:
  pushfd
  pushad
  mov ebx, [esp + 40]
  mov ecx, 8
.next:
  rol ebx, 4
  mov al, bl
  and al, 15
  add al, '0'
  cmp al, '9'
  jbe .digit
  add al, 'a' - '9' - 1
.digit:
  out 0xe9, al
  loop .next
  mov al, ' '
  out 0xe9, al
  popad
  popfd
  ret 4

; One stub for each vector: error code (0 where the processor pushes none), vector.
STUB_SIZE equ 16
align 16
stubs:
%assign vector 0
%rep 256
  %if vector != 8 && (vector < 10 || vector > 14) && vector != 17
    push dword 0
  %endif
  push dword vector
  jmp trapped
  align STUB_SIZE
  %assign vector vector + 1
%endrep

; Frame: edi ... eax, ds, vector, error, eip, cs, eflags, (esp, ss)
trapped:
  push ds
  pushad
  cld
  mov eax, K_DATA
  mov ds, eax
  mov es, eax
  mov ebp, esp
  cmp dword [ebp + 36], 0x30
  jne .report
  cmp dword [user_eip], 0
  je .report
  say "back"
  jmp .user_end
.report:
  mov eax, [hook]
  test eax, eax
  jz .no_hook
  call eax
.no_hook:
  say "#"
  mov eax, [ebp + 36]
  call decimal
  say " error "
  hex [ebp + 40]
  say "at "
  mov eax, [ebp + 44]
  sub eax, [base_eip]
  hex eax
  say "cs "
  movzx eax, word [ebp + 48]
  hex eax
  say "flags "
  mov eax, [ebp + 52]
  and eax, 0x67fd7
  hex eax
  movzx eax, word [ebp + 48]
  test al, 3
  jnz .outer
  test dword [ebp + 52], 0x20000
  jz .inner
.outer:
  say "esp "
  hex [ebp + 56]
  say "ss "
  movzx eax, word [ebp + 60]
  hex eax
  jmp .stack_shown
.inner: ; what the stack pointer was, relative to the attempt's
  say "sp "
  lea eax, [ebp + 56]
  sub eax, [recover_esp]
  hex eax
.stack_shown:
  cmp dword [ebp + 36], 14
  jne .no_address
  say "cr2 "
  mov eax, cr2
  hex eax
.no_address:
  cmp dword [ebp + 36], 1
  jne .no_debug
  say "dr6 "
  mov eax, dr6
  and eax, 0xe00f
  hex eax
  xor eax, eax
  mov dr6, eax
.no_debug:
  mov eax, [resume]
  test eax, eax
  jnz .resume
  cmp dword [user_eip], 0
  jne .user_end
  cmp dword [recover_eip], 0
  je .fatal
  mov eax, K_DATA
  mov ss, eax
  mov esp, ebp
  mov fs, eax
  mov gs, eax
  popad
  mov esp, [recover_esp]
  jmp [recover_eip]
.resume: ; a trap that is reported and then goes on
  newline
  popad
  pop ds
  add esp, 8
  iret
.user_end:
  mov dword [user_eip], 0
  mov esp, [user_return]
  mov eax, K_DATA
  mov ss, eax
  mov fs, eax
  mov gs, eax
  newline
  popad
  ret
.fatal:
  say " unexpected"
  newline
  mov al, 1
  out 0xf4, al
  hlt

; EAX in decimal, below 1000.
decimal:
  pushad
  xor ecx, ecx
  mov ebx, 10
.divide:
  xor edx, edx
  div ebx
  push edx
  inc ecx
  test eax, eax
  jnz .divide
.print:
  pop eax
  add al, '0'
  out 0xe9, al
  loop .print
  popad
  ret

; EAX: ring-3 code, EDX: its EFLAGS (0 for the usual). Returns at int 30h or an exception, both reported.
enter_user:
  pushad
  mov [user_return], esp
  mov [user_eip], eax
  mov [base_eip], eax
  or edx, 2
  mov ecx, U_DATA
  mov ds, ecx
  mov es, ecx
  push dword U_DATA
  push dword USER_STACK
  push edx
  push dword U_CODE
  push eax
  iret

; Directory and tables: 0 - 4 MiB identity, supervisor + writable; SCRATCH (4 - 8 MiB) empty.
make_tables:
  pushad
  mov edi, PAGE_DIRECTORY
  xor eax, eax
  mov ecx, 3 * 1024
  rep stosd
  mov dword [PAGE_DIRECTORY], PAGE_TABLE + 7
  mov dword [PAGE_DIRECTORY + 4], PAGE_TABLE + 0x1000 + 7
  mov edi, PAGE_TABLE
  mov eax, 7 ; ring 3 reaches it too, as code and stack of cases are there
.next:
  stosd
  add eax, 0x1000
  cmp eax, 0x400000
  jb .next
  popad
  ret

; EBX: linear page, EAX: page table entry. Drops the page from the TLB.
map_page:
  push ebx
  shr ebx, 12
  mov [PAGE_TABLE + ebx * 4], eax
  pop ebx
  invlpg [ebx]
  ret

; EBX: linear page -> EAX: its page table entry
page_entry:
  push ebx
  shr ebx, 12
  mov eax, [PAGE_TABLE + ebx * 4]
  pop ebx
  ret

paging_on:
  push eax
  mov eax, PAGE_DIRECTORY
  mov cr3, eax
  mov eax, cr0
  or eax, 0x80000000
  mov cr0, eax
  pop eax
  ret

paging_off:
  push eax
  mov eax, cr0
  and eax, 0x7fffffff
  mov cr0, eax
  pop eax
  ret

align 8
gdt:
  dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
  dq 0x0000890000000067, 0x0000890000000067
  times 57 dq 0
gdt_pointer:
  dw $ - gdt - 1
  dd gdt
idt_pointer:
  dw 256 * 8 - 1
  dd idt
align 8
; Where an exception of `attempt` goes on, and what eip is shown relative to
recover_eip: dd 0
recover_esp: dd 0
base_eip: dd 0
; Not 0: exceptions are reported and returned from
resume: dd 0
; Called before an exception is reported, EBP: the frame
hook: dd 0
user_eip: dd 0
user_flags: dd 0
user_return: dd 0
align 16
tss: times 104 db 0
df_tss: times 104 db 0
align 16
idt: times 256 dq 0

; ---- the case ----
