import { Slot, divide, fromDouble, wide } from "./wide.ts";

/** Constants in `wide` slots, five words apart. */
export const enum Constant {
  ONE = Slot.CONSTANTS,
  PI = ONE + 5,
  HALF_PI = PI + 5,
  LN_2 = HALF_PI + 5,
  /** 2 / ln 2 */
  TWO_OVER_LN_2 = LN_2 + 5,
  /** atan(k / 8), k = 1 .. 8 */
  ATAN_EIGHTHS = TWO_OVER_LN_2 + 5,
  /** 1 / n!, n = 2 .. 15 */
  FACTORIALS = ATAN_EIGHTHS + 8 * 5,
  /** 1 / (2 k + 1), k = 1 .. 7 */
  ODDS = FACTORIALS + 14 * 5,
  END = ODDS + 7 * 5,
}

/** Slot of 1 / n!. */
export function inverseFactorial(n: number): number {
  return Constant.FACTORIALS + (n - 2) * 5;
}

/** Slot of 1 / (2 k + 1). */
export function inverseOdd(k: number): number {
  return Constant.ODDS + (k - 1) * 5;
}

/** Significands to 96 bits, rounded, and exponents; test/cpu/fpu computes them again from their series. */
// prettier-ignore
const IRRATIONAL = [
  0xc4c6628c, 0x2168c234, 0xc90fdaa2, 1, 0, // pi
  0xc4c6628c, 0x2168c234, 0xc90fdaa2, 0, 0, // pi / 2
  0xc9e3b398, 0xd1cf79ab, 0xb17217f7, -1, 0, // ln 2
  0xbe87fed0, 0x5c17f0bb, 0xb8aa3b29, 1, 0, // 2 / ln 2
  0xc897989f, 0x617b6e32, 0xfeadd4d5, -4, 0, // atan(1/8)
  0x6dc79ef6, 0x6406eb15, 0xfadbafc9, -3, 0, // atan(2/8)
  0x8aa32123, 0x26f78473, 0xb7b0ca0f, -2, 0, // atan(3/8)
  0x6fe445ed, 0x0dda7b45, 0xed63382b, -2, 0, // atan(4/8)
  0x5c835e16, 0xf7f59f9b, 0x8f005d5e, -1, 0, // atan(5/8)
  0x19a87f2a, 0x34f70924, 0xa4bc7d19, -1, 0, // atan(6/8)
  0xcb2da552, 0xc2319e73, 0xb8053e2b, -1, 0, // atan(7/8)
  0xc4c6628c, 0x2168c234, 0xc90fdaa2, -1, 0, // atan(8/8)
];

fromDouble(Constant.ONE, 1);
wide.set(IRRATIONAL, Constant.PI);
{
  let previous: number = Constant.ONE;
  for (let n = 2; n <= 15; n++) {
    fromDouble(Slot.X, n);
    divide(inverseFactorial(n), previous, Slot.X);
    previous = inverseFactorial(n);
  }
  for (let k = 1; k <= 7; k++) {
    fromDouble(Slot.X, 2 * k + 1);
    divide(inverseOdd(k), Constant.ONE, Slot.X);
  }
}
