/**
 * Random bytes as code in every mode. `CONFORMANCE_FUZZ` is the number of starts, all modes together (a sample by
 * default; 1000000 in the long form), `CONFORMANCE_SEED` the seed.
 */
import { afterAll, describe, expect, it } from "vitest";
import { Arena } from "../../emulator/cpu/arena.ts";
import { FUZZ_MEMORY, FUZZ_MODES, fuzz, FuzzBed } from "./fuzz.ts";
import { strictArena } from "./strict_arena.ts";

const STARTS = Number(process.env.CONFORMANCE_FUZZ ?? 4000) / FUZZ_MODES.length;
const COMPARED_STARTS = Math.ceil(STARTS / 20);
const STRICT_STARTS = Math.ceil(STARTS / 100);
const SEED = Number(process.env.CONFORMANCE_SEED ?? 1);

describe("random code", () => {
  const bed = new FuzzBed();
  const lines: string[] = [];

  afterAll(() => {
    console.log(`Random code:\n${lines.join("\n")}`);
  });

  it.each(FUZZ_MODES)(
    "in %s: no exception of the host, no hang, nothing outside of guest memory",
    (mode) => {
      const report = fuzz(bed, mode, STARTS, SEED);
      const { starts, instructions, halted, shutDown, failures } = report;
      lines.push(`  ${mode}: ${starts} starts, ${instructions} instructions, ${halted} halts, ${shutDown} shutdowns`);
      expect(failures).toEqual([]);
      expect(starts).toBeGreaterThanOrEqual(STARTS);
    },
    60_000 + STARTS * 5,
  );

  it.each(FUZZ_MODES)(
    "in %s: ends alike whatever was decoded and mapped before, and when it runs an instruction at a time",
    (mode) => {
      const fingerprints: number[] = [];
      const used = new FuzzBed();
      fuzz(used, mode, 64, SEED + 1);
      fuzz(used, mode, COMPARED_STARTS, SEED, () => fingerprints.push(used.fingerprint()));
      const different: number[] = [];
      const fresh = new FuzzBed(new Arena(FUZZ_MEMORY), true);
      fuzz(fresh, mode, COMPARED_STARTS, SEED, (start) => {
        if (fresh.fingerprint() !== fingerprints[start]) different.push(start);
      });
      expect(different).toEqual([]);
    },
    60_000 + COMPARED_STARTS * 20,
  );

  it.each(FUZZ_MODES)(
    "in %s: every index into the arena is within it",
    (mode) => {
      const strict = new FuzzBed(strictArena(FUZZ_MEMORY));
      expect(fuzz(strict, mode, STRICT_STARTS, SEED).failures).toEqual([]);
    },
    60_000 + STRICT_STARTS * 200,
  );
});
