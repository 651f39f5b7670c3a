/** Transcendental cases whose operands are where the instruction does something. */
import type { EscapeRow } from "../../../emulator/cpu/fpu/index.ts";
import { randomCase } from "./cases.ts";
import type { Random } from "./random.ts";
import type { Case } from "./records.ts";

export function meaningfulCase(random: Random, row: EscapeRow): Case {
  const test = randomCase(random, row);
  const sign = random.below(2) << 15;
  const near = random.chance(50);
  let head: number;
  switch (row.mnemonic) {
    case "f2xm1":
      head = sign | (0x3ffe - (near ? random.below(3) : random.below(70)));
      break;
    case "fyl2xp1":
      head = sign | (0x3ffc - (near ? 0 : random.below(70)));
      break;
    case "fyl2x":
      head = near ? 0x3fff - random.below(2) : 0x3fff + random.below(2000) - 1000;
      break;
    case "fpatan":
      head = sign | (0x3fff + random.below(9) - 4);
      test.registers[1] = [
        (random.below(2) << 15) | (0x3fff + random.below(9) - 4),
        random.bits() | -0x80000000,
        random.bits(),
      ];
      break;
    default:
      head = sign | (near ? 0x3fff + random.below(6) - 3 : 0x3fff + random.below(73) - 10);
  }
  test.registers[0] = [head, random.bits() | -0x80000000, random.bits()];
  return test;
}
