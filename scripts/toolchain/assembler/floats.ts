/** Floating-point constants for dd, dq and dt: correctly rounded (to nearest, ties to even) from the decimal text. */
import { fail } from "./errors.ts";

interface Format {
  /** Bits of the significand with its leading one. */
  precision: number;
  exponentBits: number;
  /** x87's extended format stores the leading one. */
  explicit: boolean;
}

const formats: Record<number, Format> = {
  4: { precision: 24, exponentBits: 8, explicit: false },
  8: { precision: 53, exponentBits: 11, explicit: false },
  10: { precision: 64, exponentBits: 15, explicit: true },
};

/** The exact rational value of a decimal or hexadecimal (0x1.8p3) constant. */
function rational(text: string): [bigint, bigint] {
  const clean = text.replaceAll("_", "").toLowerCase();
  const hex = /^0[xh]([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)$/.exec(clean);
  const decimal = /^(\d*)\.?(\d*)(?:e([+-]?\d+))?$/.exec(clean);
  const match = hex ?? decimal ?? fail(`malformed floating-point constant '${text}'`);
  const [, whole, fraction, exponent] = match;
  const digits = BigInt((hex ? "0x0" : "0") + whole + fraction);
  const e = Number(exponent ?? 0);
  if (Math.abs(e) > 20000) fail(`floating-point constant '${text}' is out of range`);
  const base = hex ? 2n : 10n;
  const power = e - fraction.length * (hex ? 4 : 1);
  return power >= 0 ? [digits * base ** BigInt(power), 1n] : [digits, base ** BigInt(-power)];
}

const bitLength = (value: bigint): number => value.toString(2).length;

/** Bytes of the constant in the format of `size` bytes (4, 8 or 10). Throws AssemblyError for malformed text. */
export function floatBytes(text: string, negative: boolean, size: number): Uint8Array {
  const format = formats[size] ?? fail("a floating-point constant needs dd, dq or dt");
  const { precision, exponentBits, explicit } = format;
  const bias = (1 << (exponentBits - 1)) - 1;
  const infinite = (1 << exponentBits) - 1;
  const significandBits = explicit ? precision : precision - 1;
  let exponent = 0;
  let significand = 0n;
  const special = /^__\??(infinity|nan|qnan|snan)\??__$/i.exec(text)?.[1].toLowerCase();
  if (special) {
    exponent = infinite;
    const top = 1n << BigInt(precision - 1);
    if (explicit) significand = top;
    if (special === "nan" || special === "qnan") significand |= top >> 1n;
    if (special === "snan") significand |= 1n;
  } else {
    const [numerator, denominator] = rational(text);
    if (numerator !== 0n) {
      // Scale so that the quotient has `precision` bits, fewer where the number is subnormal.
      let power = bitLength(numerator) - bitLength(denominator) - precision;
      const quotient = (): [bigint, bigint, bigint] => {
        const up = power < 0 ? numerator << BigInt(-power) : numerator;
        const down = power > 0 ? denominator << BigInt(power) : denominator;
        return [up / down, up % down, down];
      };
      if (bitLength(quotient()[0]) > precision) power++;
      const least = 1 - bias - (precision - 1);
      if (power < least) power = least;
      const [whole, rest, down] = quotient();
      const roundUp = rest * 2n > down || (rest * 2n === down && (whole & 1n) === 1n);
      significand = roundUp ? whole + 1n : whole;
      if (bitLength(significand) > precision) {
        significand >>= 1n;
        power++;
      }
      exponent = bitLength(significand) < precision ? 0 : power + precision - 1 + bias;
      if (exponent >= infinite) {
        exponent = infinite;
        significand = 1n << BigInt(precision - 1);
      }
    }
    if (!explicit) significand &= (1n << BigInt(precision - 1)) - 1n;
  }
  let bits = (BigInt((negative ? 1 << exponentBits : 0) | exponent) << BigInt(significandBits)) | significand;
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++, bits >>= 8n) bytes[i] = Number(bits & 0xffn);
  return bytes;
}
