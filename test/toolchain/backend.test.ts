import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allocate } from "../../scripts/toolchain/backend/allocate.ts";
import { forEachUse, isRegister, L, type MachineFunction } from "../../scripts/toolchain/backend/lir.ts";
import {
  buildIntervals,
  computeLiveness,
  type Interval,
  intersection,
  number,
} from "../../scripts/toolchain/backend/liveness.ts";
import { lower } from "../../scripts/toolchain/backend/lower.ts";
import { sequence } from "../../scripts/toolchain/backend/resolve.ts";
import { compileToWasm } from "../../scripts/toolchain/frontend/frontend.ts";
import { buildFunction } from "../../scripts/toolchain/ir/build.ts";
import { evaluate, foldBinary, type Maker } from "../../scripts/toolchain/ir/fold.ts";
import { Block, type IrFunction, Op, Value } from "../../scripts/toolchain/ir/ir.ts";
import { optimize } from "../../scripts/toolchain/ir/optimize.ts";
import { ModuleContext } from "../../scripts/toolchain/object/context.ts";
import { readModule } from "../../scripts/toolchain/wasm/module.ts";
import { parseSourceMap } from "../../scripts/toolchain/wasm/sourcemap.ts";
import { Generator } from "./support/generator.ts";
import { PRINTING, withFiles } from "./support/guest.ts";

/** The functions of a program in SSA form, optimised. */
function functionsOf(source: string): IrFunction[] {
  return withFiles({ "main.ts": source }, (root) => {
    const front = compileToWasm(root, "main.ts");
    if ("errors" in front) throw new Error(front.errors.join("\n"));
    const context = new ModuleContext(readModule(front.wasm), parseSourceMap(front.sourceMap), front);
    return context.module.functions
      .filter((fn) => !fn.from)
      .map((fn) => {
        const ir = buildFunction(context, fn);
        optimize(ir);
        return ir;
      });
  });
}

const choices = fc.array(fc.nat(0xffff), { minLength: 800, maxLength: 1600 });

describe("register allocation", () => {
  function check(fn: MachineFunction): number {
    const intervals = buildIntervals(fn);
    const { fixed } = intervals;
    const { pieces } = allocate(fn, intervals);
    const all = pieces.flat();
    for (const piece of all) {
      expect(piece.location).toBeGreaterThanOrEqual(0);
      if (isRegister(piece.location)) {
        expect(intersection(fixed[piece.location], piece.ranges), `v${piece.register} against the code`).toBe(Infinity);
      }
    }
    const byLocation = new Map<number, Interval[]>();
    for (const piece of all) byLocation.set(piece.location, [...(byLocation.get(piece.location) ?? []), piece]);
    for (const list of byLocation.values()) {
      for (const a of list) {
        for (const b of list) {
          if (a.register < b.register)
            expect(intersection(a.ranges, b.ranges), `v${a.register} and v${b.register}`).toBe(Infinity);
        }
      }
    }
    let uses = 0;
    for (const block of fn.blocks) {
      for (const instruction of block.instructions) {
        forEachUse(instruction, ({ id, mask, late }) => {
          const position = instruction.position + (late ? 1 : 0);
          const piece = pieces[id].find((p) => p.covers(position));
          expect(piece, `v${id} at ${position} (operation ${instruction.op})`).toBeDefined();
          if (mask) expect(isRegister(piece?.location ?? -1) && mask & (1 << (piece?.location ?? 0))).toBeTruthy();
          uses++;
        });
      }
    }
    return uses;
  }

  it(
    "puts every operand where its instruction can use it and never two values in one place",
    { timeout: 120_000 },
    () => {
      let uses = 0;
      fc.assert(
        fc.property(choices, (tape) => {
          for (const ir of functionsOf(new Generator(tape).program(4) + PRINTING)) {
            const fn = lower(ir);
            number(fn);
            computeLiveness(fn);
            uses += check(fn);
          }
        }),
        { seed: 7, numRuns: 15, endOnFailure: true },
      );
      expect(uses).toBeGreaterThan(5_000);
    },
  );
});

describe("SSA form", () => {
  it(
    "has every value defined on every path to its use, and a phi argument for every edge",
    { timeout: 120_000 },
    () => {
      let values = 0;
      fc.assert(
        fc.property(choices, (tape) => {
          for (const fn of functionsOf(new Generator(tape).program(4) + PRINTING)) {
            const dominators = dominatorsOf(fn);
            for (const block of fn.blocks) {
              for (const phi of block.phis) expect(phi.args).toHaveLength(block.predecessors.length);
              const seen = new Set<Value>(block.phis);
              for (const value of block.values) {
                for (const arg of value.args) if (value.op !== Op.DebugSet) expectDefined(arg, block, seen, dominators);
                seen.add(value);
                values++;
              }
              for (const successor of block.successors) expect(successor.predecessors).toContain(block);
              // No edge from a fork to a join: moves for phis need a block.
              if (block.successors.length > 1) {
                for (const successor of block.successors) {
                  expect(new Set(successor.predecessors).size === 1 || successor.phis.length === 0).toBe(true);
                }
              }
            }
          }
        }),
        { seed: 11, numRuns: 15, endOnFailure: true },
      );
      expect(values).toBeGreaterThan(5_000);
    },
  );

  function expectDefined(value: Value, block: Block, seen: Set<Value>, dominators: Map<Block, Set<Block>>): void {
    if (value.op === Op.Const || value.op === Op.Symbol || value.op === Op.FrameAddress) return;
    if (value.block === block) expect(seen.has(value)).toBe(true);
    else expect(dominators.get(block)?.has(value.block)).toBe(true);
  }

  function dominatorsOf(fn: IrFunction): Map<Block, Set<Block>> {
    const result = new Map(fn.blocks.map((block) => [block, new Set(fn.blocks)]));
    result.set(fn.blocks[0], new Set([fn.blocks[0]]));
    for (let changed = true; changed;) {
      changed = false;
      for (const block of fn.blocks.slice(1)) {
        const sets = block.predecessors.map((p) => result.get(p) as Set<Block>);
        const common = new Set([...sets[0]].filter((b) => sets.every((s) => s.has(b))));
        common.add(block);
        if (common.size !== result.get(block)?.size) {
          result.set(block, common);
          changed = true;
        }
      }
    }
    return result;
  }
});

describe("simultaneous copies", () => {
  it("leave in every place what was in its source before, registers and memory, with cycles", () => {
    const place = fc.integer({ min: 0, max: 9 });
    const locations = [0, 1, 2, 3, 6, 7, 0x100, 0x101, 0x102, 0x10000];
    fc.assert(
      fc.property(
        fc.uniqueArray(place, { minLength: 1, maxLength: 8 }),
        fc.array(place, { minLength: 8, maxLength: 8 }),
        (to, from) => {
          const copies = to.map((t, i) => ({ to: locations[t], from: locations[from[i]] }));
          const state = new Map(locations.map((location) => [location, location]));
          const expected = new Map(state);
          for (const copy of copies) expected.set(copy.to, state.get(copy.from) as number);
          const stack: number[] = [];
          for (const { op, dst, a } of sequence(
            copies.map((copy) => ({ ...copy })),
            -1,
          )) {
            const target = dst?.location ?? -1;
            const source = a?.kind === "virtual" ? a.location : -1;
            if (op === L.Move) state.set(target, state.get(source) as number);
            else if (op === L.Push) stack.push(state.get(source) as number);
            else if (op === L.PopTo) state.set(target, stack.pop() as number);
            else if (op === L.Exchange) {
              const held = state.get(target) as number;
              state.set(target, state.get(source) as number);
              state.set(source, held);
            } else throw new Error(`operation ${op}`);
          }
          expect(stack).toEqual([]);
          expect(state).toEqual(expected);
        },
      ),
      { seed: 3, numRuns: 3000 },
    );
  });
});

describe("constant folding", () => {
  const OPERATIONS = [
    Op.Add,
    Op.Sub,
    Op.Mul,
    Op.And,
    Op.Or,
    Op.Xor,
    Op.Shl,
    Op.ShrU,
    Op.ShrS,
    Op.RotL,
    Op.RotR,
    Op.Eq,
    Op.Ne,
    Op.LtS,
    Op.LtU,
    Op.GtS,
    Op.GtU,
    Op.LeS,
    Op.LeU,
    Op.GeS,
    Op.GeU,
    Op.DivS,
    Op.DivU,
    Op.RemS,
    Op.RemU,
  ];
  const interesting = fc.oneof(
    fc.integer(),
    fc.constantFrom(0, 1, -1, 2, 3, 8, 31, 32, 255, -128, 0x7fffffff, -0x80000000),
  );

  /** Folds trees over the variable x and constants, and evaluates the result. */
  class Tree implements Maker {
    readonly block = new Block();
    readonly x = new Value(Op.Param, this.block, []);

    constant(value: number): Value {
      const made = new Value(Op.Const, this.block, []);
      made.imm = value | 0;
      return made;
    }
    symbol(): Value {
      throw new Error("no symbols here");
    }
    emit(op: Op, args: Value[]): Value {
      return new Value(op, this.block, args);
    }
    apply(op: Op, a: Value, b: Value): Value {
      return foldBinary(this, op, a, b) ?? this.emit(op, [a, b]);
    }
    run(value: Value, x: number): number | null {
      if (value === this.x) return x;
      if (value.op === Op.Const) return value.imm;
      if (value.op === Op.Extend8 || value.op === Op.Extend16) {
        const a = this.run(value.args[0], x);
        return a === null ? null : value.op === Op.Extend8 ? (a << 24) >> 24 : (a << 16) >> 16;
      }
      const [a, b] = value.args.map((arg) => this.run(arg, x));
      return a === null || b === null ? null : evaluate(value.op, a, b);
    }
  }

  it("never changes what an expression of one variable and constants comes to", () => {
    const step = fc.tuple(fc.constantFrom(...OPERATIONS), interesting, fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), interesting, (steps, x) => {
        const tree = new Tree();
        let folded = tree.x;
        let plain: number | null = x;
        for (const [op, constant, swapped] of steps) {
          const operand = tree.constant(constant);
          folded = swapped ? tree.apply(op, operand, folded) : tree.apply(op, folded, operand);
          if (plain !== null) plain = swapped ? evaluate(op, constant, plain) : evaluate(op, plain, constant);
        }
        // A division that traps stays one; what cannot happen need not agree.
        if (plain !== null) expect(tree.run(folded, x)).toBe(plain);
      }),
      { seed: 5, numRuns: 20_000 },
    );
  });
});
