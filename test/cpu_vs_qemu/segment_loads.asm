; Every type of descriptor, with every DPL, present or not, used from ring 0 and ring 3 with every RPL: the exception and
; its error code for loads into data and stack segment registers, and what LAR, LSL, VERR and VERW say.
main:
  mov dword [user_flags], 0
  xor ebx, ebx ; bits 0-4 S and type, 5-6 DPL, 7 P, 8-9 RPL
.next:
  mov eax, ebx
  and eax, 0xff
  shl eax, 8
  or eax, 0x00cf0000
  mov dword [gdt + FREE], 0x00001234
  mov [gdt + FREE + 4], eax
  mov eax, ebx
  shr eax, 8
  or eax, FREE
  mov [selector], eax
  mov edi, eax
  hex ebx
  newline
  mov eax, edi
  attempt "ds", call load_ds
  mov eax, edi
  attempt "gs", mov gs, eax
  mov eax, K_DATA
  mov gs, eax
  mov eax, edi
  attempt "pop es", call pop_es
  mov eax, edi
  attempt "ss", call load_ss
  call queries
  user_attempt "user ds", mov ds, edi
  user_attempt "user ss", mov ss, edi
  user_attempt "user queries", call user_queries
  hex [results], [results + 4], [results + 8], [results + 12]
  newline
  inc ebx
  cmp ebx, 1024
  jb .next

  ; selectors that are not in a table
  mov dword [gdt + FREE + 4], 0
  mov edi, 0
  call some
  mov edi, 3
  call some
  mov edi, 4 ; in the LDT, of which there is none
  call some
  mov edi, 0x1f8 ; the last of the GDT
  call some
  mov edi, 0x200 ; beyond
  call some
  mov edi, 0xffff
  call some
  ret

some:
  hex edi
  newline
  mov eax, edi
  attempt "ds", call load_ds
  mov eax, edi
  attempt "ss", call load_ss
  attempt "lldt", lldt ax
  xor eax, eax
  lldt ax
  mov eax, edi
  test eax, 0xfffc
  jz .null ; QEMU takes a null selector there
  attempt "ltr", ltr ax
.null:
  mov eax, edi
  call queries
  user_attempt "user fs", mov fs, edi
  user_attempt "user ss", mov ss, edi
  user_attempt "user pop ss", call user_pop_ss
  ret

; What is loaded goes again at once: the prelude needs its segments.
load_ds:
  mov edx, K_DATA
  mov ds, eax
  mov ds, edx
  ret

pop_es:
  mov edx, K_DATA
  push eax
  pop es
  mov es, edx
  ret

load_ss:
  mov edx, K_DATA
  mov ss, eax
  mov ss, edx
  ret

user_pop_ss:
  push edi
  pop ss
  ret

; ZF and result of the four queries for selector EDI
queries:
  call query
  hex [results], [results + 4], [results + 8], [results + 12]
  newline
  ret
user_queries:
query:
  mov edx, 0x55555555
  lar edx, edi
  call flag
  mov [results], edx
  mov edx, 0x55555555
  lsl edx, edi
  call flag
  mov [results + 4], edx
  xor edx, edx
  verr di
  call flag
  mov [results + 8], edx
  xor edx, edx
  verw di
  call flag
  mov [results + 12], edx
  ret
; ZF into bit 0 of EDX's top
flag:
  jnz .clear
  xor edx, 0x80000001
.clear:
  ret
align 4
selector: dd 0
results: times 4 dd 0
