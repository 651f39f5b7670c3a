/**
 * Instruction operands. One class for all of them, so that matching an instruction against the table is a few integer
 * operations on objects of one shape.
 */

/** What an operand may serve as: one bit per class of the instruction table. An operand matches a slot when the masks meet. */
export const enum Kind {
  Reg8 = 1 << 0,
  Reg16 = 1 << 1,
  Reg32 = 1 << 2,
  SegmentReg = 1 << 3,
  ControlReg = 1 << 4,
  DebugReg = 1 << 5,
  TestReg = 1 << 6,
  FpuReg = 1 << 7,
  MmxReg = 1 << 8,
  XmmReg = 1 << 9,
  Immediate = 1 << 10,
  /** selector:offset, both known when the instruction is written. */
  FarPointer = 1 << 11,
  /** Memory whose size the program did not state. */
  MemUnsized = 1 << 12,
  Mem8 = 1 << 13,
  Mem16 = 1 << 14,
  Mem32 = 1 << 15,
  Mem64 = 1 << 16,
  Mem80 = 1 << 17,
  Mem128 = 1 << 18,
  /** `far` memory: a pointer with selector, of any (Unsized), 16-bit or 32-bit offset size. */
  MemFarUnsized = 1 << 19,
  MemFar16 = 1 << 20,
  MemFar32 = 1 << 21,
  /** `to st1`: the x87 instruction's destination. */
  FpuTo = 1 << 22,
  AnyMem = (1 << 19) - (1 << 12),
}

/** Where a symbolic operand points: a section of this file or an extern. Compared by identity. */
export interface Target {
  readonly name: string;
  readonly isSection: boolean;
}

/** How a branch may be encoded. */
export const enum Distance {
  Any = 0,
  Short = 1,
  Near = 2,
}

const memoryKind: Record<number, number> = {
  0: Kind.MemUnsized,
  1: Kind.Mem8,
  2: Kind.Mem16,
  4: Kind.Mem32,
  8: Kind.Mem64,
  10: Kind.Mem80,
  16: Kind.Mem128,
};

export class Operand {
  kinds = 0;
  /** Register number, 0-7; -1 for anything else. */
  register = -1;
  /** Size in bytes: of a register, or as stated by the program for memory and immediates (0 = not stated). */
  size = 0;
  /** Immediate value, branch target, far offset, or displacement; with `target`, the offset from it. */
  value = 0;
  target: Target | null = null;
  /** Immediates: `strict`, the stated size is kept. */
  strict = false;
  distance: Distance = Distance.Any;
  /** Far pointers: the selector. */
  selector = 0;
  /** Memory: base and index register numbers (in 16-bit addressing bx 3, bp 5, si 6, di 7), -1 for none. */
  base = -1;
  index = -1;
  scale = 1;
  /** Memory: 16 or 32; 0 = no register says, the mode decides. */
  addressSize = 0;
  /** Memory: segment register number of an override, -1 for none. */
  segment = -1;
  /** Memory: displacement size in bytes forced by the program; 0 = smallest. */
  displacementSize = 0;
}

function register(kinds: number, number: number, size: number): Operand {
  const operand = new Operand();
  operand.kinds = kinds;
  operand.register = number;
  operand.size = size;
  return operand;
}

/** All register names of the machine, lower case. The operands are shared: never change one. */
export const registers: ReadonlyMap<string, Operand> = new Map<string, Operand>(
  (
    [
      [Kind.Reg8, 1, "al cl dl bl ah ch dh bh"],
      [Kind.Reg16, 2, "ax cx dx bx sp bp si di"],
      [Kind.Reg32, 4, "eax ecx edx ebx esp ebp esi edi"],
      [Kind.SegmentReg, 2, "es cs ss ds fs gs"],
      [Kind.ControlReg, 4, "cr0 cr1 cr2 cr3 cr4 cr5 cr6 cr7"],
      [Kind.DebugReg, 4, "dr0 dr1 dr2 dr3 dr4 dr5 dr6 dr7"],
      [Kind.TestReg, 4, "tr0 tr1 tr2 tr3 tr4 tr5 tr6 tr7"],
      [Kind.FpuReg, 10, "st0 st1 st2 st3 st4 st5 st6 st7"],
      [Kind.MmxReg, 8, "mm0 mm1 mm2 mm3 mm4 mm5 mm6 mm7"],
      [Kind.XmmReg, 16, "xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7"],
    ] as const
  ).flatMap(([kind, size, names]) =>
    names.split(" ").map((name, number): [string, Operand] => [name, register(kind, number, size)]),
  ),
);

const named = (name: string): Operand => registers.get(name)!;
export const AL = named("al");
export const CL = named("cl");
export const DL = named("dl");
export const BL = named("bl");
export const AH = named("ah");
export const CH = named("ch");
export const DH = named("dh");
export const BH = named("bh");
export const AX = named("ax");
export const CX = named("cx");
export const DX = named("dx");
export const BX = named("bx");
export const SP = named("sp");
export const BP = named("bp");
export const SI = named("si");
export const DI = named("di");
export const EAX = named("eax");
export const ECX = named("ecx");
export const EDX = named("edx");
export const EBX = named("ebx");
export const ESP = named("esp");
export const EBP = named("ebp");
export const ESI = named("esi");
export const EDI = named("edi");
/** The 8-, 16- and 32-bit general registers by number. */
export const reg8 = [AL, CL, DL, BL, AH, CH, DH, BH] as const;
export const reg16 = [AX, CX, DX, BX, SP, BP, SI, DI] as const;
export const reg32 = [EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI] as const;

/** An immediate; with a target, the target's address plus `value`. */
export function imm(value: number, target: Target | null = null, size = 0): Operand {
  const operand = new Operand();
  operand.kinds = Kind.Immediate;
  operand.value = value;
  operand.target = target;
  operand.size = size;
  return operand;
}

export interface MemoryParts {
  base?: Operand | null;
  index?: Operand | null;
  scale?: 1 | 2 | 4 | 8;
  displacement?: number;
  /** The displacement is relative to this target's address. */
  target?: Target | null;
  /** Size of the access in bytes; 0 or absent where a register operand says it. */
  size?: number;
  segment?: Operand;
}

/** A memory operand with 32-bit addressing. Throws RangeError for esp as an index. */
export function memory(parts: MemoryParts): Operand {
  const operand = new Operand();
  operand.size = parts.size ?? 0;
  operand.kinds = memoryKind[operand.size];
  operand.base = parts.base ? parts.base.register : -1;
  operand.index = parts.index ? parts.index.register : -1;
  if (operand.index === 4) throw new RangeError("esp cannot be an index");
  operand.scale = parts.scale ?? 1;
  operand.value = parts.displacement ?? 0;
  operand.target = parts.target ?? null;
  operand.addressSize = 32;
  if (parts.segment) operand.segment = parts.segment.register;
  return operand;
}

/** `[base + displacement]`, the common case. */
export const mem = (base: Operand, displacement = 0, size = 0): Operand => memory({ base, displacement, size });

/** Kind of a memory operand of `size` bytes (0 = not stated); 0 for a size that no operand has. */
export const kindOfMemory = (size: number, far: boolean): number =>
  far
    ? size === 0
      ? Kind.MemFarUnsized
      : size === 2
        ? Kind.MemFar16
        : size === 4
          ? Kind.MemFar32
          : 0
    : (memoryKind[size] ?? 0);
