// The instructions behind `~lib/cpu`: which registers their arguments and results are in, and their bytes.
import { Reg } from "./lir.ts";

export interface MachineInstruction {
  /** Register of each argument word; PUSH: pushed on the stack. */
  args: number[];
  bytes: number[];
  /** Registers of the result's low and high word. */
  result?: Reg;
  high?: Reg;
  /** Registers changed besides the results. */
  clobbers?: Reg[];
}

/** The argument goes on the stack; the bytes take it off again. */
export const PUSH = -1;

const { Eax, Ecx, Edx, Ebx, Esi, Edi } = {
  Eax: Reg.Eax,
  Ecx: Reg.Ecx,
  Edx: Reg.Edx,
  Ebx: Reg.Ebx,
  Esi: Reg.Esi,
  Edi: Reg.Edi,
};

const plain = (...bytes: number[]): MachineInstruction => ({ args: [], bytes });
/** Argument in EAX. */
const takes = (...bytes: number[]): MachineInstruction => ({ args: [Eax], bytes });
/** Result in EAX. */
const gives = (...bytes: number[]): MachineInstruction => ({ args: [], bytes, result: Eax });
/** Port in EDX, address in EDI or ESI, count in ECX. */
const portString = (pointer: Reg, ...bytes: number[]): MachineInstruction => ({
  args: [Edx, pointer, Ecx],
  bytes,
  clobbers: [pointer, Ecx],
});
const int80 = (...registers: Reg[]): MachineInstruction => ({
  args: [Eax, ...registers],
  bytes: [0xcd, 0x80],
  result: Eax,
});

export const MACHINE: Readonly<Record<string, MachineInstruction>> = {
  inb: { args: [Edx], bytes: [0xec, 0x0f, 0xb6, 0xc0], result: Eax },
  inw: { args: [Edx], bytes: [0x66, 0xed, 0x0f, 0xb7, 0xc0], result: Eax },
  inl: { args: [Edx], bytes: [0xed], result: Eax },
  outb: { args: [Edx, Eax], bytes: [0xee] },
  outw: { args: [Edx, Eax], bytes: [0x66, 0xef] },
  outl: { args: [Edx, Eax], bytes: [0xef] },
  insb: portString(Edi, 0xf3, 0x6c),
  insw: portString(Edi, 0xf3, 0x66, 0x6d),
  insl: portString(Edi, 0xf3, 0x6d),
  outsb: portString(Esi, 0xf3, 0x6e),
  outsw: portString(Esi, 0xf3, 0x66, 0x6f),
  outsl: portString(Esi, 0xf3, 0x6f),

  rcr0: gives(0x0f, 0x20, 0xc0),
  rcr2: gives(0x0f, 0x20, 0xd0),
  rcr3: gives(0x0f, 0x20, 0xd8),
  rcr4: gives(0x0f, 0x20, 0xe0),
  lcr0: takes(0x0f, 0x22, 0xc0),
  lcr2: takes(0x0f, 0x22, 0xd0),
  lcr3: takes(0x0f, 0x22, 0xd8),
  lcr4: takes(0x0f, 0x22, 0xe0),
  rdr6: gives(0x0f, 0x21, 0xf0),
  ldr6: takes(0x0f, 0x23, 0xf0),
  rdr7: gives(0x0f, 0x21, 0xf8),
  ldr7: takes(0x0f, 0x23, 0xf8),
  clts: plain(0x0f, 0x06),

  lgdt: takes(0x0f, 0x01, 0x10),
  lidt: takes(0x0f, 0x01, 0x18),
  sgdt: takes(0x0f, 0x01, 0x00),
  sidt: takes(0x0f, 0x01, 0x08),
  lldt: takes(0x0f, 0x00, 0xd0),
  ltr: takes(0x0f, 0x00, 0xd8),
  invlpg: takes(0x0f, 0x01, 0x38),

  cli: plain(0xfa),
  sti: plain(0xfb),
  hlt: plain(0xf4),
  sti_hlt: plain(0xfb, 0xf4),
  pause: plain(0xf3, 0x90),
  int3: plain(0xcc),
  ud2: plain(0x0f, 0x0b),
  read_eflags: gives(0x9c, 0x58),
  write_eflags: takes(0x50, 0x9d),
  read_ebp: gives(0x89, 0xe8),
  read_esp: gives(0x89, 0xe0),
  read_cs: gives(0x8c, 0xc8),
  rdtsc: { args: [], bytes: [0x0f, 0x31], result: Eax, high: Edx },
  rdmsr: { args: [Ecx], bytes: [0x0f, 0x32], result: Eax, high: Edx },
  wrmsr: { args: [Ecx, Eax, Edx], bytes: [0x0f, 0x30] },
  // cpuid, then EAX EBX ECX EDX to [edi], [edi+4], [edi+8], [edi+12].
  cpuid: {
    args: [Eax, Ecx, Edi],
    bytes: [0x0f, 0xa2, 0x89, 0x07, 0x89, 0x5f, 0x04, 0x89, 0x4f, 0x08, 0x89, 0x57, 0x0c],
    clobbers: [Eax, Ebx, Ecx, Edx],
  },

  rep_movsb: { args: [Edi, Esi, Ecx], bytes: [0xf3, 0xa4], clobbers: [Edi, Esi, Ecx] },
  rep_movsd: { args: [Edi, Esi, Ecx], bytes: [0xf3, 0xa5], clobbers: [Edi, Esi, Ecx] },
  // lea edi, [edi+ecx-1]; lea esi, [esi+ecx-1]; std; rep movsb; cld
  rep_movsb_down: {
    args: [Edi, Esi, Ecx],
    bytes: [0x8d, 0x7c, 0x0f, 0xff, 0x8d, 0x74, 0x0e, 0xff, 0xfd, 0xf3, 0xa4, 0xfc],
    clobbers: [Edi, Esi, Ecx],
  },
  rep_stosb: { args: [Edi, Eax, Ecx], bytes: [0xf3, 0xaa], clobbers: [Edi, Ecx] },
  rep_stosd: { args: [Edi, Eax, Ecx], bytes: [0xf3, 0xab], clobbers: [Edi, Ecx] },
  xchg: { args: [Edx, Eax], bytes: [0x87, 0x02], result: Eax },
  cmpxchg: { args: [Edx, Eax, Ecx], bytes: [0xf0, 0x0f, 0xb1, 0x0a], result: Eax },
  xadd: { args: [Edx, Eax], bytes: [0xf0, 0x0f, 0xc1, 0x02], result: Eax },
  divide: { args: [Edx, Eax, Ecx], bytes: [0xf7, 0xf1], result: Eax, high: Edx },

  int80_0: int80(),
  int80_1: int80(Ebx),
  int80_2: int80(Ebx, Ecx),
  int80_3: int80(Ebx, Ecx, Edx),
  int80_4: int80(Ebx, Ecx, Edx, Esi),
  int80_5: int80(Ebx, Ecx, Edx, Esi, Edi),
  // xchg [esp], ebp; int 80h; pop ebp
  int80_6: {
    args: [Eax, Ebx, Ecx, Edx, Esi, Edi, PUSH],
    bytes: [0x87, 0x2c, 0x24, 0xcd, 0x80, 0x5d],
    result: Eax,
  },
};
