// After allocation: writes locations into operands and puts in the moves that connect the pieces of split intervals,
// give phis their values and store spilled values.
import type { Allocation } from "./allocate.ts";
import {
  forEachOperand,
  type ImmediateOperand,
  Instruction,
  isRegister,
  L,
  type MachineBlock,
  type MachineFunction,
  type Operand,
  PARAMETER_BASE,
  type VirtualOperand,
} from "./lir.ts";
import type { Interval } from "./liveness.ts";

/** One of several copies that happen at the same time. */
interface Copy {
  to: number;
  /** A location, or an immediate. */
  from: number | ImmediateOperand;
}

export function located(location: number): VirtualOperand {
  return { kind: "virtual", id: -1, mask: 0, late: false, location };
}

export function resolveLocations(fn: MachineFunction, allocation: Allocation): void {
  new Resolver(fn, allocation).run();
}

class Resolver {
  constructor(
    private readonly fn: MachineFunction,
    private readonly allocation: Allocation,
  ) {}

  run(): void {
    const before = this.movesWithinBlocks();
    const atStart = new Map<MachineBlock, Copy[]>();
    const atEnd = new Map<MachineBlock, Copy[]>();
    for (const block of this.fn.blocks) this.connect(block, atStart, atEnd);
    for (const block of this.fn.blocks) this.rewrite(block, before, atStart.get(block), atEnd.get(block));
  }

  private piece(id: number, position: number): Interval | null {
    const pieces = this.allocation.pieces[id];
    for (const piece of pieces) if (position < piece.end && position >= piece.start) return piece;
    return null;
  }

  private locationAt(id: number, position: number): number {
    const piece = this.piece(id, position);
    if (!piece) throw new Error(`v${id} has no place at ${position} in ${this.fn.name}`);
    return piece.location;
  }

  /** Copies where a piece follows another in the middle of a block, by position. */
  private movesWithinBlocks(): Map<number, Copy[]> {
    const starts = new Set(this.fn.blocks.map((block) => block.from));
    const moves = new Map<number, Copy[]>();
    for (const pieces of this.allocation.pieces) {
      for (let i = 1; i < pieces.length; i++) {
        const [previous, next] = [pieces[i - 1], pieces[i]];
        if (previous.end !== next.start || previous.location === next.location) continue;
        if (!isRegister(next.location) || starts.has(next.start)) continue;
        const list = moves.get(next.start) ?? [];
        list.push({ to: next.location, from: previous.location });
        moves.set(next.start, list);
      }
    }
    return moves;
  }

  /** Copies on the edges into `block`. */
  private connect(block: MachineBlock, atStart: Map<MachineBlock, Copy[]>, atEnd: Map<MachineBlock, Copy[]>): void {
    block.predecessors.forEach((predecessor, k) => {
      // Several cases of one switch: one edge as far as moves are concerned.
      if (block.predecessors.indexOf(predecessor) < k) return;
      const copies: Copy[] = [];
      for (const id of block.liveIn) {
        const to = this.locationAt(id, block.from);
        const from = this.locationAt(id, predecessor.to - 1);
        // A memory location has been written where the value was defined.
        if (to !== from && isRegister(to)) copies.push({ to, from });
      }
      for (const phi of block.phis) {
        const piece = this.piece(phi.dst, block.from);
        if (!piece) continue;
        const arg = phi.args[k];
        const from = arg.kind === "virtual" ? this.locationAt(arg.id, predecessor.to - 1) : arg;
        if (from !== piece.location) copies.push({ to: piece.location, from });
        const memory = this.allocation.memory[phi.dst];
        if (memory >= 0 && memory !== piece.location && memory !== from) copies.push({ to: memory, from });
      }
      if (copies.length === 0) return;
      if (predecessor.successors.length === 1) append(atEnd, predecessor, copies);
      else append(atStart, block, copies);
    });
  }

  private rewrite(
    block: MachineBlock,
    before: Map<number, Copy[]>,
    atStart: Copy[] | undefined,
    atEnd: Copy[] | undefined,
  ): void {
    const output: Instruction[] = [];
    const location = block.instructions[0]?.location ?? -1;
    if (atStart) output.push(...sequence(atStart, location, false));
    const last = block.instructions.length - 1;
    block.instructions.forEach((instruction, i) => {
      const { position } = instruction;
      const moves = before.get(position);
      if (moves) output.push(...sequence(moves, instruction.location));
      if (i === last && atEnd) output.push(...sequence(atEnd, instruction.location, false));
      this.assign(instruction);
      output.push(instruction);
      this.storeSpilled(instruction, output);
    });
    block.instructions = output;
    if (block.slotsIn) {
      for (const operand of block.slotsIn) if (operand?.kind === "virtual") this.assignDebug(operand, block.from);
    }
  }

  private assign(instruction: Instruction): void {
    const { position } = instruction;
    if (instruction.op === L.DebugSet) {
      for (const operand of [instruction.a, instruction.b]) {
        if (operand?.kind === "virtual") this.assignDebug(operand, position);
      }
      return;
    }
    const place = (operand: VirtualOperand): void => {
      operand.location = this.locationAt(operand.id, operand.late ? position + 1 : position);
    };
    const visit = (operand: Operand | null): void => forEachOperand(operand, place);
    visit(instruction.a);
    visit(instruction.b);
    for (const dst of [instruction.dst, instruction.dst2]) {
      if (dst) dst.location = this.locationAt(dst.id, position + 1);
    }
  }

  /** A variable is shown where its value happens to be; see the location lists. */
  private assignDebug(operand: VirtualOperand, position: number): void {
    operand.location = this.piece(operand.id, position)?.location ?? -1;
  }

  private storeSpilled(instruction: Instruction, output: Instruction[]): void {
    for (const dst of [instruction.dst, instruction.dst2]) {
      if (!dst) continue;
      const memory = this.allocation.memory[dst.id];
      if (memory < 0 || memory >= PARAMETER_BASE || memory === dst.location) continue;
      output.push(copyInstruction({ to: memory, from: dst.location }, instruction.location));
    }
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, values: V[]): void {
  const list = map.get(key);
  if (list) list.push(...values);
  else map.set(key, [...values]);
}

function copyInstruction(copy: Copy, location: number, keepsFlags = true): Instruction {
  const move = new Instruction(L.Move);
  move.dst = located(copy.to);
  move.a = typeof copy.from === "number" ? located(copy.from) : copy.from;
  move.location = location;
  move.keepsFlags = keepsFlags;
  return move;
}

/**
 * Puts simultaneous copies into an order that overwrites nothing still needed; cycles go over the stack. Within a block
 * the flags must survive (a copy may come between a comparison and its jump); between blocks nobody looks at them.
 */
export function sequence(copies: Copy[], location: number, keepsFlags = true): Instruction[] {
  const output: Instruction[] = [];
  const pending = copies.filter((copy) => copy.to !== copy.from);
  while (pending.length > 0) {
    const free = pending.findIndex((copy) => !pending.some((other) => other !== copy && other.from === copy.to));
    if (free >= 0) {
      output.push(copyInstruction(pending[free], location, keepsFlags));
      pending.splice(free, 1);
      continue;
    }
    // Every target is still read: break one cycle by exchanging, or through the stack if memory takes part.
    const [copy] = pending;
    const from = copy.from as number;
    pending.shift();
    if (isRegister(copy.to) && isRegister(from)) {
      const exchange = new Instruction(L.Exchange);
      exchange.dst = located(copy.to);
      exchange.a = located(from);
      exchange.location = location;
      output.push(exchange);
      for (const other of pending) {
        if (other.from === copy.to) other.from = from;
        else if (other.from === from) other.from = copy.to;
      }
    } else {
      // Break the cycle at `copy`: its source waits on the stack while the rest of the cycle moves up.
      const rest = chain(pending, copy);
      const push = new Instruction(L.Push);
      push.a = located(from);
      push.location = location;
      output.push(push, ...rest.map((other) => copyInstruction(other, location, keepsFlags)));
      const pop = new Instruction(L.PopTo);
      pop.dst = located(copy.to);
      pop.location = location;
      output.push(pop);
    }
    for (let i = pending.length - 1; i >= 0; i--) if (pending[i].to === pending[i].from) pending.splice(i, 1);
  }
  return output;
}

/** The copies of the cycle `copy` was part of, in an order that works once its source is saved; removes them. */
function chain(pending: Copy[], copy: Copy): Copy[] {
  const result: Copy[] = [];
  let hole = copy.from;
  for (;;) {
    const i = pending.findIndex((other) => other.to === hole);
    if (i < 0) return result;
    const [next] = pending.splice(i, 1);
    result.push(next);
    hole = next.from;
  }
}
