; A static Linux program that runs user-mode CPU cases on the host's own processor: requests on standard input,
; answers on standard output, both as driver_case.ts lays them out. Every case runs on the same three windows of memory,
; which are put back after it. A case ends with the trap of the int3 that follows its code, or with any other signal.
bits 32
org 0x08048000

elf_header:
  db 0x7f, "ELF", 1, 1, 1, 0
  times 8 db 0
  dw 2, 3
  dd 1, start, program_header - $$, 0, 0
  dw 52, 32, 1, 0, 0, 0
program_header:
  dd 1, 0, $$, $$, file_end - $$, memory_end - $$, 7, 0x1000

CODE equ 0x10000000
CODE_SIZE equ 0x2000
DATA equ 0x20000000
DATA_SIZE equ 0x2000
READ_ONLY equ 0x20004000
READ_ONLY_SIZE equ 0x1000
STACK equ 0x30000000
STACK_SIZE equ 0x1000
REQUEST_LIMIT equ 0x4000
OUTPUT_LIMIT equ 0x10000

SYS_EXIT equ 1
SYS_READ equ 3
SYS_WRITE equ 4
SYS_SETITIMER equ 104
SYS_MPROTECT equ 125
SYS_RT_SIGRETURN equ 173
SYS_RT_SIGACTION equ 174
SYS_SIGALTSTACK equ 186
SYS_MMAP2 equ 192
SIGALRM equ 14
SIGBUS equ 7

; struct ucontext of i386
UC_SEGMENTS equ 20 ; gs fs es ds
UC_EDI equ 36
UC_EAX equ 64
UC_TRAPNO equ 68
UC_ERR equ 72
UC_EIP equ 76
UC_CS equ 80
UC_EFLAGS equ 84
UC_SS equ 92
UC_CR2 equ 104

; Offsets in a request, after its size word.
struc request
  .code_address: resd 1
  .code_length: resd 1
  .patches: resd 1
  .eflags: resd 1
  .registers: resd 8 ; eax ecx edx ebx esp ebp esi edi
  .rest:
endstruc

; die STATUS: the harness itself failed
%macro die 1
  mov ebx, %1
  mov eax, SYS_EXIT
  int 0x80
%endmacro

; map ADDRESS, SIZE: read, write, execute
%macro map 2
  mov ebx, %1
  mov ecx, %2
  mov edx, 7
  mov esi, 0x32 ; MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
  mov edi, -1
  xor ebp, ebp
  mov eax, SYS_MMAP2
  int 0x80
  cmp eax, %1
  je %%mapped
  die 90
%%mapped:
%endmacro

; catch SIGNAL: to `handler`, on the alternate stack
%macro catch 1
  mov eax, SYS_RT_SIGACTION
  mov ebx, %1
  mov ecx, action
  xor edx, edx
  mov esi, 8
  int 0x80
%endmacro

; fill SIZE, ADDRESS...: the pattern of driver_case.ts, going on from EAX, into a window and its copies
%macro fill 2-*
  xor ecx, ecx
%%next:
  imul eax, 1664525
  add eax, 1013904223
  %assign copies %0 - 1
  %define size %1
  %rep copies
    %rotate 1
    mov [%1 + ecx * 4], eax
  %endrep
  inc ecx
  cmp ecx, size / 4
  jb %%next
%endmacro

start:
  map CODE, CODE_SIZE
  map DATA, DATA_SIZE
  map READ_ONLY, READ_ONLY_SIZE
  map STACK, STACK_SIZE
  mov edi, CODE
  mov ecx, CODE_SIZE
  mov al, 0xcc
  rep stosb
  mov edi, pristine_code
  mov ecx, CODE_SIZE
  rep stosb
  mov eax, 1
  fill DATA_SIZE, DATA, pristine_data, original_data
  fill STACK_SIZE, STACK, pristine_stack, original_stack
  fill READ_ONLY_SIZE, READ_ONLY
  mov eax, SYS_MPROTECT
  mov ebx, READ_ONLY
  mov ecx, READ_ONLY_SIZE
  mov edx, 5
  int 0x80
  mov eax, SYS_SIGALTSTACK
  mov ebx, alternate
  xor ecx, ecx
  int 0x80
  catch 4
  catch 5
  catch SIGBUS
  catch 8
  catch 11
  catch SIGALRM
  mov eax, SYS_SETITIMER
  xor ebx, ebx
  mov ecx, interval
  xor edx, edx
  int 0x80

next_case:
  mov esp, stack_top
  mov edi, size_word
  mov ecx, 4
  call read_all
  test eax, eax
  jnz .some
  call flush
  die 0
.some:
  mov ecx, [size_word]
  cmp ecx, REQUEST_LIMIT
  jbe .fits
  die 91
.fits:
  mov edi, buffer
  call read_all
  ; patches into windows and pristine copies alike
  mov esi, buffer + request.rest
  mov ebp, [buffer + request.patches]
.patch:
  dec ebp
  js .patched
  lodsd
  mov edi, eax
  lodsd
  mov [edi], eax
  call pristine_of
  mov [edi], eax
  jmp .patch
.patched:
  mov [code_bytes], esi
  mov edi, [buffer + request.code_address]
  mov ecx, [buffer + request.code_length]
  rep movsb
  mov esi, [code_bytes]
  mov edi, [buffer + request.code_address]
  call pristine_of
  mov ecx, [buffer + request.code_length]
  rep movsb

  inc dword [case_number]
  fninit
  mov dword [running], 1
  push dword [buffer + request.eflags]
  popfd
  mov eax, [buffer + request.registers]
  mov ecx, [buffer + request.registers + 4]
  mov edx, [buffer + request.registers + 8]
  mov ebx, [buffer + request.registers + 12]
  mov esp, [buffer + request.registers + 16]
  mov ebp, [buffer + request.registers + 20]
  mov esi, [buffer + request.registers + 24]
  mov edi, [buffer + request.registers + 28]
  jmp [buffer + request.code_address]

; EDI: address in a window -> the same place in its pristine copy. Keeps all else.
pristine_of:
  cmp edi, DATA
  jb .code
  cmp edi, STACK
  jb .data
  add edi, pristine_stack - STACK
  ret
.data:
  add edi, pristine_data - DATA
  ret
.code:
  add edi, pristine_code - CODE
  ret

handler:
  push dword 2 ; the case's AC would make this a trap of its own
  popfd
  mov ebp, [esp + 12]
  cmp dword [esp + 4], SIGALRM
  jne .caught
  ; Two ticks in one case: it does not end.
  mov eax, [case_number]
  xchg eax, [case_at_tick]
  cmp eax, [case_number]
  jne .harmless
  cmp dword [running], 1
  jne .harmless
  mov dword [ebp + UC_TRAPNO], -1
  mov dword [ebp + UC_ERR], 0
  jmp .answer
.harmless:
  ret
.caught:
  cmp dword [running], 1
  je .answer
  die 92
.answer:
  mov dword [running], 0
  mov edi, [output_length]
  add edi, output
  mov [answer_start], edi
  add edi, 4
  mov eax, [ebp + UC_TRAPNO]
  stosd
  mov eax, [ebp + UC_ERR]
  stosd
  mov eax, [ebp + UC_CR2]
  stosd
  mov eax, [ebp + UC_EIP]
  stosd
  mov eax, [ebp + UC_EFLAGS]
  stosd
  mov eax, [ebp + UC_EAX]
  stosd
  mov eax, [ebp + UC_EAX - 4]
  stosd
  mov eax, [ebp + UC_EAX - 8]
  stosd
  mov eax, [ebp + UC_EAX - 12]
  stosd
  mov eax, [ebp + UC_EDI + 12]
  stosd
  mov eax, [ebp + UC_EDI + 8]
  stosd
  mov eax, [ebp + UC_EDI + 4]
  stosd
  mov eax, [ebp + UC_EDI]
  stosd
  movzx eax, word [ebp + UC_SEGMENTS + 8]
  stosd
  movzx eax, word [ebp + UC_CS]
  stosd
  movzx eax, word [ebp + UC_SS]
  stosd
  movzx eax, word [ebp + UC_SEGMENTS + 12]
  stosd
  movzx eax, word [ebp + UC_SEGMENTS + 4]
  stosd
  movzx eax, word [ebp + UC_SEGMENTS]
  stosd
  mov edx, edi ; the number of changes goes here
  add edi, 4
  xor ebx, ebx

; changes WINDOW, COPY, SIZE: reports words that differ and puts them back
%macro changes 3
  mov esi, %1
  mov ebp, %2
  push edi
%%again:
  mov ecx, %1 + %3
  sub ecx, esi
  shr ecx, 2
  mov edi, ebp
  repe cmpsd
  mov ebp, edi
  je %%none
  pop edi
  lea eax, [esi - 4]
  stosd
  mov eax, [esi - 4]
  stosd
  mov eax, [ebp - 4]
  mov [esi - 4], eax
  inc ebx
  cmp edi, output + OUTPUT_LIMIT - 8
  jb %%room
  die 93
%%room:
  push edi
  jmp %%again
%%none:
  pop edi
%endmacro

  changes CODE, pristine_code, CODE_SIZE
  changes DATA, pristine_data, DATA_SIZE
  changes STACK, pristine_stack, STACK_SIZE
  mov [edx], ebx
  mov esi, [answer_start]
  lea eax, [edi - 4]
  sub eax, esi
  mov [esi], eax
  sub edi, output
  mov [output_length], edi

  ; take patches and code back
  mov esi, buffer + request.rest
  mov ebp, [buffer + request.patches]
  mov edi, [buffer + request.code_address]
  mov ecx, [buffer + request.code_length]
  mov al, 0xcc
  rep stosb
  mov edi, [buffer + request.code_address]
  call pristine_of
  mov ecx, [buffer + request.code_length]
  rep stosb
  mov ebp, [buffer + request.patches]
.unpatch:
  dec ebp
  js .clean
  mov edi, [buffer + request.rest + ebp * 8]
  call original_of
  jmp .unpatch
.clean:
  cmp dword [output_length], OUTPUT_LIMIT - 0xb000
  jb next_case
  call flush
  jmp next_case

; EDI: a patched address. The two aligned words it touches get the pattern again, in the window and its copy.
original_of:
  and edi, -4
  call .word
  add edi, 4
.word:
  mov esi, edi
  cmp edi, STACK
  jae .stack
  cmp edi, DATA + DATA_SIZE
  jae .end
  add esi, original_data - DATA
  jmp .copy
.stack:
  cmp edi, STACK + STACK_SIZE
  jae .end
  add esi, original_stack - STACK
.copy:
  mov eax, [esi]
  mov [edi], eax
  push edi
  call pristine_of
  mov [edi], eax
  pop edi
.end:
  ret

; Reads ECX bytes to EDI. EAX: 0 at the end of the input, else not.
read_all:
  mov eax, SYS_READ
  xor ebx, ebx
  mov edx, ecx
  mov ecx, edi
  int 0x80
  mov ecx, edx
  test eax, eax
  jz .end
  js read_all
  add edi, eax
  sub ecx, eax
  jnz read_all
.end:
  ret

flush:
  mov ecx, output
  mov edx, [output_length]
  mov dword [output_length], 0
.more:
  test edx, edx
  jz .done
  mov eax, SYS_WRITE
  mov ebx, 1
  int 0x80
  test eax, eax
  js .more
  add ecx, eax
  sub edx, eax
  jmp .more
.done:
  ret

restorer:
  mov eax, SYS_RT_SIGRETURN
  int 0x80

action: ; SA_SIGINFO | SA_ONSTACK | SA_RESTORER | SA_RESTART | SA_NODEFER
  dd handler, 0x5c000004, restorer, 0, 0
alternate:
  dd signal_stack, 0, 0x10000
interval: ; 0.5 s
  dd 0, 500000, 0, 500000
file_end:

section .bss
alignb 16
size_word: resd 1
code_bytes: resd 1
running: resd 1
case_number: resd 1
case_at_tick: resd 1
answer_start: resd 1
output_length: resd 1
alignb 4096
buffer: resb REQUEST_LIMIT
output: resb OUTPUT_LIMIT
pristine_code: resb CODE_SIZE
pristine_data: resb DATA_SIZE
pristine_stack: resb STACK_SIZE
original_data: resb DATA_SIZE
original_stack: resb STACK_SIZE
signal_stack: resb 0x10000
resb 0x4000
stack_top:
memory_end:
