// Clean-up of a freshly built function: phis that merge nothing, constants that became known, code without effect.
// Loads and stores are left alone: each happens as often and in the order the source says.
import { extend, foldBinary, isConst, type Maker } from "./fold.ts";
import {
  Block,
  countUses,
  type IrFunction,
  isComparison,
  isPure,
  Op,
  removePredecessor,
  renumber,
  resolve,
  terminatorUses,
  Value,
} from "./ir.ts";
import { threadBranches } from "./thread.ts";

export function optimize(fn: IrFunction): void {
  renumber(fn);
  for (let round = 0; round < 4; round++) {
    removeTrivialPhis(fn);
    const folded = new Folder(fn).run();
    const pruned = simplifyBranches(fn);
    const threaded = threadBranches(fn);
    if (!folded && !pruned && !threaded) break;
  }
  removeTrivialPhis(fn);
  shareWithinBlocks(fn);
  removeDead(fn);
  mergeChains(fn);
  skipEmptyBlocks(fn);
  splitCriticalEdges(fn);
  renumber(fn);
  countUses(fn);
}

/** In place: arrays that two values share get the same result for both. */
function resolveAll(values: Value[]): void {
  for (let i = 0; i < values.length; i++) if (values[i].replacement) values[i] = resolve(values[i]);
}

function resolveArguments(fn: IrFunction): void {
  for (const block of fn.blocks) {
    for (const phi of block.phis) resolveAll(phi.args);
    for (const value of block.values) resolveAll(value.args);
    const t = block.terminator;
    if (t?.kind === "branch") t.condition = resolve(t.condition);
    else if (t?.kind === "switch") t.index = resolve(t.index);
    else if (t?.kind === "return") resolveAll(t.values);
  }
}

/** Phis all of whose arguments are one value (or the phi itself) are that value. */
export function removeTrivialPhis(fn: IrFunction): void {
  let changed = true;
  while (changed) {
    changed = false;
    for (const block of fn.blocks) {
      block.phis = block.phis.filter((phi) => {
        let only: Value | null = null;
        for (const arg of phi.args) {
          const value = resolve(arg);
          if (value === phi || value === only) continue;
          if (only) return true;
          only = value;
        }
        if (!only) return true;
        phi.replacement = only;
        changed = true;
        return false;
      });
    }
  }
  resolveArguments(fn);
}

/** Folds every value again, now that its arguments are final. */
class Folder implements Maker {
  private readonly constants = new Map<number, Value>();
  private readonly entry: Block;
  private output: Value[] = [];
  private current: Block;
  private location = -1;
  private changed = false;

  constructor(private readonly fn: IrFunction) {
    this.entry = fn.blocks[0];
    this.current = this.entry;
  }

  run(): boolean {
    for (const block of this.fn.blocks) {
      this.current = block;
      this.output = [];
      for (const value of block.values) {
        resolveAll(value.args);
        this.location = value.location;
        const simpler = value.op < Op.Param || value.op <= Op.RemU ? this.fold(value) : null;
        if (simpler && simpler !== value) {
          value.replacement = simpler;
          this.changed = true;
        } else this.output.push(value);
      }
      block.values = this.output;
      this.foldCondition(block);
    }
    resolveArguments(this.fn);
    return this.changed;
  }

  private fold(value: Value): Value | null {
    const [a, b] = value.args;
    if ((value.op >= Op.Add && value.op <= Op.GeU) || (value.op >= Op.DivS && value.op <= Op.RemU)) {
      return foldBinary(this, value.op, a, b);
    }
    if (value.op === Op.Extend8 || value.op === Op.Extend16) {
      const result = isConst(a) || a.op === Op.Load ? extend(this, value.op, a) : null;
      return result && result.op !== value.op ? result : null;
    }
    if (value.op === Op.Select) return this.foldSelect(value);
    return null;
  }

  private foldSelect(value: Value): Value | null {
    const [condition, yes, no] = value.args;
    if (isConst(condition)) return condition.imm ? yes : no;
    if (yes === no) return yes;
    if (isComparison(condition.op) && isConst(condition.args[1]) && condition.args[1].imm === 0) {
      if (condition.op === Op.Ne) return this.emit(Op.Select, [condition.args[0], yes, no]);
      if (condition.op === Op.Eq) return this.emit(Op.Select, [condition.args[0], no, yes]);
    }
    return null;
  }

  /** branch on x != 0 is a branch on x; on x == 0, the other way round. */
  private foldCondition(block: Block): void {
    const t = block.terminator;
    if (t?.kind !== "branch") return;
    for (;;) {
      t.condition = resolve(t.condition);
      const { op, args } = t.condition;
      if ((op !== Op.Ne && op !== Op.Eq) || !isConst(args[1]) || args[1].imm !== 0) return;
      if (op === Op.Eq) block.successors.reverse();
      t.condition = resolve(args[0]);
      this.changed = true;
    }
  }

  constant(value: number): Value {
    value |= 0;
    let made = this.constants.get(value);
    if (!made) {
      made = new Value(Op.Const, this.entry, []);
      made.imm = value;
      this.constants.set(value, made);
    }
    return made;
  }

  symbol(name: string, addend: number): Value {
    const value = new Value(Op.Symbol, this.entry, []);
    value.symbol = name;
    value.imm = addend;
    return value;
  }

  emit(op: Op, args: Value[]): Value {
    const value = new Value(op, this.current, args);
    value.location = this.location;
    this.output.push(value);
    return value;
  }
}

/** Branches with a known condition become jumps. */
function simplifyBranches(fn: IrFunction): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    const t = block.terminator;
    let taken: Block | null = null;
    if (t?.kind === "branch") {
      if (isConst(t.condition)) taken = block.successors[t.condition.imm ? 0 : 1];
    } else if (t?.kind === "switch" && isConst(t.index)) {
      taken = block.successors[Math.min(t.index.imm >>> 0, block.successors.length - 1)];
    }
    if (!taken) continue;
    let kept = false;
    for (const successor of block.successors) {
      if (successor === taken && !kept) kept = true;
      else removePredecessor(successor, block);
    }
    block.successors = [taken];
    block.terminator = { kind: "jump" };
    changed = true;
  }
  if (changed) renumber(fn);
  return changed;
}

/** Equal pure operations in one block are computed once. Comparisons stay where their branch can use the flags. */
function shareWithinBlocks(fn: IrFunction): void {
  let next = 0;
  const ids = new Map<Value, number>();
  const id = (value: Value): string => {
    if (value.op === Op.Const) return `#${value.imm}`;
    if (value.op === Op.Symbol) return `$${value.symbol}+${value.imm}`;
    if (value.op === Op.FrameAddress) return `@${value.imm}`;
    let known = ids.get(value);
    if (known === undefined) ids.set(value, (known = next++));
    return `${known}`;
  };
  for (const block of fn.blocks) {
    const seen = new Map<string, Value>();
    block.values = block.values.filter((value) => {
      resolveAll(value.args);
      const shareable =
        (value.op >= Op.Add && value.op <= Op.RotR) || value.op === Op.Extend8 || value.op === Op.Extend16;
      if (!shareable) return true;
      const key = `${value.op}:${value.args.map(id).join()}`;
      const same = seen.get(key);
      if (!same) {
        seen.set(key, value);
        return true;
      }
      value.replacement = same;
      return false;
    });
  }
  resolveArguments(fn);
}

function removeDead(fn: IrFunction): void {
  const live = new Set<Value>();
  const work: Value[] = [];
  const mark = (value: Value): void => {
    if (live.has(value)) return;
    live.add(value);
    work.push(value);
  };
  for (const block of fn.blocks) {
    for (const value of block.values) if (!isPure(value.op) && value.op !== Op.DebugSet) mark(value);
    terminatorUses(block.terminator, mark);
  }
  for (let value = work.pop(); value; value = work.pop()) value.args.forEach(mark);
  const exists = (value: Value): boolean =>
    live.has(value) || value.op === Op.Const || value.op === Op.Symbol || value.op === Op.FrameAddress;
  for (const block of fn.blocks) {
    block.phis = block.phis.filter((phi) => live.has(phi));
    block.values = block.values.filter((value) =>
      value.op === Op.DebugSet ? value.args.every(exists) : live.has(value),
    );
    if (block.slotsIn) {
      block.slotsIn = block.slotsIn.map((value) => {
        const current = value && resolve(value);
        return current && exists(current) ? current : undefined;
      });
    }
  }
}

/** A block whose only successor has no other predecessor takes that one's contents over. */
function mergeChains(fn: IrFunction): void {
  for (const block of fn.blocks) {
    while (block.terminator?.kind === "jump") {
      const next = block.successors[0];
      if (next.predecessors.length !== 1 || next === block || next === fn.blocks[0] || next.isLoopHeader) break;
      for (const phi of next.phis) phi.replacement = resolve(phi.args[0]);
      for (const value of next.values) value.block = block;
      block.values.push(...next.values);
      block.terminator = next.terminator;
      block.successors = next.successors;
      for (const successor of next.successors) {
        successor.predecessors = successor.predecessors.map((p) => (p === next ? block : p));
      }
      next.predecessors = [];
      next.successors = [];
      next.terminator = null;
      next.phis = [];
      next.values = [];
    }
  }
  renumber(fn);
  resolveArguments(fn);
}

/** Blocks that only jump are taken out where the target has no phis that would notice. */
function skipEmptyBlocks(fn: IrFunction): void {
  for (const block of fn.blocks) {
    if (block.terminator?.kind !== "jump" || block.phis.length > 0 || block === fn.blocks[0]) continue;
    if (block.values.some((value) => value.op !== Op.DebugSet)) continue;
    const target = block.successors[0];
    if (target === block) continue;
    for (const predecessor of [...block.predecessors]) {
      // With phis an edge may only move if the predecessor has no edge to the target yet.
      if (
        target.phis.length > 0 &&
        (predecessor.successors.includes(target) || predecessor.terminator?.kind !== "jump")
      ) {
        continue;
      }
      const slot = target.predecessors.indexOf(block);
      const i = predecessor.successors.indexOf(block);
      predecessor.successors[i] = target;
      target.predecessors.push(predecessor);
      for (const phi of target.phis) phi.args.push(phi.args[slot]);
      block.predecessors.splice(block.predecessors.indexOf(predecessor), 1);
    }
  }
  renumber(fn);
}

/** Moves for phis need a block of their own on an edge from a fork to a join. */
function splitCriticalEdges(fn: IrFunction): void {
  const result: Block[] = [];
  for (const block of fn.blocks) {
    result.push(block);
    if (block.successors.length < 2) continue;
    block.successors = block.successors.map((successor) => {
      if (successor.predecessors.length < 2) return successor;
      const middle = new Block();
      middle.loopDepth = Math.min(block.loopDepth, successor.loopDepth);
      middle.terminator = { kind: "jump" };
      middle.successors = [successor];
      middle.predecessors = [block];
      middle.slotsIn = null;
      successor.predecessors[successor.predecessors.indexOf(block)] = middle;
      result.push(middle);
      return middle;
    });
  }
  fn.blocks = result;
}
