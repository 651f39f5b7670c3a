import type { ByteReader } from "./bytes.ts";

/** Steps over the operands of an instruction that is not executed. */
export function skipImmediates(code: ByteReader, op: number): void {
  if (op >= 0x20 && op <= 0x24) code.u32();
  else if (op >= 0x28 && op <= 0x3e) {
    code.u32();
    code.u32();
  } else if (op === 0x41) code.i32();
  else if (op === 0x42) code.i64();
  else if (op === 0x10) code.u32();
  else if (op === 0x11) {
    code.u32();
    code.u32();
  } else if (op === 0x3f || op === 0x40) code.byte();
}
