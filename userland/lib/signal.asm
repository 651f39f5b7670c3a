; Where a signal handler returns to: the kernel pushed this address, the signal number and the saved state
; (struct sigframe of Linux, arch/x86/include/asm/sigframe.h), and sigreturn restores that state.

        bits 32

        global restore_signal

        section .text

restore_signal:
        pop eax                 ; the signal number, the handler's argument
        mov eax, 119            ; sigreturn
        int 0x80
