; The way into the kernel and out again. Each vector pushes a zero where the processor pushes no error code, then its
; number; alltraps completes the TrapFrame (trap/trapframe.ts) and calls trap(tf).

KERNEL_DATA     equ 0x10

extern trap
global alltraps
global trapret
global trapret_segments
global trapret_fs
global trapret_segments_end
global reload_segments
global kernel_thread_entry

section .text

%macro VECTOR 1
global vector%1
vector%1:
        push    dword 0
        push    dword %1
        jmp     alltraps
%endmacro

; the processor has already pushed an error code
%macro VECTOR_ERR 1
global vector%1
vector%1:
        push    dword %1
        jmp     alltraps
%endmacro

VECTOR 0
VECTOR 1
VECTOR 2
VECTOR 3
VECTOR 4
VECTOR 5
VECTOR 6
VECTOR 7
; 8 is the double fault: a task gate, below
VECTOR 9
VECTOR_ERR 10
VECTOR_ERR 11
VECTOR_ERR 12
VECTOR_ERR 13
VECTOR_ERR 14
VECTOR 15
VECTOR 16
VECTOR_ERR 17
VECTOR 18
VECTOR 19
VECTOR 32
VECTOR 33
VECTOR 34
VECTOR 35
VECTOR 36
VECTOR 37
VECTOR 38
VECTOR 39
VECTOR 40
VECTOR 41
VECTOR 42
VECTOR 43
VECTOR 44
VECTOR 45
VECTOR 46
VECTOR 47
VECTOR 128

; The gates are interrupt gates: interrupts are off from here to IRET (or to the idle loop).
alltraps:
        push    ds
        push    es
        push    fs
        push    gs
        pusha
        cld                             ; user code may have set DF; the compiler's rep instructions count up
        mov     eax, KERNEL_DATA
        mov     ds, eax
        mov     es, eax
        push    esp
        call    trap
        add     esp, 4
trapret:                                ; a new task's first return comes here, ESP at its TrapFrame
        popa
trapret_segments:                       ; a selector here may have become invalid: trap() then puts a null in its place
        pop     gs
trapret_fs:
        pop     fs
        pop     es
        pop     ds
trapret_segments_end:
        add     esp, 8                  ; trapno, err
        iret

; A kernel thread begins here, by the ret of switch_to: EBX function, ESI argument. When the function returns, the thread
; goes to user mode with the TrapFrame above (an exec has filled it in).
kernel_thread_entry:
        push    esi
        call    ebx
        add     esp, 4
        jmp     trapret

reload_segments:
        mov     eax, KERNEL_DATA
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        xor     eax, eax                ; the kernel has no use for FS and GS; GS carries the user's thread pointer
        mov     fs, eax
        mov     gs, eax
        jmp     0x08:.code
.code:  ret
