// The order blocks are written in, and blocks that need not be written at all.
import { L, type MachineBlock, type MachineFunction } from "./lir.ts";

/**
 * A loop that tests at its top jumps twice an iteration: back to the test, and around the exit. With the test moved
 * behind the body it jumps once; the way in costs one jump more.
 */
export function orderBlocks(fn: MachineFunction): MachineBlock[] {
  const order = [...fn.blocks];
  for (const header of fn.blocks) {
    if (!header.isLoopHeader || header === fn.blocks[0]) continue;
    if (header.instructions[header.instructions.length - 1].op !== L.JumpIf) continue;
    const latches = header.predecessors.filter((block) => block.index > header.index);
    const latch = latches.sort((a, b) => b.index - a.index)[0];
    if (!latch || latch.instructions[latch.instructions.length - 1].op !== L.Jump) continue;
    order.splice(order.indexOf(header), 1);
    order.splice(order.indexOf(latch) + 1, 0, header);
  }
  return order;
}

/** Where a jump to `block` really goes: past blocks that do nothing but jump on. */
export function destination(block: MachineBlock): MachineBlock {
  let result = block;
  for (const seen = new Set<MachineBlock>(); isEmpty(result) && !seen.has(result);) {
    seen.add(result);
    result = result.successors[0];
  }
  return result;
}

/** True for a block without code of its own that nothing needs, because jumps to it go to its destination. */
export function isSkipped(block: MachineBlock, entry: MachineBlock): boolean {
  return block !== entry && isEmpty(block) && destination(block) !== block;
}

function isEmpty(block: MachineBlock): boolean {
  return block.instructions.every(({ op }) => op === L.Jump || op === L.DebugSet);
}
