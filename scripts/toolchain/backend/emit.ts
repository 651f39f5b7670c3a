// Allocated instructions to bytes: prologue, one encoding per instruction, jumps, epilogue, and the bookkeeping the
// debug information is made of.
import type { FrameArea, Location } from "../ir/ir.ts";
import type { Allocation } from "./allocate.ts";
import { at, type CodeRelocation, Encoder, type Label, register, type RegisterOrMemory } from "./encoder.ts";
import {
  Alu,
  Cc,
  forEachUse,
  Instruction,
  isRegister,
  L,
  type MachineBlock,
  type MachineFunction,
  type MemoryOperand,
  type Operand,
  PARAMETER_BASE,
  Reg,
  Shift,
  SLOT_BASE,
  type VirtualOperand,
} from "./lir.ts";
import { destination, isSkipped, orderBlocks } from "./layout.ts";
import { MACHINE } from "./machine.ts";
import { located, sequence } from "./resolve.ts";

export interface LineRow {
  offset: number;
  location: Location;
}

/** A table of code addresses, by offset in the function. */
export interface JumpTable {
  symbol: string;
  targets: number[];
}

/** Stack frame, for call frame information. */
export interface FrameLayout {
  /** Callee-saved registers, pushed in this order below the saved EBP. */
  saved: Reg[];
  /** Offsets behind `push ebp`, behind `mov ebp, esp` and behind each push. */
  afterPush: number;
  afterMove: number;
  afterSave: number[];
  /** Behind the whole prologue. */
  prologueEnd: number;
  /** For each return: offset behind the instruction that restores EBP, and behind the RET. */
  epilogues: { restored: number; end: number }[];
}

export interface EmittedFunction {
  bytes: Uint8Array;
  relocations: CodeRelocation[];
  lines: LineRow[];
  tables: JumpTable[];
  frame: FrameLayout;
  /** Offset of the instruction at each position (index position / 2). */
  addresses: number[];
  /** Offset behind each block. */
  blockEnds: Map<MachineBlock, number>;
  /** Every overwriting of a register or spill slot, by offset of the instruction. */
  writes: { offset: number; location: number }[];
  /** Displacement from EBP of each frame area and spill slot. */
  areaOffsets: number[];
  slotOffset(slot: number): number;
}

const CALLEE_SAVED = [Reg.Ebx, Reg.Esi, Reg.Edi];

export function emit(
  fn: MachineFunction,
  allocation: Allocation,
  areas: readonly FrameArea[],
  locations: readonly Location[],
): EmittedFunction {
  return new Emitter(fn, allocation, areas, locations).run();
}

class Emitter {
  private readonly code = new Encoder();
  private readonly labels = new Map<MachineBlock, Label>();
  private readonly rows: { label: Label; location: number }[] = [];
  private readonly marks: Label[] = [];
  private readonly tables: { symbol: string; targets: MachineBlock[] }[] = [];
  private readonly saved: Reg[];
  private readonly areaOffsets: number[] = [];
  private readonly frameSize: number;
  private readonly epilogues: { restored: Label; end: Label }[] = [];
  private readonly ends = new Map<MachineBlock, Label>();
  private readonly writes: { label: Label; location: number }[] = [];
  private next: MachineBlock | null = null;

  constructor(
    private readonly fn: MachineFunction,
    allocation: Allocation,
    areas: readonly FrameArea[],
    private readonly locations: readonly Location[],
  ) {
    const used = usedRegisters(fn);
    this.saved = CALLEE_SAVED.filter((reg) => used & (1 << reg));
    let below = this.saved.length * 4 + allocation.slots * 4;
    for (const area of areas) {
      below += area.size;
      this.areaOffsets.push(-below);
    }
    this.frameSize = below - this.saved.length * 4;
  }

  private slotOffset(slot: number): number {
    return -(this.saved.length * 4) - 4 * (slot + 1);
  }

  run(): EmittedFunction {
    const { code, fn } = this;
    for (const block of fn.blocks) this.labels.set(block, code.label());
    const prologue = this.prologue();
    const order = orderBlocks(fn);
    const written = order.filter((block) => !isSkipped(block, fn.blocks[0]));
    const following = new Map(written.map((block, i) => [block, written[i + 1] ?? null]));
    for (const block of order) {
      this.next = following.get(block) ?? null;
      if (!following.has(block)) {
        this.skip(block);
        continue;
      }
      code.bind(this.label(block));
      for (const instruction of block.instructions) {
        if (instruction.position >= 0 && !this.marks[instruction.position / 2]) {
          this.marks[instruction.position / 2] = code.here();
        }
        this.row(instruction.location);
        this.noteWrites(instruction);
        this.instruction(block, instruction);
      }
      this.ends.set(block, code.here());
    }
    const { bytes, relocations } = code.finish();
    return {
      bytes,
      relocations,
      lines: this.lines(),
      tables: this.tables.map(({ symbol, targets }) => ({
        symbol,
        targets: targets.map((block) => code.offsetOf(this.target(block))),
      })),
      frame: {
        saved: this.saved,
        afterPush: code.offsetOf(prologue.afterPush),
        afterMove: code.offsetOf(prologue.afterMove),
        afterSave: prologue.afterSave.map((label) => code.offsetOf(label)),
        prologueEnd: code.offsetOf(prologue.end),
        epilogues: this.epilogues.map((e) => ({ restored: code.offsetOf(e.restored), end: code.offsetOf(e.end) })),
      },
      addresses: this.marks.map((label) => code.offsetOf(label)),
      blockEnds: new Map([...this.ends].map(([block, label]) => [block, code.offsetOf(label)])),
      writes: this.writes.map(({ label, location }) => ({ offset: code.offsetOf(label), location })),
      areaOffsets: this.areaOffsets,
      slotOffset: (slot) => this.slotOffset(slot),
    };
  }

  /** A block without code: its positions are where the next code is. */
  private skip(block: MachineBlock): void {
    const here = this.code.here();
    for (const { position } of block.instructions) if (position >= 0) this.marks[position / 2] = here;
    this.ends.set(block, here);
  }

  /** Label a jump to `block` uses. */
  private target(block: MachineBlock): Label {
    return this.label(destination(block));
  }

  private label(block: MachineBlock): Label {
    return this.labels.get(block) as Label;
  }

  private row(location: number): void {
    if (location < 0) return;
    const previous = this.rows[this.rows.length - 1];
    if (previous && previous.location === location) return;
    this.rows.push({ label: this.code.here(), location });
  }

  private noteWrites({ op, dst, dst2, reg, clobbers, a }: Instruction): void {
    const label = this.code.here();
    const note = (location: number): void => {
      this.writes.push({ label, location });
    };
    if (dst) note(dst.location);
    if (dst2) note(dst2.location);
    if (op === L.ToFixed) note(reg);
    if (op === L.Exchange && a?.kind === "virtual") note(a.location);
    for (let r = 0; r < 8; r++) if (clobbers & (1 << r)) note(r);
  }

  private lines(): LineRow[] {
    const rows: LineRow[] = [];
    for (const { label, location } of this.rows) {
      const offset = this.code.offsetOf(label);
      // Of several rows at one address only the last has code.
      if (rows.length > 0 && rows[rows.length - 1].offset === offset) rows.pop();
      rows.push({ offset, location: this.locations[location] });
    }
    return rows;
  }

  // --- frame

  private prologue(): { afterPush: Label; afterMove: Label; afterSave: Label[]; end: Label } {
    const { code } = this;
    code.push(register(Reg.Ebp));
    const afterPush = code.here();
    code.move(Reg.Ebp, register(Reg.Esp));
    const afterMove = code.here();
    const afterSave = this.saved.map((reg) => {
      code.push(register(reg));
      return code.here();
    });
    if (this.frameSize > 0) code.aluImmediate(Alu.Sub, register(Reg.Esp), this.frameSize);
    return { afterPush, afterMove, afterSave, end: code.here() };
  }

  private epilogue(): void {
    const { code, saved } = this;
    if (saved.length > 0) {
      if (this.frameSize > 0) code.lea(Reg.Esp, at(Reg.Ebp, -4 * saved.length));
      for (const reg of [...saved].reverse()) code.pop(register(reg));
      code.pop(register(Reg.Ebp));
    } else if (this.frameSize > 0) code.byte(0xc9);
    else code.pop(register(Reg.Ebp));
    const restored = code.here();
    code.byte(0xc3);
    this.epilogues.push({ restored, end: code.here() });
  }

  // --- operands

  private place(location: number): RegisterOrMemory {
    if (isRegister(location)) return register(location);
    if (location >= PARAMETER_BASE) return at(Reg.Ebp, 8 + 4 * (location - PARAMETER_BASE));
    if (location >= SLOT_BASE) return at(Reg.Ebp, this.slotOffset(location - SLOT_BASE));
    throw new Error(`operand without a place in ${this.fn.name}`);
  }

  private memory(operand: MemoryOperand): RegisterOrMemory {
    const { index, scale, symbol } = operand;
    const area = operand.area >= 0;
    return {
      base: area ? Reg.Ebp : operand.base ? this.reg(operand.base) : -1,
      index: index ? this.reg(index) : -1,
      scale,
      displacement: operand.displacement + (area ? this.areaOffsets[operand.area] : 0),
      symbol,
    };
  }

  private reg(operand: Operand | null): number {
    if (operand?.kind !== "virtual" || !isRegister(operand.location)) {
      throw new Error(`operand is not in a register in ${this.fn.name}`);
    }
    return operand.location;
  }

  /** A virtual register or memory operand. */
  private rm(operand: Operand | null): RegisterOrMemory {
    if (operand?.kind === "memory") return this.memory(operand);
    if (operand?.kind === "virtual") return this.place(operand.location);
    throw new Error(`operand is an immediate in ${this.fn.name}`);
  }

  /** reg <- operand */
  private moveTo(reg: number, operand: Operand | null, keepsFlags: boolean): void {
    if (operand?.kind === "immediate") this.code.moveImmediate(reg, operand.value, operand.symbol, keepsFlags);
    else this.code.move(reg, this.rm(operand));
  }

  private copy(dst: VirtualOperand, a: Operand | null, keepsFlags: boolean): void {
    const { code } = this;
    if (isRegister(dst.location)) return this.moveTo(dst.location, a, keepsFlags);
    const to = this.place(dst.location);
    if (a?.kind === "immediate") return code.storeImmediate(to, a.value, a.symbol, 4);
    const from = this.rm(a);
    if ("reg" in from) code.store(to, from.reg, 4);
    else {
      code.push(from);
      code.pop(to);
    }
  }

  // --- instructions

  private instruction(block: MachineBlock, i: Instruction): void {
    const { code } = this;
    switch (i.op) {
      case L.DebugSet:
        return;
      case L.Move:
        return this.copy(i.dst as VirtualOperand, i.a, i.keepsFlags);
      case L.Exchange:
        return code.op([0x87], this.reg(i.dst), register(this.reg(i.a)));
      case L.Lea:
        return code.lea(this.reg(i.dst), this.rm(i.a));
      case L.Load:
        return code.load(this.reg(i.dst), this.rm(i.a), i.size, i.signed);
      case L.Store:
        if (i.b?.kind === "immediate") return code.storeImmediate(this.rm(i.a), i.b.value, i.b.symbol, i.size);
        return code.store(this.rm(i.a), this.reg(i.b), i.size);
      case L.Alu:
        return this.alu(i);
      case L.AluMemory:
        return this.aluMemory(i);
      case L.Shift:
        return this.shift(i);
      case L.Neg:
      case L.Not: {
        const dst = this.reg(i.dst);
        this.moveTo(dst, i.a, false);
        return code.op([0xf7], i.op === L.Neg ? 3 : 2, register(dst));
      }
      case L.Compare:
        return this.compare(i);
      case L.Test:
        return this.test(i);
      case L.SetCc: {
        const dst = this.reg(i.dst);
        code.op([0x0f, 0x90 | i.cc], 0, register(dst));
        return code.op([0x0f, 0xb6], dst, register(dst));
      }
      case L.SelectCc:
        return this.select(i);
      case L.Extend:
        return code.load(this.reg(i.dst), this.rm(i.a), i.size, i.signed);
      case L.ToFixed:
        return this.moveTo(i.reg, i.a, false);
      case L.FromFixed:
        return this.copy(i.dst as VirtualOperand, located(i.reg), false);
      case L.Machine:
        return this.machine(i);
      case L.Push:
        if (i.a?.kind === "immediate") return code.pushImmediate(i.a.value, i.a.symbol);
        return code.push(this.rm(i.a));
      case L.PopTo:
        return code.pop(this.rm(i.dst));
      case L.Pop:
        return code.aluImmediate(Alu.Add, register(Reg.Esp), i.imm);
      case L.Call:
        return code.call(i.symbol);
      case L.CallIndirect:
        return code.op([0xff], 2, this.rm(i.a));
      case L.Shift64:
        return this.shift64(i);
      case L.Clz:
      case L.Ctz:
        return this.scan(i);
      case L.Param: {
        const dst = (i.dst as VirtualOperand).location;
        if (isRegister(dst)) code.move(dst, at(Reg.Ebp, 8 + 4 * i.imm));
        return;
      }
      case L.Jump:
        if (destination(block.successors[0]) !== this.next) code.jump(-1, this.target(block.successors[0]));
        return;
      case L.JumpIf:
        return this.jumpIf(block, i.cc);
      case L.JumpTable:
        return this.jumpTable(block, i);
      case L.Return:
        return this.epilogue();
      case L.Trap:
        return code.byte(0x0f, 0x0b);
    }
  }

  private alu(i: Instruction): void {
    const { code } = this;
    const dst = this.reg(i.dst);
    const { a, b } = i;
    if (i.alu === Alu.Imul && b?.kind === "immediate") return code.multiplyImmediate(dst, this.rm(a), b.value);
    const commutative = i.alu !== Alu.Sub && i.alu !== Alu.Sbb;
    if (commutative && b?.kind === "virtual" && b.location === dst && a?.kind !== "immediate") {
      return code.alu(i.alu, dst, this.rm(a));
    }
    if (i.alu === Alu.Add && !i.keepsFlags && a?.kind === "virtual" && isRegister(a.location) && a.location !== dst) {
      if (b?.kind === "immediate") {
        return code.lea(dst, { base: a.location, index: -1, scale: 1, displacement: b.value, symbol: b.symbol });
      }
      if (b?.kind === "virtual" && isRegister(b.location)) {
        return code.lea(dst, { base: a.location, index: b.location, scale: 1, displacement: 0, symbol: "" });
      }
    }
    this.moveTo(dst, a, i.keepsFlags);
    if (b?.kind === "immediate") this.aluConstant(i, register(dst), b.value, b.symbol);
    else code.alu(i.alu, dst, this.rm(b));
  }

  private aluConstant(i: Instruction, operand: RegisterOrMemory, value: number, symbol: string): void {
    const { code } = this;
    if (!symbol && !i.keepsFlags && "reg" in operand && i.alu === Alu.Add && (value === 1 || value === -1)) {
      return code.byte((value === 1 ? 0x40 : 0x48) | operand.reg);
    }
    // -128 has a short form that +128 lacks.
    if (!symbol && !i.keepsFlags && i.alu === Alu.Add && value === 128) {
      return code.aluImmediate(Alu.Sub, operand, -128);
    }
    code.aluImmediate(i.alu, operand, value, symbol);
  }

  private aluMemory(i: Instruction): void {
    const { code } = this;
    const { b } = i;
    const memory = this.rm(i.a);
    if (b?.kind !== "immediate") return code.aluTo(i.alu, memory, this.reg(b), i.size);
    if (!b.symbol && i.alu === Alu.Add && (b.value === 1 || b.value === -1)) {
      if (i.size === 2) code.byte(0x66);
      return code.op([i.size === 1 ? 0xfe : 0xff], b.value === 1 ? 0 : 1, memory);
    }
    code.aluImmediate(i.alu, memory, b.value, b.symbol, i.size);
  }

  private shift(i: Instruction): void {
    const { code } = this;
    const dst = this.reg(i.dst);
    const { a, b } = i;
    this.moveTo(dst, a, false);
    if (b?.kind === "immediate") code.shiftImmediate(i.shift, register(dst), b.value);
    else code.op([0xd3], i.shift, register(dst));
  }

  private compare(i: Instruction): void {
    const { code } = this;
    const { a, b, size } = i;
    const left = this.rm(a);
    if (b?.kind === "immediate") {
      if (b.value === 0 && !b.symbol && "reg" in left) return code.op([0x85], left.reg, left);
      return code.aluImmediate(Alu.Cmp, left, b.value, b.symbol, size);
    }
    const right = this.rm(b);
    if ("reg" in left) code.alu(Alu.Cmp, left.reg, right);
    else code.aluTo(Alu.Cmp, left, this.reg(b), size);
  }

  private test(i: Instruction): void {
    const { code } = this;
    if (!i.b) {
      const reg = this.reg(i.a);
      return code.op([0x85], reg, register(reg));
    }
    if (i.b.kind === "immediate") return code.testImmediate(this.rm(i.a), i.b.value, i.size);
    code.op([0x85], this.reg(i.b), this.rm(i.a));
  }

  private select(i: Instruction): void {
    const { code } = this;
    const dst = this.reg(i.dst);
    const skip = code.label();
    this.moveTo(dst, i.a, true);
    code.jump(i.cc, skip);
    this.moveTo(dst, i.b, true);
    code.bind(skip);
  }

  private machine(i: Instruction): void {
    const { code } = this;
    const cdq = 0x99;
    switch (i.symbol) {
      case "mul":
        return code.op([0xf7], 4, this.rm(i.a));
      case "div":
        code.byte(0x31, 0xd2);
        return code.op([0xf7], 6, this.rm(i.a));
      case "idiv":
        code.byte(cdq);
        return code.op([0xf7], 7, this.rm(i.a));
      case "rem": {
        const divide = code.label();
        const done = code.label();
        code.aluImmediate(Alu.Cmp, this.rm(i.a), -1);
        code.jump(Cc.NotEqual, divide);
        code.byte(0x31, 0xd2);
        code.jump(-1, done);
        code.bind(divide);
        code.byte(cdq);
        code.op([0xf7], 7, this.rm(i.a));
        return code.bind(done);
      }
      default:
        code.byte(...MACHINE[i.symbol].bytes);
    }
  }

  /** 64-bit shift by CL; counts of 32 and more need a second step. */
  private shift64(i: Instruction): void {
    const { code } = this;
    const low = this.reg(i.dst);
    const high = this.reg(i.dst2);
    const copies = [
      { to: low, from: this.source(i.a) },
      { to: high, from: this.source(i.b) },
    ];
    for (const copy of sequence(copies, i.location)) this.instruction(this.fn.blocks[0], copy);
    const done = code.label();
    if (i.shift === Shift.Shl) {
      code.op([0x0f, 0xa5], low, register(high));
      code.op([0xd3], Shift.Shl, register(low));
    } else {
      code.op([0x0f, 0xad], high, register(low));
      code.op([0xd3], i.shift, register(high));
    }
    code.testImmediate(register(Reg.Ecx), 32, 1);
    code.jump(Cc.Equal, done);
    if (i.shift === Shift.Shl) {
      code.move(high, register(low));
      code.moveImmediate(low, 0, "", false);
    } else {
      code.move(low, register(high));
      if (i.shift === Shift.Shr) code.moveImmediate(high, 0, "", false);
      else code.shiftImmediate(Shift.Sar, register(high), 31);
    }
    code.bind(done);
  }

  private source(operand: Operand | null): Parameters<typeof sequence>[0][number]["from"] {
    if (operand?.kind === "virtual") return operand.location;
    if (operand?.kind === "immediate") return operand;
    throw new Error("operand of a 64-bit shift");
  }

  /** Count of zero bits; BSR and BSF leave the register alone when there is no bit. */
  private scan(i: Instruction): void {
    const { code } = this;
    const dst = this.reg(i.dst);
    const found = code.label();
    code.op([0x0f, i.op === L.Clz ? 0xbd : 0xbc], dst, this.rm(i.a));
    code.jump(Cc.NotEqual, found);
    code.moveImmediate(dst, i.op === L.Clz ? 63 : 32, "", true);
    code.bind(found);
    if (i.op === L.Clz) code.aluImmediate(Alu.Xor, register(dst), 31);
  }

  // --- jumps

  private jumpIf(block: MachineBlock, cc: Cc): void {
    const [taken, otherwise] = block.successors.map(destination);
    if (taken === otherwise) {
      if (taken !== this.next) this.code.jump(-1, this.label(taken));
    } else if (taken === this.next) this.code.jump((cc ^ 1) as Cc, this.label(otherwise));
    else {
      this.code.jump(cc, this.label(taken));
      if (otherwise !== this.next) this.code.jump(-1, this.label(otherwise));
    }
  }

  private jumpTable(block: MachineBlock, i: Instruction): void {
    const { code } = this;
    const index = this.reg(i.a);
    const targets = block.successors.slice(0, -1).map(destination);
    const fallback = destination(block.successors[block.successors.length - 1]);
    if (targets.length <= 3) {
      targets.forEach((target, k) => {
        code.aluImmediate(Alu.Cmp, register(index), k);
        code.jump(Cc.Equal, this.label(target));
      });
      if (fallback !== this.next) code.jump(-1, this.label(fallback));
      return;
    }
    code.aluImmediate(Alu.Cmp, register(index), targets.length);
    code.jump(Cc.AboveEqual, this.label(fallback));
    const symbol = `t:${this.fn.name}.${this.tables.length}`;
    this.tables.push({ symbol, targets });
    code.op([0xff], 4, { base: -1, index, scale: 4, displacement: 0, symbol });
  }
}

function usedRegisters(fn: MachineFunction): number {
  let used = 0;
  const use = (operand: VirtualOperand | null): void => {
    if (operand && isRegister(operand.location)) used |= 1 << operand.location;
  };
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) {
      use(instruction.dst);
      use(instruction.dst2);
      forEachUse(instruction, use);
      used |= instruction.clobbers;
      if (instruction.op === L.ToFixed) used |= 1 << instruction.reg;
    }
  }
  return used;
}
