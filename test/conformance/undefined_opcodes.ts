import type { Random } from "../cpu/fpu/random.ts";
import type { TestCase } from "./case.ts";
import { randomCase } from "./generator.ts";
import { CODE, type FlatSelectors, ldt, Ldt, type LdtEntry } from "./layout.ts";
import type { Row } from "./rows.ts";

/**
 * Encodings that no processor from the P6 to the host's defines: #UD. Not here: what newer processors use (SYSCALL, XOP,
 * XBEGIN, VEX and EVEX in place of LES, LDS and BOUND with registers, POPCNT, RDRAND, SSE and after).
 */
const ENCODINGS = [
  ...["0F 04", "0F 0A", "0F 0C", "0F 24 /r", "0F 25 /r", "0F 26 /r", "0F 27 /r", "0F 36", "0F 39", "0F 3B", "0F 3C"],
  ...["0F 3D", "0F 3E", "0F 3F", "0F 7A /r", "0F 7B /r", "0F A6 /r", "0F A7 /r", "0F AA", "0F B8 /r", "0F B9 /r"],
  ...["0F FF /r", "0F 00 /6", "0F 00 /7", "0F BA /0", "0F BA /1", "0F BA /2", "0F BA /3"],
  ...["C6 /1", "C6 /5", "C7 /2", "C7 /6", "FE /2", "FE /3", "FE /4", "FE /5", "FE /6", "FE /7", "FF /7"],
];

/** Rows in the form of the instruction table's. */
export const undefinedOpcodes: readonly Row[] = ENCODINGS.map((encoding) => {
  const tokens = encoding.split(" ");
  const twoBytes = tokens[0] === "0F";
  const opcode = parseInt(tokens[twoBytes ? 1 : 0], 16) + (twoBytes ? 0x100 : 0);
  const modRm = tokens.find((token) => token.startsWith("/"));
  const digit = modRm === undefined || modRm === "/r" ? -1 : Number(modRm.slice(1));
  return {
    instruction: {
      id: -1 - opcode * 8 - Math.max(digit, 0),
      encoding,
      mnemonic: "undefined",
      operands: modRm === undefined ? [] : ["r/mv"],
      opcode,
      digit,
      hasModRm: modRm !== undefined,
      modRm: -1,
      modRmCount: 0,
      registerInOpcode: false,
      immediates: [],
      lockable: false,
      memoryOnly: false,
      size: 0,
      attributes: [],
    },
    name: `${encoding.padEnd(12)} undefined`,
    group: "Undefined opcodes",
    excluded: null,
  };
});

/** Where the shortest of the code segments ends. */
const SHORTEST_END = CODE + (ldt[Ldt.EXECUTE_ONLY] as LdtEntry).limit;

/**
 * A case for one of them. Their length is as undefined as they are: none is so long, or so near the end of the code,
 * that it would matter.
 */
export function undefinedOpcodeCase(random: Random, flat: FlatSelectors, row: Row): TestCase {
  for (;;) {
    const test = randomCase(random, flat, row);
    if (test.code.length <= 9 && test.codeAddress + 15 < SHORTEST_END) return test;
  }
}
