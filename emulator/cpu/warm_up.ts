import { Arena } from "./arena.ts";
import { Cache } from "./block_cache.ts";
import type { Cpu } from "./cpu.ts";
import { execute } from "./execute.ts";
import { FlagKind } from "./flags.ts";
import { endingHandler, handler } from "./handlers.ts";
import { Region, State } from "./layout.ts";
import { read8 } from "./memory.ts";
import { Op, Record } from "./operation.ts";
import { tlbFlushAll } from "./tlb.ts";

/*
 * V8 compiles execute() with a trap ("insufficient type feedback") wherever it has not run yet, and the first use of such
 * a place throws the whole optimised function away: twenty times, a fifth of a second each, in the first seconds of
 * every guest. So every operation is executed on a small arena of its own before the first processor runs: with slow
 * and fast memory accesses, conditions true and false, values over the full range.
 *
 * Each is executed about twice and no more: V8 starts to optimise execute() after some thousand operations (it counts
 * the length of the loop for each), and what has not been seen by then is lost. This takes a few milliseconds once in
 * a process, and nothing of it reaches another processor's state.
 */

const plain = handler(() => {});
const ending = endingHandler(() => {});

const BLOCK = Cache.FIRST + 0x100;
/** In guest RAM. The page that execution is said to be in differs from the one written to. */
const CODE = 0x2000;
const DATA = 0x4000;
const STACK = 0x8000;

const PAIRS = [
  [5, 4],
  [1, -1],
  [-1, 1],
  [0, 0],
  [-1, -1],
];

let done = false;

/** `create` makes a processor (the constructor, handed over to keep imports acyclic). */
export function warmUp(create: (arena: Arena) => Cpu): void {
  if (done) return;
  done = true;
  const cpu = create(new Arena(0x10000));
  // V8 collects nothing until bytecodes of eight times the function's length have been executed.
  for (let i = 0; i < 400; i++) straight(cpu, Op.NOP, 0);
  for (let op = Op.SEGMENT as number; op <= Op.LEAVE; op++) straight(cpu, op, 2);
  straight(cpu, Op.CMOVCC, 3);
  straight(cpu, plain, 0);
  for (let op = Op.JMP as number; op <= Op.TEST_JG_RR; op++) {
    // Each condition true and false.
    for (const [left, right] of PAIRS) jump(cpu, op, left, right, Cache.NO_BLOCK);
  }
  jump(cpu, Op.JMP, 0, 0, TARGET);
  for (const op of [Op.CMP_JZ_RR, Op.TEST_JZ_RR, Op.JZ_SUB, Op.JCC, Op.JZ_RESULT]) jump(cpu, op, 0, 0, TARGET);
  for (const op of [Op.CONTINUE, Op.CHECK_LINK, Op.RET, Op.CHECK_LINK]) jump(cpu, op, 1, 1, TARGET);
  record(cpu.m, BLOCK, Op.RESYNC, 0);
  enter(cpu);
}

function record(m: Int32Array, at: number, op: number, immediate: number): void {
  m[at] =
    op |
    (State.ECX << Record.DST_SHIFT) |
    (State.EDX << Record.SRC_SHIFT) |
    (State.EBX << Record.BASE_SHIFT) |
    (State.ZERO << Record.INDEX_SHIFT);
  m[at + Record.DISPLACEMENT] = 0;
  m[at + Record.IMMEDIATE] = immediate;
  m[at + Record.META] = 0x10000;
}

function enter(cpu: Cpu): void {
  const m = cpu.m;
  m[State.BUDGET] = 0;
  m[State.EIP] = CODE;
  execute(cpu, BLOCK);
  m[State.FAULT] = 0;
  cpu.p = 0;
}

/** One operation twice, then the end of a block. */
function straight(cpu: Cpu, op: number, immediate: number): void {
  const m = cpu.m;
  // The first access to memory takes the slow path.
  tlbFlushAll(cpu);
  m[State.EAX] = 0x12345678;
  m[State.ECX] = 0x7fffffff;
  m[State.EDX] = 0x7fffffff;
  m[State.EBX] = DATA;
  m[State.ESP] = STACK;
  m[State.EBP] = STACK;
  m[State.ADDRESS] = DATA;
  m[Region.RAM_WORD + (STACK >> 2)] = STACK;
  record(m, BLOCK, op, immediate);
  record(m, BLOCK + Record.WORDS, op, immediate);
  record(m, BLOCK + 2 * Record.WORDS, ending, 0);
  enter(cpu);
}

/** Where linked jumps lead: a block that ends at once. */
const TARGET = BLOCK + 0x40;

/** A jump with these operands, to nowhere yet (NO_BLOCK) or to a linked block. */
function jump(cpu: Cpu, op: number, left: number, right: number, link: number): void {
  const m = cpu.m;
  m[State.ECX] = left;
  m[State.EDX] = right;
  m[State.FLAG_KIND] = FlagKind.SUB;
  m[State.FLAG_A] = left;
  m[State.FLAG_B] = right;
  m[State.ESP] = STACK;
  m[Region.RAM_WORD + (STACK >> 2)] = CODE;
  // Links to other pages look at the TLB.
  read8(cpu, CODE, 0);
  record(m, BLOCK, op, right);
  if (op === Op.CHECK_LINK) m[BLOCK + Record.DISPLACEMENT] = link;
  m[BLOCK + Record.TARGET] = 0;
  m[BLOCK + Record.LINK] = link;
  m[BLOCK + Record.NEXT] = 0;
  m[BLOCK + Record.NEXT_LINK] = link;
  m[TARGET - 1] = 0;
  m[TARGET - 2] = CODE + Region.RAM;
  record(m, TARGET, ending, 0);
  enter(cpu);
}
