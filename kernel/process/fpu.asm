; FPU state in and out. `fxsr`: the processor has FXSAVE, whose image includes the SSE registers; otherwise FNSAVE's.

global fpu_save
global fpu_load
global fpu_reset

section .text

; fpu_save(state, fxsr): afterwards the registers hold what they held
fpu_save:
        mov     eax, [esp + 4]
        cmp     dword [esp + 8], 0
        je      .old
        fxsave  [eax]
        ret
.old:   fnsave  [eax]                   ; this one empties the FPU
        frstor  [eax]
        ret

; fpu_load(state, fxsr)
fpu_load:
        mov     eax, [esp + 4]
        cmp     dword [esp + 8], 0
        je      .old
        fxrstor [eax]
        ret
.old:   frstor  [eax]
        ret

; fpu_reset(sse): the state a program starts with
fpu_reset:
        fninit
        cmp     dword [esp + 4], 0
        je      .done
        push    dword 0x1F80            ; all SIMD exceptions masked
        ldmxcsr [esp]
        add     esp, 4
.done:  ret
