; void switch_to(usize *save_esp, usize esp): from one kernel stack to another. What is saved is what a C call preserves.
; A new task's stack is prepared so that the pops and the ret below find what they expect (process/fork.ts).

global switch_to

section .text
switch_to:
        cfi_startproc
        mov     eax, [esp + 4]
        mov     edx, [esp + 8]
        push    ebp
        cfi_adjust_cfa_offset 4
        cfi_offset ebp, -8
        push    ebx
        cfi_adjust_cfa_offset 4
        cfi_offset ebx, -12
        push    esi
        cfi_adjust_cfa_offset 4
        cfi_offset esi, -16
        push    edi
        cfi_adjust_cfa_offset 4
        cfi_offset edi, -20
        mov     [eax], esp
        mov     esp, edx
        pop     edi
        cfi_adjust_cfa_offset -4
        cfi_same_value edi
        pop     esi
        cfi_adjust_cfa_offset -4
        cfi_same_value esi
        pop     ebx
        cfi_adjust_cfa_offset -4
        cfi_same_value ebx
        pop     ebp
        cfi_adjust_cfa_offset -4
        cfi_same_value ebp
        ret
        cfi_endproc
