/** Our processor as a driver of user-mode cases: ring 3 with paging, set up as Linux sets up a 32-bit process. */
import { Arena } from "../../emulator/cpu/arena.ts";
import { Cpu, StopReason } from "../../emulator/cpu/cpu.ts";
import { State } from "../../emulator/cpu/layout.ts";
import { decodeResults, encodeCase, registerNames, UserSelector, type UserCase, type UserResult, Window, windowPatterns } from "./driver_case.ts"; // prettier-ignore

/** Physical memory: tables of the processor, then the windows. */
const Physical = {
  DIRECTORY: 0x1000,
  CODE_TABLE: 0x2000,
  DATA_TABLE: 0x3000,
  STACK_TABLE: 0x4000,
  LOW_TABLE: 0x5000,
  IDT: 0x6000,
  GDT: 0x7000,
  TSS: 0x8000,
  KERNEL_STACK: 0xa000,
  /** Gate n leads to byte n of this page: a HLT. */
  HANDLER: 0xb000,
  CODE: 0x10000,
  DATA: 0x12000,
  READ_ONLY: 0x14000,
  STACK: 0x15000,
  END: 0x16000,
} as const;

/** Linear address of physical 0. */
const KERNEL = 0xffc00000;
const HLT = 0xf4;
const TSS_SELECTOR = 0x40;
const PRESENT_USER_WRITABLE = 7;
const PRESENT_USER = 5;
/** PE MP ET NE WP AM PG, as Linux has it. */
const CR0 = 0x80050033;
const MAXIMUM_INSTRUCTIONS = 100_000;

class EmulatedUser {
  private readonly arena = new Arena(0x100000);
  private readonly cpu = new Cpu(this.arena, {
    readPort: () => 0,
    writePort: () => {},
    readPhysical: () => 0xffffffff,
    writePhysical: () => {},
    acknowledgeInterrupt: () => 0,
  });
  private readonly patterns = windowPatterns();
  /** Windows as they are before the case at hand, code included. */
  private readonly pristine = new Uint8Array(Physical.END);
  private readonly pristineWords = new Uint32Array(this.pristine.buffer);

  constructor() {
    const { ram32 } = this.arena;
    const map = (table: number, linear: number, physical: number, size: number, rights: number): void => {
      ram32[(Physical.DIRECTORY >> 2) + (linear >>> 22)] = table | PRESENT_USER_WRITABLE;
      for (let at = 0; at < size; at += 0x1000) {
        ram32[(table >> 2) + (((linear + at) >>> 12) & 0x3ff)] = (physical + at) | rights;
      }
    };
    map(Physical.CODE_TABLE, Window.CODE, Physical.CODE, Window.CODE_SIZE, PRESENT_USER_WRITABLE);
    map(Physical.DATA_TABLE, Window.DATA, Physical.DATA, Window.DATA_SIZE, PRESENT_USER_WRITABLE);
    map(Physical.DATA_TABLE, Window.READ_ONLY, Physical.READ_ONLY, Window.READ_ONLY_SIZE, PRESENT_USER);
    map(Physical.STACK_TABLE, Window.STACK, Physical.STACK, Window.STACK_SIZE, PRESENT_USER_WRITABLE);
    // The tables themselves lie beyond user space, where a Linux process has its kernel: supervisor only.
    ram32[(Physical.DIRECTORY >> 2) + 0x3ff] = Physical.LOW_TABLE | 3;
    for (let page = 0; page < 16; page++) ram32[(Physical.LOW_TABLE >> 2) + page] = (page << 12) | 3;
    const descriptor = (at: number, low: number, high: number): void => {
      ram32[at >> 2] = low;
      ram32[(at >> 2) + 1] = high;
    };
    descriptor(Physical.GDT + 0x10, 0x0000ffff, 0x00cf9b00);
    descriptor(Physical.GDT + 0x18, 0x0000ffff, 0x00cf9300);
    descriptor(Physical.GDT + UserSelector.CODE - 3, 0x0000ffff, 0x00cffb00);
    descriptor(Physical.GDT + UserSelector.DATA - 3, 0x0000ffff, 0x00cff300);
    for (let vector = 0; vector < 256; vector++) {
      const dpl = vector === 3 || vector === 4 ? 0x6000 : 0;
      const handler = KERNEL + Physical.HANDLER + vector;
      descriptor(Physical.IDT + vector * 8, 0x00100000 | (handler & 0xffff), (handler & 0xffff0000) | 0x8e00 | dpl);
    }
    ram32[(Physical.TSS >> 2) + 1] = (KERNEL + Physical.KERNEL_STACK) | 0;
    ram32[(Physical.TSS >> 2) + 2] = 0x18;
    ram32[(Physical.TSS >> 2) + 25] = 0x68 << 16; // no I/O bitmap

    const { data, stack, readOnly } = this.patterns;
    this.pristine.fill(0xcc, Physical.CODE, Physical.CODE + Window.CODE_SIZE);
    this.pristineWords.set(data, Physical.DATA >> 2);
    this.pristineWords.set(readOnly, Physical.READ_ONLY >> 2);
    this.pristineWords.set(stack, Physical.STACK >> 2);
    this.arena.ram8.set(this.pristine.subarray(Physical.CODE), Physical.CODE);
    this.arena.ram8.fill(HLT, Physical.HANDLER, Physical.HANDLER + 256);
  }

  /** What the exception's handler finds: vector, error code, cr2, then eip, eflags, general and segment registers of the case. */
  private ended(): number[] {
    const { cpu } = this;
    const vector = cpu.eip - 1 - (KERNEL + Physical.HANDLER);
    const pushed = (KERNEL + Physical.KERNEL_STACK - cpu.readRegister("esp")) / 4;
    const top = Physical.KERNEL_STACK >> 2;
    const [ss, esp, eflags, cs, eip] = [1, 2, 3, 4, 5].map((n) => this.arena.ram32[top - n] >>> 0);
    const errorCode = pushed > 5 ? this.arena.ram32[top - 6] : 0;
    const state = this.state();
    state.splice(0, 2, eip, eflags);
    state[2 + registerNames.indexOf("esp")] = esp;
    state[11] = cs;
    state[12] = ss;
    return [vector, errorCode, cpu.readRegister("cr2"), ...state];
  }

  /** eip, eflags, general registers, es cs ss ds fs gs. */
  private state(): number[] {
    const { cpu } = this;
    return [
      cpu.eip,
      cpu.readRegister("eflags"),
      ...registerNames.map((name) => cpu.readRegister(name)),
      ...(["es", "cs", "ss", "ds", "fs", "gs"] as const).map((name) => cpu.readRegister(name)),
    ];
  }

  private prepare(word: (index: number) => number): void {
    const { cpu } = this;
    cpu.reset();
    cpu.instructionCount = 0;
    for (const [name, value] of [
      ["gdtr.base", KERNEL + Physical.GDT],
      ["gdtr.limit", 0x7f],
      ["idtr.base", KERNEL + Physical.IDT],
      ["idtr.limit", 0x7ff],
      ["cr3", Physical.DIRECTORY],
      ["cr4", 0x600],
      ["cr0", CR0],
      ["eflags", word(3)],
      ["eip", word(0)],
    ] as const) {
      cpu.writeRegister(name, value);
    }
    registerNames.forEach((name, i) => cpu.writeRegister(name, word(4 + i)));
    const flat = { base: 0, limit: 0xffffffff };
    cpu.setSegment("cs", { selector: UserSelector.CODE, ...flat, access: 0xc0fb });
    for (const name of ["ss", "ds", "es"] as const)
      cpu.setSegment(name, { selector: UserSelector.DATA, ...flat, access: 0xc0f3 });
    for (const name of ["fs", "gs"] as const) cpu.setSegment(name, { selector: 0, base: 0, limit: 0, access: 0 });
    cpu.setSegment("ldtr", { selector: 0, base: 0, limit: 0, access: 0 });
    cpu.setSegment("tr", { selector: TSS_SELECTOR, base: KERNEL + Physical.TSS, limit: 0x67, access: 0x8b });
    // FNINIT
    const { words } = this.arena;
    words[State.FPU_CONTROL] = 0x37f;
    words[State.FPU_STATUS] = words[State.FPU_TOP] = words[State.FPU_TAGS] = 0;
  }

  /** One request of the stream to one answer. */
  run(request: Uint8Array): number[] {
    const view = new DataView(request.buffer, request.byteOffset, request.length);
    const word = (index: number): number => view.getUint32(4 + index * 4, true);
    const { pristine, pristineWords, arena, cpu } = this;
    const patchCount = word(2);
    const code = request.subarray(4 + (12 + patchCount * 2) * 4);
    const codeAt = word(0) - Window.CODE + Physical.CODE;
    const patchView = new DataView(pristine.buffer);
    for (let i = 0; i < patchCount; i++) patchView.setUint32(toPhysical(word(12 + i * 2)), word(13 + i * 2), true);
    pristine.set(code, codeAt);
    arena.ram8.set(pristine.subarray(Physical.CODE), Physical.CODE);

    this.prepare(word);
    const reason = cpu.run(MAXIMUM_INSTRUCTIONS);
    if (reason !== StopReason.Halt && reason !== StopReason.Limit)
      throw new Error(`user case stopped for reason ${reason}`);
    const answer = reason === StopReason.Halt ? this.ended() : [-1, 0, 0, ...this.state()];

    const changes: number[] = [];
    for (let at = Physical.CODE >> 2; at < Physical.END >> 2; at++) {
      const value = arena.ram32[at] >>> 0;
      if (value !== pristineWords[at]) changes.push(toLinear(at << 2), value);
    }
    for (let i = 0; i < patchCount; i++) this.restorePattern(toPhysical(word(12 + i * 2)) & ~3);
    pristine.fill(0xcc, codeAt, codeAt + code.length);
    return [...answer, changes.length / 2, ...changes];
  }

  private restorePattern(at: number): void {
    const { data, stack } = this.patterns;
    for (const word of [at >> 2, (at >> 2) + 1]) {
      if (word < Physical.READ_ONLY >> 2) this.pristineWords[word] = data[word - (Physical.DATA >> 2)];
      else if (word >= Physical.STACK >> 2 && word < Physical.END >> 2) {
        this.pristineWords[word] = stack[word - (Physical.STACK >> 2)];
      }
    }
  }
}

const toPhysical = (linear: number): number =>
  linear >= Window.STACK ? linear - Window.STACK + Physical.STACK : linear - Window.DATA + Physical.DATA;

const toLinear = (physical: number): number =>
  physical < Physical.DATA
    ? physical - Physical.CODE + Window.CODE
    : physical < Physical.READ_ONLY
      ? physical - Physical.DATA + Window.DATA
      : physical < Physical.STACK
        ? physical - Physical.READ_ONLY + Window.READ_ONLY
        : physical - Physical.STACK + Window.STACK;

let user: EmulatedUser | null = null;

/** Runs all cases on our processor. */
export function runEmulated(cases: readonly UserCase[]): UserResult[] {
  user ??= new EmulatedUser();
  return cases.flatMap((test) => {
    const words = user!.run(encodeCase(test));
    return decodeResults(new Uint8Array(new Uint32Array([words.length * 4, ...words]).buffer));
  });
}
