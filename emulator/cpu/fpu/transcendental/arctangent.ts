import { Constant, inverseOdd } from "./constants.ts";
import { Slot, add, copy, divide, fromDouble, multiply, smaller, subtract, toDouble, wide } from "./wide.ts";

/**
 * d = the angle of the point (X, Y), neither zero, in the quadrant of their signs. X and Y are slots and are lost.
 */
export function arctangent(d: number): void {
  const signX = wide[Slot.X + 4];
  const signY = wide[Slot.Y + 4];
  wide[Slot.X + 4] = wide[Slot.Y + 4] = 0;
  const steep = smaller(Slot.X, Slot.Y);
  if (steep) {
    copy(Slot.R, Slot.X);
    copy(Slot.X, Slot.Y);
    copy(Slot.Y, Slot.R);
  }
  angleBelowDiagonal();
  if (steep) subtract(Slot.SUM, Constant.HALF_PI, Slot.SUM);
  if (signX !== 0) subtract(Slot.SUM, Constant.PI, Slot.SUM);
  wide[Slot.SUM + 4] = signY;
  copy(d, Slot.SUM);
}

/** SUM = atan(Y / X), 0 < Y <= X. */
function angleBelowDiagonal(): void {
  // atan(y/x) = atan(k/8) + atan((8y - kx) / (8x + ky)), k so that the rest is at most 1/16.
  const apart = wide[Slot.X + 3] - wide[Slot.Y + 3];
  let eighths = 0;
  if (apart < 5) {
    const ratio = (wide[Slot.Y + 2] >>> 0) / (wide[Slot.X + 2] >>> 0) / (1 << apart);
    eighths = Math.round(ratio * 8);
  }
  if (eighths === 0) {
    divide(Slot.R, Slot.Y, Slot.X);
  } else {
    fromDouble(Slot.T, eighths / 8);
    multiply(Slot.R, Slot.X, Slot.T);
    subtract(Slot.R, Slot.Y, Slot.R);
    multiply(Slot.T, Slot.Y, Slot.T);
    add(Slot.X, Slot.X, Slot.T);
    divide(Slot.R, Slot.R, Slot.X);
  }
  arctangentSeries();
  if (eighths !== 0) add(Slot.SUM, Constant.ATAN_EIGHTHS + (eighths - 1) * 5, Slot.SUM);
}

/** SUM = atan R, |R| at most 1/16: R (1 - T/3 + T^2/5 - ...), from T^5 on in doubles. */
function arctangentSeries(): void {
  multiply(Slot.T, Slot.R, Slot.R);
  const t = toDouble(Slot.T);
  let tail = 0;
  for (let k = 13; k >= 5; k--) tail = 1 / (2 * k + 1) - tail * t;
  fromDouble(Slot.SUM, tail);
  for (let k = 4; k >= 1; k--) {
    multiply(Slot.SUM, Slot.SUM, Slot.T);
    subtract(Slot.SUM, inverseOdd(k), Slot.SUM);
  }
  multiply(Slot.SUM, Slot.SUM, Slot.T);
  subtract(Slot.SUM, Constant.ONE, Slot.SUM);
  multiply(Slot.SUM, Slot.SUM, Slot.R);
}
