import { describe, expect, it } from "vitest";
import { guests } from "../../scripts/bench/guests.ts";
import {
  disagreements,
  formatReport,
  geometricMean,
  inProcessorTime,
  median,
  type Row,
} from "../../scripts/bench/report.ts";
import { Transcript } from "../../scripts/bench/transcript.ts";

const [first] = guests;
const fault = guests.find(({ name }) => name === "fault") ?? first;

function row(guest: typeof first, ours: number[], theirs: number[], checksum = "00000001"): Row {
  return {
    guest,
    count: 1_000_000,
    samples: {
      faultline: ours.map((seconds) => ({ seconds, checksum: "00000001", instructions: 100_000_000 })),
      "v86-nojit": theirs.map((seconds) => ({ seconds, checksum, processorSeconds: seconds / 2 })),
    },
  };
}

describe("the benchmark's report", () => {
  it("takes medians of odd and even numbers of runs, and geometric means", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(geometricMean([1, 4])).toBeCloseTo(2);
  });

  it("gives medians, instructions a microsecond, how many times as fast, and the rate of operations", () => {
    const text = formatReport([row(first, [1, 2, 9], [4, 4, 4]), row(fault, [0.5], [0.25])], {
      faultline: [100, 300, 200],
    });
    expect(text).toMatch(/^dhry +integers, strings, records +4\.000 +2\.000 +50 +2\.00$/m);
    expect(text).toMatch(/^geometric mean +100 +1\.00$/m);
    expect(text).toMatch(/^faults +4\.00 +2\.00$/m);
    expect(text).toMatch(/^start to first serial byte +200$/m);
    expect(text).toContain("at least as fast as v86 without its JIT on every row: no (fault)");
  });

  it("says on which machines a guest's results differ", () => {
    expect(disagreements([row(first, [1], [1])])).toEqual([]);
    expect(disagreements([row(first, [1], [1], "00000002")])).toEqual([
      "dhry: 00000001 (faultline) but 00000002 (v86-nojit)",
    ]);
  });

  it("leaves out in processor time what has none", () => {
    const [only] = inProcessorTime([row(first, [1], [3])]);
    expect(only.samples).toEqual({ "v86-nojit": [{ seconds: 1.5, checksum: "00000001", processorSeconds: 1.5 }] });
  });
});

describe("a guest's transcript", () => {
  const put = (transcript: Transcript, text: string): void => Buffer.from(text).forEach((byte) => transcript.put(byte));

  it("counts between the two marks, whatever a firmware has printed before", () => {
    let instructions = 10;
    const transcript = new Transcript({ instructions: () => instructions });
    put(transcript, "SeaBIOS (version 1)\r\n\x1b[2Jgo\n");
    instructions = 35;
    put(transcript, "done\nsieve 0001");
    expect(transcript.result).toBeNull();
    put(transcript, "4069\n");
    expect(transcript.result).toMatchObject({ checksum: "00014069", instructions: 25 });
  });

  it("has no result when the guest did not say that it was done", () => {
    const transcript = new Transcript();
    put(transcript, "go\nsieve 00014069\n");
    expect(transcript.result).toBeNull();
  });
});
