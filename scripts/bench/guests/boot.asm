; The benchmark kernel's machine side: from the boot loader to start(), segments, a TSS, and the way to ring 3 and back.
; Everything is linked where it is loaded, at 1 MiB; paging (paging.ts) maps memory onto itself.

MAGIC           equ 0x1BADB002
KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
USER_CODE       equ 0x1B
USER_DATA       equ 0x23
TSS_SELECTOR    equ 0x28
COM1            equ 0x3F8
DEBUG_EXIT      equ 0xF4

extern _init
extern start
extern page_fault
extern system_call

global _start
global put_text
global stop
global call_user
global vector_fault
global vector_system_call
global vector_return

section .boot progbits alloc exec write align=16
        align 4
        dd MAGIC
        dd 0
        dd -MAGIC

_start:
        cli
        cld
        mov     esp, stack_top
        mov     eax, tss
        mov     [gdt + TSS_SELECTOR + 2], ax
        shr     eax, 16
        mov     [gdt + TSS_SELECTOR + 4], al
        mov     [gdt + TSS_SELECTOR + 7], ah
        lgdt    [gdt_pointer]
        jmp     KERNEL_CODE:.flat
.flat:  mov     eax, KERNEL_DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        xor     eax, eax
        mov     fs, eax
        mov     gs, eax
        mov     dword [tss + 4], trap_stack_top
        mov     dword [tss + 8], KERNEL_DATA
        mov     word [tss + 102], 104   ; no I/O bitmap
        mov     eax, TSS_SELECTOR
        ltr     ax
        xor     ebp, ebp
        call    _init
        push    dword [ebx + 16]        ; multiboot information: the command line
        call    start
.hang:  hlt
        jmp     .hang

section .text
; put_text(address, length): to COM1
put_text:
        push    esi
        mov     esi, [esp + 8]
        mov     ecx, [esp + 12]
.next:  test    ecx, ecx
        jz      .end
        mov     edx, COM1 + 5
.wait:  in      al, dx
        test    al, 0x20
        jz      .wait
        mov     edx, COM1
        lodsb
        out     dx, al
        dec     ecx
        jmp     .next
.end:   pop     esi
        ret

; stop(code): ends the machine through isa-debug-exit
stop:   mov     eax, [esp + 4]
        out     DEBUG_EXIT, al
.hang:  hlt
        jmp     .hang

; call_user(function, argument): function(argument) in ring 3, interrupts off
call_user:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     eax, [esp + 20]
        mov     edx, [esp + 24]
        mov     [kernel_esp], esp
        mov     ecx, user_stack_top - 8
        mov     [ecx + 4], edx
        mov     dword [ecx], user_return
        push    USER_DATA
        push    ecx
        push    dword 2                 ; EFLAGS: only the bit that is always set
        push    USER_CODE
        push    eax
        mov     eax, USER_DATA
        mov     ds, eax
        mov     es, eax
        iret

user_return:
        int     0x81
; its gate leads here
vector_return:
        mov     esp, [kernel_esp]
        mov     eax, KERNEL_DATA
        mov     ds, eax
        mov     es, eax
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret

; A trap as kernels do it: segment registers and general registers saved, a handler in a high-level language called with
; the frame (system.ts: Frame), all restored.
%macro ENTER_KERNEL 0
        push    ds
        push    es
        pusha
        cld
        mov     eax, KERNEL_DATA
        mov     ds, eax
        mov     es, eax
        push    esp
%endmacro

%macro LEAVE_KERNEL 0
        add     esp, 4
        popa
        pop     es
        pop     ds
        add     esp, 4                  ; error code
        iret
%endmacro

vector_fault:
        ENTER_KERNEL
        call    page_fault
        LEAVE_KERNEL

vector_system_call:
        push    dword 0                 ; in place of the error code
        ENTER_KERNEL
        call    system_call
        LEAVE_KERNEL

section .data
        align 16
gdt:    dq      0
        dq      0x00CF9A000000FFFF      ; kernel code, flat
        dq      0x00CF92000000FFFF      ; kernel data
        dq      0x00CFFA000000FFFF      ; user code
        dq      0x00CFF2000000FFFF      ; user data
        dq      0x0000890000000067      ; TSS, base filled in at the start
gdt_end:
gdt_pointer:
        dw      gdt_end - gdt - 1
        dd      gdt

section .bss
        align   16
tss:    resb    104
kernel_esp:
        resd    1
        align   4096
        resb    32768
stack_top:
        resb    4096
trap_stack_top:
        resb    4096
user_stack_top:
