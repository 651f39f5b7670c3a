// Branches on a phi: `a && b` merges the values of a and b only to test the result at once. Each predecessor can test its
// own value (or, if that is a constant, jump straight on) and the merging block disappears.
import { isConst } from "./fold.ts";
import { type Block, type IrFunction, Op, removePredecessor, renumber, terminatorUses, type Value } from "./ir.ts";

/** Returns true if anything changed. */
export function threadBranches(fn: IrFunction): boolean {
  let changed = false;
  let users: Map<Value, number> | null = null;
  for (const block of fn.blocks) {
    if (!isTestOfPhi(block)) continue;
    users ??= countUsers(fn);
    if (!phisStayHere(block, users)) continue;
    for (const predecessor of [...block.predecessors]) {
      if (predecessor.terminator?.kind !== "jump" || predecessor === block) continue;
      thread(block, predecessor);
      changed = true;
    }
    users = null;
  }
  if (changed) renumber(fn);
  return changed;
}

/** The block computes nothing and branches on one of its phis. */
function isTestOfPhi(block: Block): boolean {
  const t = block.terminator;
  if (t?.kind !== "branch" || block.isLoopHeader || !block.phis.includes(t.condition)) return false;
  if (block.successors[0] === block.successors[1]) return false;
  return block.values.every((value) => value.op === Op.DebugSet);
}

function countUsers(fn: IrFunction): Map<Value, number> {
  const users = new Map<Value, number>();
  const use = (value: Value): void => {
    users.set(value, (users.get(value) ?? 0) + 1);
  };
  for (const block of fn.blocks) {
    for (const phi of block.phis) phi.args.forEach(use);
    for (const value of block.values) value.args.forEach(use);
    terminatorUses(block.terminator, use);
  }
  return users;
}

/** Are the block's phis read by nothing but its own branch and the phis right behind it? */
function phisStayHere(block: Block, users: Map<Value, number>): boolean {
  return block.phis.every((phi) => {
    let known = block.terminator?.kind === "branch" && block.terminator.condition === phi ? 1 : 0;
    for (const value of block.values) known += value.args.filter((arg) => arg === phi).length;
    for (const successor of new Set(block.successors)) {
      successor.predecessors.forEach((predecessor, i) => {
        if (predecessor === block) known += successor.phis.filter((other) => other.args[i] === phi).length;
      });
    }
    return known === (users.get(phi) ?? 0);
  });
}

/** Lets `predecessor` do the block's branch with its own values. */
function thread(block: Block, predecessor: Block): void {
  const t = block.terminator;
  if (t?.kind !== "branch") return;
  const edge = block.predecessors.indexOf(predecessor);
  const own = (value: Value): Value => (value.block === block && value.op === Op.Phi ? value.args[edge] : value);
  const condition = own(t.condition);
  const targets = isConst(condition) ? [block.successors[condition.imm ? 0 : 1]] : [...block.successors];
  for (const target of targets) {
    const from = target.predecessors.indexOf(block);
    for (const phi of target.phis) phi.args.push(own(phi.args[from]));
    target.predecessors.push(predecessor);
  }
  predecessor.successors = targets;
  predecessor.terminator =
    targets.length === 1 ? { kind: "jump" } : { kind: "branch", condition, location: t.location };
  removePredecessor(block, predecessor);
}
