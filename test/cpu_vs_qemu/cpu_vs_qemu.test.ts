/** Privileged behaviour: every .asm file here is a kernel case, run on our machine and on QEMU. Transcripts must agree. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runKernelCase } from "../support/driver.ts";
import { hasTool } from "../support/tools.ts";

const cases = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".asm"));

describe.skipIf(!hasTool("qemu-system-i386"))("privileged behaviour against QEMU (needs qemu-system-i386)", () => {
  for (const name of cases) {
    it(`${name.replace(".asm", "").replaceAll("_", " ")}: the same transcript`, () => {
      const source = readFileSync(new URL(name, import.meta.url), "utf8");
      const theirs = runKernelCase("qemu", { source });
      const ours = runKernelCase("emulator", { source });
      // The first lines that differ say more than two whole transcripts.
      const different = theirs.transcript.flatMap((line, i) =>
        line === ours.transcript[i]
          ? []
          : [{ line: i + 1, after: theirs.transcript[i - 1], qemu: line, emulator: ours.transcript[i] }],
      );
      expect(different.slice(0, 10)).toEqual([]);
      expect(ours.transcript.length).toBe(theirs.transcript.length);
      expect(ours.exit).toBe(theirs.exit);
      expect(theirs.transcript.at(-1)).toBe("end");
      console.log(`${name}: ${theirs.transcript.length} lines agree`);
    });
  }
});
