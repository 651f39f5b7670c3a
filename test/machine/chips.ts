import { guest } from "./guest.ts";

// Kernels that exercise one chip and print what they read. Nothing they print depends on the speed of the processor.

const SHOW = `
%macro show 1
  inb %1
  call hex8
  mov al, ' '
  call putc
%endmacro
%macro icw 0
  outb 0x20, 0x11
  outb 0x21, 0x20
  outb 0x21, 0x04
  outb 0x21, 0x01
  outb 0xa0, 0x11
  outb 0xa1, 0x28
  outb 0xa1, 0x02
  outb 0xa1, 0x01
%endmacro
%macro show_pics 0
  outb 0x20, 0x0a
  show 0x20
  outb 0x20, 0x0b
  show 0x20
  outb 0xa0, 0x0a
  show 0xa0
  outb 0xa0, 0x0b
  show 0xa0
  show 0x21
  show 0xa1
  call newline
%endmacro
`;

/** COM2 would do as well, but QEMU's has no chip there unless asked for: everything is on COM1, between two prints. */
export const uartRegisters = () =>
  guest(`${SHOW}
  ; registers as found
  inb 0x3f9
  mov [saved], al
  inb 0x3fa
  mov [saved + 1], al
  inb 0x3fb
  mov [saved + 2], al
  inb 0x3fc
  mov [saved + 3], al
  inb 0x3fd
  mov [saved + 4], al
  inb 0x3fe
  mov [saved + 5], al
  inb 0x3ff
  mov [saved + 6], al
  outb 0x3fb, 0x80
  inb 0x3f8
  mov [saved + 7], al
  inb 0x3f9
  mov [saved + 8], al
  outb 0x3fb, 0x03
  mov ecx, 9
  mov esi, saved
.found:
  lodsb
  call hex8
  mov al, ' '
  call putc
  loop .found
  call newline
  ; writable bits
  outb 0x3f9, 0xff
  show 0x3f9
  outb 0x3f9, 0
  outb 0x3ff, 0x5a
  show 0x3ff
  outb 0x3fc, 0xef
  show 0x3fc
  outb 0x3fc, 0x08
  call newline
  ; FIFO bits in IIR
  outb 0x3fa, 0x01
  show 0x3fa
  outb 0x3fa, 0xc7
  show 0x3fa
  outb 0x3fa, 0x00
  show 0x3fa
  call newline
  ; transmitter interrupt: set by enabling, cleared by IIR, set by a byte
  outb 0x3f9, 0x02
  inb 0x3fa
  mov [saved], al
  inb 0x3fa
  mov [saved + 1], al
  outb 0x3f8, '*'
  inb 0x3fa
  mov [saved + 2], al
  outb 0x3f9, 0
  mov ecx, 3
  mov esi, saved
.thre:
  lodsb
  call hex8
  mov al, ' '
  call putc
  loop .thre
  call newline
  ; loopback: data, line status, modem status from modem control
  outb 0x3fc, 0x1a
  outb 0x3f8, 0xa5
  inb 0x3fd
  mov [saved], al
  inb 0x3f8
  mov [saved + 1], al
  inb 0x3fd
  mov [saved + 2], al
  inb 0x3fe
  and al, 0xf0
  mov [saved + 3], al
  outb 0x3fc, 0x15
  inb 0x3fe
  and al, 0xf0
  mov [saved + 4], al
  ; with FIFOs and overrun: seventeen bytes, then the line status and the first two
  outb 0x3fa, 0x07
  mov ecx, 17
.fill:
  mov al, cl
  mov dx, 0x3f8
  out dx, al
  loop .fill
  inb 0x3fd
  mov [saved + 5], al
  inb 0x3fd
  mov [saved + 6], al
  inb 0x3f8
  mov [saved + 7], al
  inb 0x3f8
  mov [saved + 8], al
  ; received data interrupt at the trigger level of 14: there are 14 bytes left, then 13
  outb 0x3fa, 0xc1
  outb 0x3f9, 0x01
  inb 0x3fa
  mov [saved + 9], al
  inb 0x3f8
  outb 0x3f9, 0
  outb 0x3fa, 0x06
  outb 0x3fc, 0x0b
  mov ecx, 10
  mov esi, saved
.loopback:
  lodsb
  call hex8
  mov al, ' '
  call putc
  loop .loopback
  call newline
  exit 1
saved: times 16 db 0
`);

export const picRegisters = () =>
  guest(`${SHOW}
  cli
  ; as the firmware left masks and trigger modes
  show 0x21
  show 0xa1
  show 0x4d0
  show 0x4d1
  call newline
  icw
  outb 0x21, 0xff
  outb 0xa1, 0xff
  show_pics
  ; an interrupt request of the timer, masked, then polled: counter 0, mode 0, count 1
  outb 0x43, 0x30
  outb 0x40, 0x01
  outb 0x40, 0x00
  call wait_timer
  outb 0x20, 0x0a
  inb 0x20
  and al, 1
  call hex8
  call newline
  outb 0x21, 0xfe
  outb 0x20, 0x0c
  show 0x20
  show_pics
  ; poll with nothing to do
  outb 0x20, 0x0c
  show 0x20
  ; end of interrupt, three ways
  outb 0x20, 0x20
  outb 0x20, 0x0b
  show 0x20
  call newline
  ; the slave: the clock's update interrupt (IRQ 8), polled on both
  outb 0x70, 0x0b
  outb 0x71, 0x12
  outb 0x70, 0x0c
  inb 0x71
  outb 0xa1, 0xfe
  outb 0x21, 0xfb
.wait_rtc:
  outb 0xa0, 0x0a
  inb 0xa0
  test al, 1
  jz .wait_rtc
  show_pics
  outb 0x20, 0x0c
  show 0x20
  outb 0xa0, 0x0c
  show 0xa0
  show_pics
  outb 0xa0, 0x60
  outb 0x20, 0x62
  show_pics
  ; ICW1 forgets all of it
  outb 0x70, 0x0b
  outb 0x71, 0x02
  outb 0x70, 0x0c
  inb 0x71
  icw
  show_pics
  ; ELCR
  outb 0x4d0, 0xff
  outb 0x4d1, 0xff
  show 0x4d0
  show 0x4d1
  call newline
  exit 1
wait_timer:
  push eax
.again:
  outb 0x20, 0x0a
  inb 0x20
  test al, 1
  jz .again
  pop eax
  ret
`);

/** Interrupts through the IDT: vectors, priorities, EOI, automatic EOI, masks. Timer in mode 0, so that each comes once. */
export const picInterrupts = () =>
  guest(`${SHOW}
%macro gate 2
  mov eax, %2
  mov edi, idt + (%1) * 8
  mov [edi], ax
  mov word [edi + 2], cs
  mov word [edi + 4], 0x8e00
  shr eax, 16
  mov [edi + 6], ax
%endmacro
  cli
  lgdt [gdt_pointer]
  jmp 0x08:.flat
.flat:
  mov ax, 0x10
  mov ds, ax
  mov es, ax
  mov ss, ax
  gate 0x20, timer
  gate 0x24, serial
  gate 0x28, clock
  gate 0x27, spurious
  lidt [idt_pointer]
  icw
  outb 0xa1, 0xff
  outb 0x21, 0xfe
  ; one timer interrupt out of HLT
  call arm_timer
  sti
  hlt
  cli
  print "timer taken", 10
  ; transmitter interrupt of COM1 while the timer is masked
  outb 0x21, 0xef
  outb 0x3fc, 0x0b
  outb 0x3f9, 0x02
  sti
  nop
  cli
  outb 0x3f9, 0
  print "serial taken", 10
  ; both at once: the timer first, whatever came first
  outb 0x21, 0xff
  outb 0x3f9, 0x02
  call arm_timer
  call wait_timer
  outb 0x21, 0xee
  sti
  nop
  nop
  cli
  outb 0x3f9, 0
  ; masked: nothing comes
  outb 0x21, 0xff
  call arm_timer
  call wait_timer
  sti
  nop
  nop
  cli
  print "masked", 10
  ; no end of interrupt: the level stays in service and shuts out lower ones
  mov byte [no_eoi], 1
  outb 0x21, 0xee
  sti
  nop
  cli
  outb 0x3f9, 0x02
  sti
  nop
  nop
  cli
  print "blocked", 10
  mov byte [no_eoi], 0
  outb 0x20, 0x20
  sti
  nop
  cli
  outb 0x3f9, 0
  exit 2

arm_timer:
  outb 0x43, 0x30
  outb 0x40, 0x10
  outb 0x40, 0x00
  ret
wait_timer:
  push eax
.again:
  outb 0x20, 0x0a
  inb 0x20
  test al, 1
  jz .again
  pop eax
  ret
timer:
  pusha
  print "[timer]"
  jmp end_of_interrupt
serial:
  pusha
  inb 0x3fa
  outb 0x3f9, 0
  print "[serial]"
  jmp end_of_interrupt
clock:
  pusha
  print "[clock]"
  jmp end_of_interrupt
spurious:
  pusha
  print "[spurious]"
end_of_interrupt:
  cmp byte [no_eoi], 0
  jne .out
  outb 0x20, 0x20
.out:
  popa
  iret
no_eoi: db 0
align 8
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
`);

/** Control words, port 61h and the levels of OUT. What QEMU's model leaves out (GATE stopping a count) is a unit test. */
export const pitRegisters = () =>
  guest(`${SHOW}
%macro status 1
  outb 0x43, 0xe0 | (2 << %1)
  show 0x40 + %1
%endmacro
  outb 0x61, 0
  ; control word only: every access and mode, in the status
%assign mode 0
%rep 8
  outb 0x43, 0xb0 | (mode << 1)
  outb 0x43, 0xe8
  inb 0x42
  and al, 0x3f ; QEMU has no NULL COUNT, and an OUT before the first count
  call hex8
  mov al, ' '
  call putc
%assign mode mode + 1
%endrep
  call newline
  ; port 61h: gate, speaker data, OUT (mode 0: low, then high at the end of the count)
  inb 0x61
  and al, 0x0f ; not OUT: before the first count QEMU's depends on the host's time
  call hex8
  outb 0x43, 0xb0
  outb 0x42, 0x20
  outb 0x42, 0x00
  outb 0x61, 0x01
.wait:
  inb 0x61
  test al, 0x20
  jz .wait
  and al, 0x2f
  call hex8
  status 2
  outb 0x61, 0x02
  inb 0x61
  and al, 0x2f
  call hex8
  call newline
  ; mode 3 runs: both levels of OUT are seen, and the count is always even
  outb 0x43, 0xb6
  outb 0x42, 0x00
  outb 0x42, 0x10
  outb 0x61, 0x01
.high:
  inb 0x61
  test al, 0x20
  jz .high
.low:
  inb 0x61
  test al, 0x20
  jnz .low
  outb 0x43, 0x80
  inb 0x42
  and al, 1
  call hex8
  inb 0x42
  print " both levels", 10
  exit 3
`);

export const keyboardController = () =>
  guest(`${SHOW}
%macro wait_full 0
%%again:
  inb 0x64
  test al, 1
  jz %%again
%endmacro
%macro answer 0
  wait_full
  show 0x60
%endmacro
  cli
  ; empty the buffer
.drain:
  inb 0x60
  inb 0x64
  test al, 1
  jnz .drain
  outb 0x64, 0xaa
  answer
  outb 0x64, 0xab
  answer
  outb 0x64, 0x60
  outb 0x60, 0x44
  outb 0x64, 0x20
  answer
  outb 0x64, 0xd0
  answer
  show 0x92
  call newline
  ; keyboard: echo, identify, lamps, nonsense
  outb 0x60, 0xee
  answer
  outb 0x60, 0xf2
  answer
  answer
  answer
  outb 0x60, 0xed
  answer
  outb 0x60, 0x00
  answer
  outb 0x60, 0xff
  answer
  answer
  call newline
  ; A20s at 0:500h and 1 MiB above, by code that lies where bit 20 does not matter
  mov byte [0x500], 0x11
  mov byte [0x100500], 0x22
  mov esi, low_code
  mov edi, 0x8000
  mov ecx, low_code_end - low_code
  rep movsb
  mov eax, 0x8000
  call eax
  mov eax, ebx
  call hex32
  call newline
  exit 4
low_code:
  mov bl, [0x100500]
  mov al, 0x00
  out 0x92, al
  mov bh, [0x100500]
  mov al, 0x02
  out 0x92, al
  shl ebx, 16
  mov al, 0xdd
  out 0x64, al
  mov bl, [0x100500]
  mov al, 0xdf
  out 0x64, al
  mov bh, [0x100500]
  ret
low_code_end:
`);

export const realTimeClock = () =>
  guest(`${SHOW}
%macro cmos 1
  outb 0x70, %1
  show 0x71
%endmacro
  cmos 0x0a
  cmos 0x0b
  cmos 0x0d
  cmos 0x15
  cmos 0x16
  cmos 0x17
  cmos 0x18
  cmos 0x30
  cmos 0x31
  cmos 0x34
  cmos 0x35
  call newline
  ; date (the time has begun to run)
  cmos 0x32
  cmos 0x09
  cmos 0x08
  cmos 0x07
  cmos 0x04
  call newline
  ; set to the last second of a leap day, binary and 12 hours, and let it go over
  outb 0x70, 0x0b
  outb 0x71, 0x84
  %assign i 0
  %macro set 2
  outb 0x70, %1
  outb 0x71, %2
  %endmacro
  set 0, 59
  set 2, 59
  set 4, 0x8b
  set 6, 5
  set 7, 29
  set 8, 2
  set 9, 24
  set 0x32, 20
  set 0x0b, 0x04
.wait:
  outb 0x70, 0
  inb 0x71
  cmp al, 59
  je .wait
  cmos 0x09
  cmos 0x08
  cmos 0x07
  cmos 0x06
  cmos 0x04
  cmos 0x02
  call newline
  ; periodic flag
  set 0x0b, 0x42
  outb 0x70, 0x0c
  inb 0x71
.periodic:
  inb 0x71
  test al, 0x40
  jz .periodic
  and al, 0xc0
  call hex8
  call newline
  exit 5
`);
