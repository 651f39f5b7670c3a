/**
 * User-mode CPU cases as data: 32-bit code in ring 3 with flat segments, registers, and three windows of memory that
 * are the same on every driver. The rest of the address space is not there.
 */
import { assemble } from "../../scripts/toolchain/assembler/index.ts";

/** Memory of a case. All is readable and executable, READ_ONLY is not writable, what is not listed is not mapped. */
export const Window = {
  /** The case's code, followed and surrounded by int3 (CCh). */
  CODE: 0x10000000,
  CODE_SIZE: 0x2000,
  /** Filled with a fixed pattern, as are READ_ONLY and STACK. */
  DATA: 0x20000000,
  DATA_SIZE: 0x2000,
  READ_ONLY: 0x20004000,
  READ_ONLY_SIZE: 0x1000,
  STACK: 0x30000000,
  STACK_SIZE: 0x1000,
} as const;

/** Selectors that user-mode code runs with, those of Linux. */
export const UserSelector = { CODE: 0x23, DATA: 0x2b } as const;

export const registerNames = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"] as const;
export type GeneralName = (typeof registerNames)[number];
export type Registers = Record<GeneralName, number>;

export interface UserCase {
  /** Assembly text (org is where it will run), or the bytes. */
  code: string | Uint8Array;
  /** Where the code goes in the CODE window, default its start. */
  codeAddress?: number;
  /** Missing ones have fixed values; esp defaults to the middle of STACK. */
  registers?: Partial<Registers>;
  /** Arithmetic flags, DF, AC, ID; the others are as in any user program. Default 0. */
  eflags?: number;
  /** 32-bit words stored in DATA or STACK before the run, over the pattern. */
  memory?: readonly { address: number; value: number }[];
}

export interface UserResult {
  /** Vector of the exception that ended the case; 3 with eip one past the code is the regular end; -1: it does not end. */
  vector: number;
  /** Error code of the exception, 0 where it has none. Of a page fault: bits 0-2. */
  errorCode: number;
  /** Faulting address, for vector 14 only; else 0. */
  cr2: number;
  eip: number;
  /** Without RF. */
  eflags: number;
  registers: Registers;
  /** es cs ss ds fs gs. */
  segments: number[];
  /** Words of memory that the case changed, by ascending window and address. */
  memory: { address: number; value: number }[];
}

const defaultRegisters: Registers = {
  eax: 0x11111111,
  ecx: 0x22222222,
  edx: 0x33333333,
  ebx: 0x44444444,
  esp: Window.STACK + Window.STACK_SIZE / 2,
  ebp: 0x55555555,
  esi: 0x66666666,
  edi: 0x77777777,
};

/** Bits of EFLAGS that a case may begin with: CF PF AF ZF SF DF OF AC ID (TF it must set itself). */
const settableFlags = 0x240cd5;

/** The pattern that fills the windows: successive values from `seed`. */
export function pattern(seed: number, words: number): Uint32Array {
  const values = new Uint32Array(words);
  let value = seed;
  for (let i = 0; i < words; i++) values[i] = value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
  return values;
}

/** Contents of DATA, STACK and READ_ONLY before a case: one pattern goes on over the three. */
export function windowPatterns(): { data: Uint32Array; stack: Uint32Array; readOnly: Uint32Array } {
  const { DATA_SIZE, STACK_SIZE, READ_ONLY_SIZE } = Window;
  const all = pattern(1, (DATA_SIZE + STACK_SIZE + READ_ONLY_SIZE) / 4);
  const stackAt = DATA_SIZE / 4;
  const readOnlyAt = stackAt + STACK_SIZE / 4;
  return { data: all.slice(0, stackAt), stack: all.slice(stackAt, readOnlyAt), readOnly: all.slice(readOnlyAt) };
}

const inside = (address: number, start: number, size: number): boolean =>
  address >= start && address + 4 <= start + size;

/** One request of the harnesses' stream: size, then fields, patches and code. */
export function encodeCase(test: UserCase): Uint8Array {
  const codeAddress = test.codeAddress ?? Window.CODE;
  const code = typeof test.code === "string" ? assembleCase(test.code, codeAddress) : test.code;
  if (codeAddress < Window.CODE || codeAddress + code.length >= Window.CODE + Window.CODE_SIZE) {
    throw new RangeError("code does not fit in its window");
  }
  const patches = test.memory ?? [];
  for (const { address } of patches) {
    if (inside(address, Window.DATA, Window.DATA_SIZE) || inside(address, Window.STACK, Window.STACK_SIZE)) continue;
    throw new RangeError(`memory of a case outside its windows: ${address.toString(16)}`);
  }
  const words = [
    codeAddress,
    code.length,
    patches.length,
    ((test.eflags ?? 0) & settableFlags) | 0x202,
    ...registerNames.map((name) => test.registers?.[name] ?? defaultRegisters[name]),
    ...patches.flatMap(({ address, value }) => [address, value]),
  ];
  const bytes = new Uint8Array(4 + words.length * 4 + code.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 4, true);
  words.forEach((word, i) => view.setUint32(4 + i * 4, word >>> 0, true));
  bytes.set(code, 4 + words.length * 4);
  return bytes;
}

function assembleCase(source: string, org: number): Uint8Array {
  const result = assemble(source, { org, bits: 32, file: "case.asm" });
  if (result.errors) throw new Error(result.errors.join("\n"));
  return result.bytes;
}

const Flag = { RF: 0x10000 } as const;

/** The answers of a harness's stream. */
export function decodeResults(stream: Uint8Array): UserResult[] {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  const results: UserResult[] = [];
  for (let at = 0; at < stream.length;) {
    const word = (index: number): number => view.getUint32(at + 4 + index * 4, true);
    const vector = word(0) | 0;
    const isPageFault = vector === 14;
    const count = word(19);
    results.push({
      vector,
      errorCode: isPageFault ? word(1) & 7 : vector === -1 ? 0 : word(1),
      cr2: isPageFault ? word(2) : 0,
      eip: word(3),
      eflags: (word(4) & ~Flag.RF) >>> 0,
      registers: Object.fromEntries(registerNames.map((name, i) => [name, word(5 + i)])) as Registers,
      segments: Array.from({ length: 6 }, (_, i) => word(13 + i)),
      memory: Array.from({ length: count }, (_, i) => ({ address: word(20 + 2 * i), value: word(21 + 2 * i) })),
    });
    at += 4 + view.getUint32(at, true);
  }
  return results;
}
