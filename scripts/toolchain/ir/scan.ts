// Finds which locals each loop assigns, so that its header gets phis for exactly those.
import { ByteReader } from "../wasm/bytes.ts";
import { skipImmediates } from "../wasm/skip.ts";

/** Position of each `loop` opcode to the locals set inside. */
export function scanLoops(body: ByteReader): Map<number, Set<number>> {
  const code = new ByteReader(body.bytes, body.position, body.end);
  const loops = new Map<number, Set<number>>();
  // One entry per open construct: the set of the loop, or null.
  const open: (Set<number> | null)[] = [null];
  while (open.length > 0) {
    const position = code.position;
    const op = code.byte();
    switch (op) {
      case 0x02:
      case 0x04:
        code.byte();
        open.push(null);
        break;
      case 0x03: {
        code.byte();
        const sets = new Set<number>();
        loops.set(position, sets);
        open.push(sets);
        break;
      }
      case 0x0b:
        open.pop();
        break;
      case 0x0c:
      case 0x0d:
        code.u32();
        break;
      case 0x0e:
        for (let n = code.u32(); n >= 0; n--) code.u32();
        break;
      case 0x21:
      case 0x22: {
        const local = code.u32();
        for (const sets of open) sets?.add(local);
        break;
      }
      default:
        skipImmediates(code, op);
    }
  }
  return loops;
}
