/** Random user-mode cases for every form of the assembler's instruction table: operands, registers, memory, prefixes. */
import { type Form, Place, type Slot } from "../../scripts/toolchain/assembler/forms.ts";
import { instructions } from "../../scripts/toolchain/assembler/instructions/index.ts";
import { integerRows } from "../../scripts/toolchain/assembler/instructions/integer.ts";
import { systemRows } from "../../scripts/toolchain/assembler/instructions/system.ts";
import { Kind } from "../../scripts/toolchain/assembler/operands.ts";
import {
  type GeneralName,
  registerNames,
  type UserCase,
  type UserResult,
  UserSelector,
  Window,
} from "../support/driver.ts";

/** xorshift32: the same cases on every host. */
export class Random {
  constructor(private state: number) {}

  bits(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.state = x) >>> 0;
  }

  below(limit: number): number {
    return this.bits() % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }
}

/**
 * What cannot be compared: what tells processors apart (cpuid, rdtsc), what Linux answers itself (int 80h, sysenter, the
 * instructions that UMIP stops), what depends on its descriptor tables, and what the emulated processor does not have.
 */
const incomparable =
  /^(cpuid|rdtsc|rdpmc|rdmsr|wrmsr|sysenter|sysexit|sldt|str|smsw|sgdt|sidt|lar|lsl|verr|verw|iret|iretw|iretd|loadall|loadall286|umov|ud0|ud1|ud2b|salc|rsm|fxsave|fxrstor)$/;

const rowNames = new Set(
  [...integerRows, ...systemRows].flatMap((row) =>
    row
      .split(" ", 1)[0]
      .split("/")
      .map((name) => name.toLowerCase()),
  ),
);
const isInteger = (name: string): boolean => rowNames.has(name) || /^(j|set|cmov)[a-z]+$/.test(name);

/** One form for each distinct encoding: aliases and what the x87 and SSE tests cover are left out. */
export function comparableForms(): Form[] {
  const seen = new Set<string>();
  const forms: Form[] = [];
  for (const [name, list] of instructions) {
    if (!isInteger(name) || incomparable.test(name)) continue;
    for (const form of list) {
      const xmm = form.slots.some((s) => (s.mask & (Kind.XmmReg | Kind.MmxReg)) !== 0);
      const far = form.slots.some(
        (s) => (s.mask & (Kind.FarPointer | Kind.MemFar16 | Kind.MemFar32 | Kind.MemFarUnsized)) !== 0,
      );
      // PUSH of a segment register writes 16 or 32 bits, as the model pleases (SDM vol. 2, PUSH).
      const pushesSegment = name === "push" && form.slots[0].place === Place.Fixed;
      const key = form.row.slice(form.row.indexOf(" "));
      if (xmm || far || pushesSegment || seen.has(key)) continue;
      seen.add(key);
      forms.push(form);
    }
  }
  return forms;
}

const edges = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]; // prettier-ignore
const value = (random: Random): number => (random.chance(2) ? random.pick(edges) : random.bits());

const { DATA, DATA_SIZE, READ_ONLY, STACK, STACK_SIZE } = Window;

/** A place to point at: mostly in DATA, sometimes at its end, in a page that is not there, or read-only. */
function place(random: Random): number {
  switch (random.below(16)) {
    case 0:
      return DATA + DATA_SIZE - random.below(16);
    case 1:
      return READ_ONLY + random.below(64);
    case 2:
      return DATA - random.below(8);
    case 3:
      return DATA + 0x1000 - random.below(16);
    default:
      return DATA + 64 + random.below(DATA_SIZE - 256);
  }
}

const register8 = ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"];
const register16 = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
const sizeWords: Record<number, string> = { 1: "byte ", 2: "word ", 4: "dword ", 8: "qword " };

/** `[...]` with registers set so that it points somewhere of interest. */
function memoryOperand(random: Random, registers: Record<GeneralName, number>): string {
  const target = place(random);
  const segment = random.chance(12) ? random.pick(["es:", "ds:", "ss:", "cs:", "fs:", "gs:"]) : "";
  const displacement = random.pick([0, 1, -1, 127, -128, 0x1000, -0x12345678]);
  const text = displacement < 0 ? `-${-displacement}` : `+${displacement}`;
  if (random.chance(24)) return `[${segment}${random.pick(["bx+si", "bp+di", "si+5", "bp-3", "bx+0x1234"])}]`;
  const base = random.pick(registerNames);
  if (base === "esp" || random.chance(5)) return `[${segment}${target}]`;
  const index = random.pick(registerNames);
  if (random.chance(2) || index === "esp" || index === base) {
    registers[base] = (target - displacement) >>> 0;
    return `[${segment}${base}${text}]`;
  }
  const scale = random.pick([1, 2, 4, 8]);
  registers[base] = (target - displacement - Math.imul(registers[index], scale)) >>> 0;
  return `[${segment}${base}+${index}*${scale}${text}]`;
}

function operandText(random: Random, slot: Slot, form: Form, registers: Record<GeneralName, number>): string {
  if (slot.fixed >= 0 || slot.constant >= 0) return slot.text;
  if (slot.place === Place.Rel) return `$${random.pick(["+2", "+5", "-10", "+100", "-100", "+60"])}`;
  if (slot.mask === Kind.Immediate) {
    if (form.name === "int") return String(random.pick([0, 1, 3, 4, 5, 13, 14, 0x20, 0x21, 0x81, 0xff]));
    if (form.name === "enter") return String(slot.width === 1 ? random.below(40) : random.pick([0, 1, 8, 256, 0x7fff]));
    const bits = slot.signExtended || slot.width === 1 ? 8 : slot.width * 8;
    const n = random.chance(2) ? random.pick([0, 1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 127]) : random.bits();
    return String(bits === 8 ? (n << 24) >> 24 : bits === 16 ? n & 0xffff : n);
  }
  const choices: (() => string)[] = [];
  if (slot.mask & Kind.Reg8) choices.push(() => random.pick(register8));
  if (slot.mask & Kind.Reg16) choices.push(() => random.pick(register16));
  if (slot.mask & Kind.Reg32) choices.push(() => random.pick(registerNames));
  if (slot.mask & Kind.SegmentReg) choices.push(() => random.pick(["es", "ds", "fs", "gs", "ss"]));
  if (slot.mask & Kind.ControlReg) choices.push(() => random.pick(["cr0", "cr2", "cr3", "cr4"]));
  if (slot.mask & Kind.DebugReg) choices.push(() => random.pick(["dr0", "dr6", "dr7"]));
  if (slot.mask & Kind.TestReg) choices.push(() => random.pick(["tr6", "tr7"]));
  if (slot.mask & Kind.AnyMem) {
    const size = slot.memorySize ? sizeWords[slot.memorySize] : "";
    const text = (): string =>
      slot.place === Place.Moffs ? `[${place(random)}]` : size + memoryOperand(random, registers);
    choices.push(text, text);
  }
  return random.pick(choices)();
}

const strings = /^(movs|cmps|stos|lods|scas|ins|outs)[bwd]$/;
const lockable = /^(add|or|adc|sbb|and|sub|xor|inc|dec|not|neg|bts|btr|btc|xchg|xadd|cmpxchg|cmpxchg8b)$/;
const testable = /^(cmp|test|bt|mov)$/;

/** A random case of the form. */
export function randomCase(random: Random, form: Form): UserCase {
  const registers = Object.fromEntries(registerNames.map((name) => [name, value(random)])) as Record<
    GeneralName,
    number
  >;
  registers.esp = random.chance(10)
    ? STACK + random.pick([0, 2, 4, 16, STACK_SIZE - 4, STACK_SIZE - 2, STACK_SIZE])
    : STACK + 0x800 + 4 * random.below(64);
  // What a PUSHA or POPA that faults in the middle leaves behind differs (ours leaves nothing), and so does which word
  // RETF reads first.
  if (/^(push|pop)a|^retf/.test(form.name)) registers.esp = STACK + 0x800;
  if (random.chance(2)) registers.ebp = STACK + 0x800 + 4 * random.below(64);
  const code: string[] = [];
  if (strings.test(form.name)) {
    registers.esi = place(random);
    registers.edi = place(random);
    registers.ecx = random.chance(8) ? random.bits() : random.below(40);
    if (random.chance(2)) code.push(random.pick(["rep", "repne"]));
    if (random.chance(10)) code.push(random.pick(["fs", "es", "cs"]));
    if (random.chance(20)) code.push("a16");
  }
  if (/^xlat/.test(form.name)) registers.ebx = place(random);
  if (/^(loop|jc|je)/.test(form.name) && random.chance(2)) registers.ecx = random.pick([0, 1, 0x10000, 0x10001]);
  const operands = form.slots.map((slot) => operandText(random, slot, form, registers));
  // Not into the stack's random bytes.
  if (/^(jmp|call)$/.test(form.name) && /[sb]p$/.test(operands[0])) operands[0] = operands[0].replace(/[sb]p/, "ax");
  const memoryFirst = operands[0]?.includes("[");
  if (lockable.test(form.name) ? memoryFirst && random.chance(6) : testable.test(form.name) && random.chance(30)) {
    code.push("lock");
  }
  if (/^shl|^shr|^sa|^r[oc]/.test(form.name) && operands.includes("cl"))
    registers.ecx = (registers.ecx & ~0x1f) | random.below(32);
  code.push(`${form.name} ${operands.join(", ")}`);
  const memory = random.chance(2)
    ? [0, 1, 2, 3].map(() => ({ address: DATA + 64 + random.below(DATA_SIZE - 256), value: value(random) }))
    : [];
  // CF PF AF ZF SF OF, now and then DF
  const eflags = (random.bits() & 0x8d5) | (random.chance(8) ? 0x400 : 0);
  return { code: code.join(" "), registers, memory, eflags };
}

/**
 * True where the host's own address space or descriptor table shows through: a jump that found the harness or the vDSO
 * behind a random address, or a random selector that names one of the host's segments.
 */
export function touchesHost(native: UserResult, emulated: UserResult): boolean {
  const ownSelector = (selector: number): boolean =>
    (selector & 0xfffc) !== 0 &&
    (selector & 4) === 0 &&
    selector < 0x80 &&
    selector !== UserSelector.CODE &&
    selector !== UserSelector.DATA;
  if (native.segments.some(ownSelector)) return true;
  // Ours faults at the target of the jump; the host went on from there.
  const jumped = emulated.vector === 14 && emulated.cr2 === emulated.eip;
  return jumped && (native.vector !== 14 || native.cr2 !== emulated.cr2);
}

const CF = 1;
const PF = 4;
const AF = 0x10;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;

/** Flags that the manual leaves undefined (SDM vol. 1 appendix A, and the instructions' pages in vol. 2). */
export function undefinedFlags(name: string, code: string): number {
  const byOne = /, 1$/.test(code);
  switch (name) {
    case "and":
    case "or":
    case "xor":
    case "test":
      return AF;
    case "shl":
    case "shr":
    case "sar":
      // a count beyond the operand's width leaves CF undefined too
      return byOne ? AF : AF | OF | (/\b(byte|word|[abcd][lhx]|[sb]p|[sd]i)\b/.test(code) ? CF : 0);
    case "shld":
    case "shrd":
      return AF | OF | (/\bo?16|word|\b[abcd]x\b|\b[sb]p\b|\b[sd]i\b/.test(code) ? CF | PF | ZF | SF : 0);
    case "rol":
    case "ror":
    case "rcl":
    case "rcr":
      return byOne ? 0 : OF;
    case "mul":
    case "imul":
      return SF | ZF | AF | PF;
    case "div":
    case "idiv":
      return CF | OF | SF | ZF | AF | PF;
    case "bsf":
    case "bsr":
      return CF | OF | SF | AF | PF;
    case "bt":
    case "bts":
    case "btr":
    case "btc":
      return OF | SF | AF | PF;
    case "daa":
    case "das":
      return OF;
    case "aaa":
    case "aas":
      return OF | SF | ZF | PF;
    case "aam":
    case "aad":
      return OF | AF | CF;
    default:
      return 0;
  }
}
