; From the boot loader to kmain. Linked in .boot, which runs at its physical address: paging is still off.
;
; Multiboot 1 hands over with EAX = 2BADB002h, EBX = physical address of the information structure, protected mode,
; flat segments, paging off, interrupts off; ESP and the GDT are not to be relied on.

KERNBASE        equ 0xC0000000
MAGIC           equ 0x1BADB002
FLAGS           equ 3                   ; modules on page boundaries, memory map wanted
P_W             equ 3                   ; page table entry: present, writable
CR0_PG_WP       equ 0x80010000

extern boot_pgdir
extern boot_pgtab
extern kmain
extern _init
global _start
global boot_stack_guard
global boot_stack_top

section .boot progbits alloc exec write align=16
        align 4
        dd MAGIC
        dd FLAGS
        dd -(MAGIC + FLAGS)

_start:
        cli
        cld
        mov     ebp, eax                ; the magic
        ; 8 MiB by two page tables, seen at 0 (where we still run) and at KERNBASE
        mov     edi, boot_pgtab - KERNBASE
        mov     eax, P_W
        mov     ecx, 2048
.fill:  mov     [edi], eax
        add     edi, 4
        add     eax, 0x1000
        dec     ecx
        jnz     .fill
        mov     edi, boot_pgdir - KERNBASE
        mov     eax, boot_pgtab - KERNBASE + P_W
        mov     [edi], eax
        mov     [edi + 768 * 4], eax
        add     eax, 0x1000
        mov     [edi + 4], eax
        mov     [edi + 769 * 4], eax
        mov     cr3, edi
        mov     eax, cr0
        or      eax, CR0_PG_WP          ; WP: the kernel, too, must fault on a copy-on-write page
        mov     cr0, eax
        mov     eax, high
        jmp     eax

section .text
high:
        cfi_startproc simple
        cfi_undefined eip               ; nothing called this
        cfi_def_cfa esp, 4
        mov     esp, boot_stack_top
        mov     eax, boot_pgdir         ; the low half goes: from now on address 0 faults
        mov     dword [eax], 0
        mov     dword [eax + 4], 0
        mov     eax, cr3
        mov     cr3, eax
        mov     esi, ebp
        xor     ebp, ebp                ; ends every backtrace
        call    _init                   ; initialisers that are not constants
        push    ebx
        push    esi
        call    kmain
.hang:  cli                             ; kmain does not return
        hlt
        jmp     .hang
        cfi_endproc

section .bss
        align   4096
boot_stack_guard:                       ; unmapped later: an overflow faults instead of eating .bss
        resb    4096
        resb    8192                    ; the idle task's kernel stack
boot_stack_top:
