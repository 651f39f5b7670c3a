; The same guests as a static Linux program: _start, output and exit by system calls. The command line is the first argument.

extern _init
extern start

global _start
global put_text
global stop

section .text
_start: xor     ebp, ebp
        mov     esi, [esp + 8]          ; argv[1]
        and     esp, -16
        call    _init
        sub     esp, 12
        push    esi
        call    start
        push    dword 1                 ; start() does not return
        call    stop

; put_text(address, length): to standard output
put_text:
        push    ebx
        mov     eax, 4
        mov     ebx, 1
        mov     ecx, [esp + 8]
        mov     edx, [esp + 12]
        int     0x80
        pop     ebx
        ret

; stop(code)
stop:   mov     eax, 1
        mov     ebx, [esp + 4]
        int     0x80
        hlt
