; Copies between kernel and user memory. A fault that do_pgfault cannot resolve resumes at the fixup of the instruction
; that took it (the table at the end); the routine then reports what was left undone.

global __copy_user
global __clear_user
global __strncpy_from_user
global __strnlen_user
global exception_table
global exception_table_end

section .text

; u32 __copy_user(to, from, n): the number of bytes NOT copied
__copy_user:
        cfi_startproc
        push    esi
        cfi_adjust_cfa_offset 4
        cfi_offset esi, -8
        push    edi
        cfi_adjust_cfa_offset 4
        cfi_offset edi, -12
        mov     edi, [esp + 12]
        mov     esi, [esp + 16]
        mov     ecx, [esp + 20]
        mov     edx, ecx
        and     edx, 3
        shr     ecx, 2
.words: rep     movsd
        mov     ecx, edx
.bytes: rep     movsb
.done:  mov     eax, ecx
        pop     edi
        pop     esi
        ret
.words_fault:
        lea     ecx, [edx + ecx * 4]
        mov     eax, esi                ; a word across the end of a page: its first bytes may be copied still
        and     eax, 0xfff
        cmp     eax, 0xffd
        jae     .bytes
        mov     eax, edi
        and     eax, 0xfff
        cmp     eax, 0xffd
        jae     .bytes
        jmp     .done
        cfi_endproc

; u32 __clear_user(to, n): the number of bytes NOT cleared
__clear_user:
        cfi_startproc
        push    edi
        cfi_adjust_cfa_offset 4
        cfi_offset edi, -8
        mov     edi, [esp + 8]
        mov     ecx, [esp + 12]
        xor     eax, eax
.bytes: rep     stosb
.done:  mov     eax, ecx
        pop     edi
        ret
        cfi_endproc

; i32 __strncpy_from_user(to, from, n): length of the string without NUL, n if there is no NUL in n bytes, -1 on a fault
__strncpy_from_user:
        cfi_startproc
        push    esi
        cfi_adjust_cfa_offset 4
        cfi_offset esi, -8
        push    edi
        cfi_adjust_cfa_offset 4
        cfi_offset edi, -12
        mov     edi, [esp + 12]
        mov     esi, [esp + 16]
        mov     edx, [esp + 20]
        mov     ecx, edx
.next:  jecxz   .full
.load:  lodsb
        stosb
        dec     ecx
        test    al, al
        jnz     .next
        mov     eax, edx
        sub     eax, ecx
        dec     eax                     ; without the NUL
        jmp     .done
.full:  mov     eax, edx
.done:  pop     edi
        pop     esi
        ret
.fault: mov     eax, -1
        jmp     .done
        cfi_endproc

; i32 __strnlen_user(s, n): length without NUL, n if there is no NUL in n bytes, -1 on a fault
__strnlen_user:
        cfi_startproc
        push    edi
        cfi_adjust_cfa_offset 4
        cfi_offset edi, -8
        mov     edi, [esp + 8]
        mov     ecx, [esp + 12]
        mov     edx, ecx
        jecxz   .full
        xor     eax, eax
.scan:  repne   scasb
        jne     .full
        mov     eax, edx
        sub     eax, ecx
        dec     eax
        pop     edi
        ret
.full:  mov     eax, edx
        pop     edi
        ret
.fault: mov     eax, -1
        pop     edi
        ret
        cfi_endproc

section .rodata
        align   4
exception_table:                        ; instruction that may fault, where to go on
        dd      __copy_user.words, __copy_user.words_fault
        dd      __copy_user.bytes, __copy_user.done
        dd      __clear_user.bytes, __clear_user.done
        dd      __strncpy_from_user.load, __strncpy_from_user.fault
        dd      __strnlen_user.scan, __strnlen_user.fault
exception_table_end:
