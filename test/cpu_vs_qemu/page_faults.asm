; Every combination of page directory and page table rights, CR0.WP, ring and access: the error code and CR2.
; No read-modify-write: QEMU reports its read, the processor its write (test/cpu_vs_native has those).
main:
  mov byte [0x300f00], 0xc3 ; what a fetch executes: ret
  call paging_on
  xor ebx, ebx ; bits 0-2 PTE rights, 3-5 PDE rights, 6 WP
.next:
  mov eax, ebx
  and eax, 7
  or eax, 0x300000
  mov [PAGE_TABLE + 0x1000], eax
  mov eax, ebx
  shr eax, 3
  and eax, 7
  or eax, PAGE_TABLE + 0x1000
  mov [PAGE_DIRECTORY + 4], eax
  mov eax, cr0
  btr eax, 16
  test bl, 64
  jz .without
  bts eax, 16
.without:
  mov cr0, eax
  mov eax, cr3
  mov cr3, eax
  hex ebx
  attempt "kernel read", mov eax, [SCRATCH + 0x123]
  attempt "kernel write", mov [SCRATCH + 0x124], eax
  attempt "kernel fetch", call SCRATCH + 0xf00
  user_attempt "user read", mov eax, [SCRATCH + 0x126]
  user_attempt "user write", mov [SCRATCH + 0x127], eax
  user_attempt "user fetch", call SCRATCH + 0xf00
  user_attempt "user push", push dword [SCRATCH + 0x12c]
  inc ebx
  cmp ebx, 128
  jb .next
  mov dword [PAGE_DIRECTORY + 4], PAGE_TABLE + 0x1000 + 7

  ; Linear 400000h-401FFFh over frames 300000h, 301000h: the second page missing or read-only
  mov eax, cr0
  or eax, 0x10000
  mov cr0, eax
  mov dword [PAGE_TABLE + 0x1000], 0x300007
  mov edi, 0x301000
  call .crossing
  mov edi, 0x301000 + 5
  call .crossing
  mov edi, 0x301000 + 3
  call .crossing

  ; implicit supervisor accesses of ring 3: descriptor tables and the inner stack are not user's business
  mov dword [PAGE_TABLE + 0x1000], 0
  mov eax, cr3
  mov cr3, eax
  call .implicit
  call paging_off
  ret

.crossing:
  mov [PAGE_TABLE + 0x1004], edi
  mov eax, cr3
  mov cr3, eax
  hex edi
  newline
  mov dword [0x300ffc], 0x11223344
  mov dword [0x301000], 0x55667788
  mov esi, SCRATCH + 0xffe
  attempt "crossing read", mov eax, [SCRATCH + 0xffe]
  attempt "crossing write", mov dword [SCRATCH + 0xffd], 0
  user_attempt "user crossing read", mov eax, [SCRATCH + 0xfff]
  user_attempt "user crossing write", mov [SCRATCH + 0xffd], eax
  hex [0x300ffc], [0x301000]
  newline
  ; string instructions stop at the page and show how far they came
  mov eax, cr3
  mov cr3, eax
  mov esi, 0x3000
  mov edi, SCRATCH + 0xff0
  mov ecx, 0x20
  attempt "rep movsb", rep movsb
  sub edi, SCRATCH
  hex ecx, esi, edi
  newline
  mov esi, SCRATCH + 0xff2
  mov edi, 0x3000
  mov ecx, 0x20
  attempt "rep movsd", rep movsd
  sub esi, SCRATCH
  hex ecx, esi, edi
  newline
  mov edi, SCRATCH + 0xff6
  mov ecx, 0x20
  attempt "rep stosd", rep stosd
  sub edi, SCRATCH
  hex ecx, edi
  newline
  std
  mov edi, SCRATCH + 0x1005
  mov ecx, 0x20
  attempt "rep stosb down", rep stosb
  cld
  sub edi, SCRATCH
  hex ecx, edi
  newline
  ; (a repne scas that faults has its old flags back; QEMU leaves those of the last comparison)
  ret

.implicit:
  sgdt [saved]
  mov dword [gdt + FREE], 0x0000ffff
  mov dword [gdt + FREE + 4], 0x00cff300
  ; a GDT that reaches into the missing page: selectors beyond the first 4 KiB - 8
  mov esi, gdt
  mov edi, 0x300000 + 0x1000 - 0x40
  mov ecx, 16
  rep movsd
  mov dword [PAGE_TABLE + 0x1000], 0x300003
  mov dword [PAGE_TABLE + 0x1004], 0
  mov eax, cr3
  mov cr3, eax
  mov word [table], 0x7f
  mov dword [table + 2], SCRATCH + 0x1000 - 0x40
  lgdt [table]
  mov eax, FREE + 3
  attempt "selector in the present page", mov fs, eax
  mov eax, FREE + 3 + 16
  attempt "selector in the missing page", mov fs, eax
  attempt "lar in the missing page", lar ecx, eax
  attempt "verr in the missing page", verr ax
  mov ebx, eax
  user_attempt "selector in the missing page from ring 3", mov fs, ebx
  user_attempt "lsl in the missing page from ring 3", lsl ecx, ebx
  lgdt [saved]
  ret
align 4
saved: times 16 db 0
table: times 8 db 0
