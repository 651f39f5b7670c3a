; void switch_to(usize *save_esp, usize esp): from one kernel stack to another. What is saved is what a C call preserves.
; A new task's stack is prepared so that the pops and the ret below find what they expect (process/fork.ts).

global switch_to

section .text
switch_to:
        mov     eax, [esp + 4]
        mov     edx, [esp + 8]
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     [eax], esp
        mov     esp, edx
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret
