import { guest } from "./guest.ts";

// Guests that read their serial console in the three ways kernels do.

const INTERRUPTS = `
  cli
  lgdt [gdt_pointer]
  jmp 0x08:.flat
.flat:
  mov ax, 0x10
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov edi, idt + 0x24 * 8
  mov eax, serial
  call gate
  mov edi, idt + 0x20 * 8
  mov eax, timer
  call gate
  lidt [idt_pointer]
  outb 0x20, 0x11
  outb 0x21, 0x20
  outb 0x21, 0x04
  outb 0x21, 0x01
  outb 0xa1, 0xff
  jmp main
gate:
  mov [edi], ax
  mov word [edi + 2], cs
  mov word [edi + 4], 0x8e00
  shr eax, 16
  mov [edi + 6], ax
  ret
timer:
  push eax
  inc dword [ticks]
  outb 0x20, 0x20
  pop eax
  iret
align 8
ticks: dd 0
gdt:
  dd 0, 0, 0x0000ffff, 0x00cf9a00, 0x0000ffff, 0x00cf9200
gdt_pointer:
  dw 23
  dd gdt
idt_pointer:
  dw 0x29 * 8 - 1
  dd idt
align 8
idt: times 0x29 * 2 dd 0
%macro hundred_hertz 0
  outb 0x43, 0x34
  outb 0x40, 0x9c
  outb 0x40, 0x2e
%endmacro
`;

/** What happens to a byte in AL: echo, line end as CR LF, ^D turns the power off. */
const HANDLE = `
handle:
  cmp al, 4
  je .off
  cmp al, 13
  je .line
  cmp al, 10
  je .line
  call putc
  ret
.line:
  mov al, 13
  call putc
  mov al, 10
  call putc
  print "> "
  ret
.off:
  print "bye", 13, 10
  mov dx, 0x604
  mov ax, 0x2000
  out dx, ax
  jmp $
`;

/** Interrupt-driven with FIFO, halts when idle, with a 100 Hz timer: like Linux and like our kernel. */
export const haltingConsole = () =>
  guest(`${INTERRUPTS}
serial:
  pusha
.more:
  inb 0x3fd
  test al, 1
  jz .done
  inb 0x3f8
  call handle
  jmp .more
.done:
  inb 0x3fa
  outb 0x20, 0x20
  popa
  iret
${HANDLE}
main:
  print "ready", 13, 10, "> "
  outb 0x21, 0xee
  outb 0x3fa, 0xc7
  outb 0x3fc, 0x0b
  outb 0x3f9, 0x01
  hundred_hertz
  sti
.idle:
  hlt
  jmp .idle
`);

/** Polls the line status, never halts: like JOS and simple monitors. */
export const pollingConsole = () =>
  guest(`
  jmp main
${HANDLE}
main:
  print "ready", 13, 10, "> "
.poll:
  inb 0x3fd
  test al, 1
  jz .poll
  inb 0x3f8
  call handle
  jmp .poll
`);

/** Interrupts on, never halts and never looks: like the scheduler of xv6. */
export const spinningConsole = () =>
  guest(`${INTERRUPTS}
serial:
  pusha
  inb 0x3f8
  call handle
  outb 0x20, 0x20
  popa
  iret
${HANDLE}
main:
  print "ready", 13, 10, "> "
  outb 0x21, 0xef
  outb 0x3f9, 0x01
  sti
.spin:
  jmp .spin
`);

/** Reads and echoes, but does not know ^D: waits in HLT for ever. */
export const deafConsole = () =>
  guest(`${INTERRUPTS}
serial:
  pusha
  inb 0x3f8
  outb 0x20, 0x20
  popa
  iret
main:
  print "ready", 13, 10
  outb 0x21, 0xee
  outb 0x3f9, 0x01
  hundred_hertz
  sti
.idle:
  hlt
  jmp .idle
`);

/** Never opens its console; halts with a timer. */
export const silentGuest = () =>
  guest(`${INTERRUPTS}
serial:
  iret
main:
  outb 0x21, 0xfe
  hundred_hertz
  sti
.idle:
  hlt
  jmp .idle
`);

/** Counts its input and prints the count in hexadecimal at ^D: to see that nothing is lost. */
export const countingConsole = () =>
  guest(`${INTERRUPTS}
serial:
  pusha
.more:
  inb 0x3fd
  test al, 1
  jz .done
  inb 0x3f8
  cmp al, 4
  je .end
  inc dword [count]
  movzx eax, al
  add [sum], eax
  jmp .more
.done:
  outb 0x20, 0x20
  popa
  iret
.end:
  mov eax, [count]
  call hex32
  mov al, ' '
  call putc
  mov eax, [sum]
  call hex32
  call newline
  exit 0
count: dd 0
sum: dd 0
main:
  outb 0x21, 0xef
  outb 0x3fa, 0xc7
  outb 0x3f9, 0x01
  sti
.idle:
  hlt
  jmp .idle
`);
