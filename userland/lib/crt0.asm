; Where every program begins. The kernel has put argc, argv[0..], NULL, envp[0..], NULL and the auxiliary vector on the
; stack (System V ABI, i386 supplement, "Process Initialization"); EDX may hold a function for atexit, which static
; programs ignore as Linux leaves it 0.

        bits 32

        global _start
        extern _init
        extern start_program
        extern main
        extern exit

        section .text

_start: xor ebp, ebp            ; marks the outermost frame for backtraces
        mov esi, esp            ; -> argc
        and esp, -16
        sub esp, 12             ; the ABI wants ESP a multiple of 16 at each call
        push esi
        call _init              ; what file-level initialisers compute: variables, so before anything sets them
        call start_program
        add esp, 16
        mov eax, [esi]          ; argc
        lea ecx, [esi + 4]      ; argv
        lea edx, [ecx + eax * 4 + 4] ; envp, behind argv's NULL
        sub esp, 4
        push edx
        push ecx
        push eax
        call main
        push eax
        call exit               ; does not return
        hlt                     ; and if it did: a privileged instruction, so it would not get far
