; Accessed and dirty bits of both levels after each kind of access, allowed or not.
%macro observe 2+
  call clean
  attempt %1, %2
  call show
%endmacro

%macro observe_user 2+
  call clean
  user_attempt %1, %2
  call show
%endmacro

main:
  mov byte [0x300f00], 0xc3
  mov eax, cr0
  or eax, 0x10000
  mov cr0, eax
  call paging_on
  mov dword [rights], 7
  call accesses
  mov dword [rights], 5
  call accesses
  mov dword [rights], 3
  call accesses
  mov dword [rights], 1
  call accesses
  mov eax, cr0
  and eax, ~0x10000
  mov cr0, eax
  say "without WP"
  newline
  call accesses
  mov dword [rights], 7
  ; a dirty bit once set stays; a TLB entry without it is walked again for the first write
  call clean
  mov eax, [SCRATCH]
  call show
  mov [SCRATCH], eax
  call show
  mov dword [PAGE_TABLE + 0x1000], 0x300007
  invlpg [SCRATCH]
  mov [SCRATCH], eax
  call show
  ; a PDE's accessed bit is set although the page is not there
  mov dword [rights], 0
  call clean
  attempt "missing page", mov eax, [SCRATCH]
  call show
  ; two pages at once
  mov dword [rights], 7
  call clean
  mov dword [PAGE_TABLE + 0x1004], 0x301007
  invlpg [SCRATCH + 0x1000]
  mov eax, [SCRATCH + 0xffe]
  call show
  hex [PAGE_TABLE + 0x1004]
  newline
  mov [SCRATCH + 0xffe], eax
  call show
  hex [PAGE_TABLE + 0x1004]
  newline
  ; descriptor accessed bits, in the GDT (QEMU does not set that of a code segment that is called)
  set_descriptor FREE, 0x0000ffff, 0x00cff200
  mov eax, FREE
  mov fs, eax
  hex [gdt + FREE + 4]
  set_descriptor FREE, 0x0000ffff, 0x00cffa00
  mov gs, eax
  hex [gdt + FREE + 4]
  set_descriptor FREE, 0x0000ffff, 0x00cff000
  lar ecx, eax
  lsl ecx, eax
  verr ax
  verw ax
  hex [gdt + FREE + 4]
  newline
  call paging_off
  ret

accesses:
  hex [rights]
  newline
  observe "read", mov eax, [SCRATCH]
  observe "write", mov [SCRATCH], eax
  observe "cmp", cmp [SCRATCH], eax
  observe "test", test byte [SCRATCH], 1
  observe "bt", bt dword [SCRATCH], 1
  observe "push", push dword [SCRATCH]
  observe "pop", call pop_it
  observe "fetch", call SCRATCH + 0xf00
  observe "lods", lodsb
  observe "stos", stosb
  observe "rep stosb with nothing to do", rep stosb
  observe "sgdt", sgdt [SCRATCH]
  observe_user "user read", mov eax, [SCRATCH]
  observe_user "user write", mov [SCRATCH], eax
  observe_user "user fetch", call SCRATCH + 0xf00
  test byte [rights], 2
  jz .end
  ; where the write is refused QEMU has set A for the read
  observe "add", add [SCRATCH], eax
  observe "bts", bts dword [SCRATCH], 1
  observe "xchg", xchg [SCRATCH], eax
  observe "cmpxchg that fails", lock cmpxchg [SCRATCH], ecx
.end:
  ret

pop_it:
  push eax
  pop dword [SCRATCH]
  ret

; Entries with the rights under test, A and D clear, nothing of them in the TLB. Sets up ESI, EDI, ECX.
clean:
  push eax
  mov eax, [rights]
  or eax, 0x300000
  mov [PAGE_TABLE + 0x1000], eax
  mov dword [PAGE_DIRECTORY + 4], PAGE_TABLE + 0x1000 + 7
  mov eax, cr3
  mov cr3, eax
  mov dword [0x300000], 0x037f037f
  mov esi, SCRATCH
  mov edi, SCRATCH
  xor ecx, ecx
  pop eax
  ret

show:
  say "   "
  hex [PAGE_DIRECTORY + 4], [PAGE_TABLE + 0x1000]
  newline
  ret
align 4
rights: dd 0
