import type { Cpu } from "./cpu.ts";
import { Op } from "./operation.ts";

/**
 * Executes one operation that is not a case of execute.ts. `w`: its first word, `p`: its position. cpu.p, State.EIP (of
 * the block) and State.NEXT_EIP are set. On a fault it leaves State.FAULT set and nothing else changed.
 */
export type Handler = (cpu: Cpu, w: number, p: number) => void;

const LIMIT = Op.ENDING_HANDLER - Op.HANDLER;

/** By operation number - Op.HANDLER: handlers that go on, then those that end the block. */
export const handlers: Handler[] = new Array<Handler>(2 * LIMIT).fill(() => {
  throw new Error("operation without a handler");
});

let count = 0;
let endingCount = 0;

/** Registers a handler after which the block goes on; returns its operation number. */
export function handler(execute: Handler): number {
  if (count === LIMIT) throw new Error("too many handlers");
  handlers[count] = execute;
  return Op.HANDLER + count++;
}

/**
 * Registers a handler that ends the block: it may set State.NEXT_EIP, change the mode or the paging, or make an
 * interrupt possible.
 */
export function endingHandler(execute: Handler): number {
  if (endingCount === LIMIT) throw new Error("too many handlers");
  handlers[LIMIT + endingCount] = execute;
  return Op.ENDING_HANDLER + endingCount++;
}
