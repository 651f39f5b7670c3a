; Entry of the test programs: main(argc, argv), then exit with its result.
extern main
extern _init
global _start

section .text
_start: xor     ebp, ebp
        mov     esi, [esp]
        lea     edi, [esp + 4]
        call    _init
        push    edi
        push    esi
        call    main
        mov     ebx, eax
        mov     eax, 1
        int     0x80
