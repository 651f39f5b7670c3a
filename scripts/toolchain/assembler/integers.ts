/**
 * 64-bit signed arithmetic as NASM's expressions have it. A value is a number while it is a safe integer and a bigint
 * beyond, so that the usual case costs nothing.
 */
import { fail } from "./errors.ts";

export type Int = number | bigint;

export function normalise(value: bigint): Int {
  const wrapped = BigInt.asIntN(64, value);
  return wrapped >= -0x1fffffffffffffn && wrapped <= 0x1fffffffffffffn ? Number(wrapped) : wrapped;
}

const unsigned = (value: Int): bigint => BigInt.asUintN(64, BigInt(value));
const isSmall = (a: Int, b: Int): boolean =>
  typeof a === "number" && typeof b === "number" && a === (a | 0) && b === (b | 0);

export const low32 = (value: Int): number =>
  typeof value === "number" ? Number(value >= -0x80000000 && value <= 0x7fffffff ? value : BigInt.asIntN(32, BigInt(value))) : Number(BigInt.asIntN(32, value)); // prettier-ignore

/** Division and remainder, unsigned (`/`, `%`) or signed (`//`, `%%`). */
function divide(a: Int, b: Int, signed: boolean, remainder: boolean): Int {
  if (b == 0) fail("division by zero");
  const [x, y] = signed ? [BigInt(a), BigInt(b)] : [unsigned(a), unsigned(b)];
  return normalise(remainder ? x % y : x / y);
}

function shift(a: Int, b: Int, operator: string): Int {
  const count = unsigned(b);
  if (operator === "<<" || operator === "<<<") return count > 63n ? 0 : normalise(BigInt(a) << count);
  if (operator === ">>") return count > 63n ? 0 : normalise(unsigned(a) >> count);
  return normalise(BigInt(a) >> (count > 63n ? 63n : count));
}

const truth = (value: boolean): Int => (value ? 1 : 0);

export function binary(operator: string, a: Int, b: Int): Int {
  switch (operator) {
    case "+": {
      const sum = typeof a === "number" && typeof b === "number" ? a + b : NaN;
      return Number.isSafeInteger(sum) ? sum : normalise(BigInt(a) + BigInt(b));
    }
    case "-": {
      const difference = typeof a === "number" && typeof b === "number" ? a - b : NaN;
      return Number.isSafeInteger(difference) ? difference : normalise(BigInt(a) - BigInt(b));
    }
    case "*": {
      const product = typeof a === "number" && typeof b === "number" ? a * b : NaN;
      return Number.isSafeInteger(product) ? product + 0 : normalise(BigInt(a) * BigInt(b));
    }
    case "/":
      return divide(a, b, false, false);
    case "//":
      return divide(a, b, true, false);
    case "%":
      return divide(a, b, false, true);
    case "%%":
      return divide(a, b, true, true);
    case "<<":
    case "<<<":
    case ">>":
    case ">>>":
      return shift(a, b, operator);
    case "&":
      return isSmall(a, b) ? Number(a) & Number(b) : normalise(BigInt(a) & BigInt(b));
    case "|":
      return isSmall(a, b) ? Number(a) | Number(b) : normalise(BigInt(a) | BigInt(b));
    case "^":
      return isSmall(a, b) ? Number(a) ^ Number(b) : normalise(BigInt(a) ^ BigInt(b));
    case "=":
    case "==":
      return truth(a == b);
    case "!=":
    case "<>":
      return truth(a != b);
    case "<":
      return truth(a < b);
    case "<=":
      return truth(a <= b);
    case ">":
      return truth(a > b);
    case ">=":
      return truth(a >= b);
    case "<=>":
      return a < b ? -1 : a > b ? 1 : 0;
    case "&&":
      return truth(a != 0 && b != 0);
    case "||":
      return truth(a != 0 || b != 0);
    case "^^":
      return truth((a != 0) !== (b != 0));
    default:
      return fail(`unknown operator '${operator}'`);
  }
}

export function unary(operator: string, a: Int): Int {
  switch (operator) {
    case "-":
      return typeof a === "number" ? 0 - a : normalise(-a);
    case "~":
      return normalise(~BigInt(a));
    case "!":
      return truth(a == 0);
    default:
      return a;
  }
}
