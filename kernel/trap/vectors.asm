; The way into the kernel and out again. Each vector pushes a zero where the processor pushes no error code, then its
; number; alltraps completes the TrapFrame (trap/trapframe.ts) and calls trap(tf).
;
; The cfi lines let a debugger's backtrace pass through a trap: what lies below the interrupted code's stack is, from the
; top, eflags, cs, eip, err, trapno, ds, es, fs, gs and the eight registers of PUSHA. (For a trap from user mode the stack
; pointer it works out is the kernel's; the user's frames are found by EBP.)

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

        cfi_startproc simple
        cfi_signal_frame
        cfi_def_cfa esp, 12
        cfi_offset eip, -12

%macro VECTOR 1
global vector%1
        cfi_def_cfa_offset 12
vector%1:
        push    dword 0
        cfi_def_cfa_offset 16
        push    dword %1
        cfi_def_cfa_offset 20
        jmp     alltraps
%endmacro

; the processor has already pushed an error code
%macro VECTOR_ERR 1
global vector%1
        cfi_def_cfa_offset 16
vector%1:
        push    dword %1
        cfi_def_cfa_offset 20
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
        cfi_def_cfa_offset 20
alltraps:
        push    ds
        cfi_def_cfa_offset 24
        push    es
        cfi_def_cfa_offset 28
        push    fs
        cfi_def_cfa_offset 32
        push    gs
        cfi_def_cfa_offset 36
        pusha
        cfi_def_cfa_offset 68
        cfi_offset eax, -40
        cfi_offset ecx, -44
        cfi_offset edx, -48
        cfi_offset ebx, -52
        cfi_offset ebp, -60
        cfi_offset esi, -64
        cfi_offset edi, -68
        cld                             ; user code may have set DF; the compiler's rep instructions count up
        mov     eax, KERNEL_DATA
        mov     ds, eax
        mov     es, eax
        push    esp
        cfi_def_cfa_offset 72
        call    trap
        add     esp, 4
        cfi_def_cfa_offset 68
trapret:                                ; a new task's first return comes here, ESP at its TrapFrame
        popa
        cfi_def_cfa_offset 36
        cfi_same_value eax
        cfi_same_value ecx
        cfi_same_value edx
        cfi_same_value ebx
        cfi_same_value ebp
        cfi_same_value esi
        cfi_same_value edi
trapret_segments:                       ; a selector here may have become invalid: trap() then puts a null in its place
        pop     gs
        cfi_def_cfa_offset 32
trapret_fs:
        pop     fs
        cfi_def_cfa_offset 28
        pop     es
        cfi_def_cfa_offset 24
        pop     ds
        cfi_def_cfa_offset 20
trapret_segments_end:
        add     esp, 8                  ; trapno, err
        cfi_def_cfa_offset 12
        iret
        cfi_endproc

; A kernel thread begins here, by the ret of switch_to: EBX function, ESI argument. When the function returns, the thread
; goes to user mode with the TrapFrame above (an exec has filled it in).
kernel_thread_entry:
        cfi_startproc simple
        cfi_undefined eip               ; a thread's stack ends here
        cfi_def_cfa esp, 4
        push    esi
        cfi_def_cfa_offset 8
        call    ebx
        add     esp, 4
        jmp     trapret
        cfi_endproc

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
