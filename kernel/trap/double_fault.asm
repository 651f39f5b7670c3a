; The double fault runs as its own task (its gate in the IDT is a task gate): whatever state the interrupted kernel stack
; is in, this one is good. Its report needs the TSS that the processor saved the old state in.

extern double_fault_report
global double_fault

section .text
double_fault:
        call    double_fault_report     ; does not return
        hlt
        jmp     double_fault
