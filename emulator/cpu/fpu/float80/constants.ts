import { Exponent, Precision } from "../state.ts";
import { roundAndStore } from "./round.ts";

/**
 * FLD1 FLDL2T FLDL2E FLDPI FLDLG2 FLDLN2 FLDZ in encoding order (D9 E8..EE): exponent, significand high, low, and the
 * 32 bits that follow. They are rounded by the rounding field (not the precision field) and raise nothing.
 */
// prettier-ignore
const CONSTANTS = new Int32Array([
  Exponent.BIAS,      0x80000000, 0x00000000, 0x00000000, // 1
  Exponent.BIAS + 1,  0xd49a784b, 0xcd1b8afe, 0x492bf6ff, // log2(10)
  Exponent.BIAS,      0xb8aa3b29, 0x5c17f0bb, 0xbe87fed0, // log2(e)
  Exponent.BIAS + 1,  0xc90fdaa2, 0x2168c234, 0xc4c6628b, // pi
  Exponent.BIAS - 2,  0x9a209a84, 0xfbcff798, 0x8f8959ac, // log10(2)
  Exponent.BIAS - 1,  0xb17217f7, 0xd1cf79ab, 0xc9e3b398, // ln(2)
]);

/** d = constant `index`, 0 (FLD1) to 6 (FLDZ). */
export function loadConstant(w: Int32Array, d: number, index: number, control: number): void {
  if (index === 6) {
    w[d] = w[d + 1] = w[d + 2] = 0;
    return;
  }
  const row = index * 4;
  const wide = control | Precision.EXTENDED;
  roundAndStore(w, d, 0, CONSTANTS[row], CONSTANTS[row + 1], CONSTANTS[row + 2], CONSTANTS[row + 3], wide);
}
