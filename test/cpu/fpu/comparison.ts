/** Compares answers of the emulator with the oracle's. */
import { ANSWER_HEAD, ANSWER_IMAGE, IMAGE } from "./records.ts";

const ARITHMETIC_FLAGS = 0x8d5;

/** Fields of an answer's head. */
const SIGNAL = 0;
const OFFSET = 4;
const FLAGS = 8;
const EAX = 12;

/** A readable account of an answer: what of it is compared. */
export function describeAnswer(answer: Buffer): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  const image = answer.subarray(ANSWER_IMAGE, ANSWER_HEAD);
  const registers = [];
  for (let at: number = IMAGE.REGISTERS; at < IMAGE.LENGTH; at += 10) {
    registers.push(`${hex(image.readUInt16LE(at + 8), 4)}:${image.readBigUInt64LE(at).toString(16).padStart(16, "0")}`);
  }
  return [
    `signal ${answer.readUInt32LE(SIGNAL)} at ${answer.readUInt32LE(OFFSET)}`,
    `flags ${hex(answer.readUInt32LE(FLAGS) & ARITHMETIC_FLAGS, 3)} eax ${hex(answer.readUInt32LE(EAX), 8)}`,
    `control ${hex(image.readUInt16LE(IMAGE.CONTROL), 4)} status ${hex(image.readUInt16LE(IMAGE.STATUS), 4)}`,
    `tags ${hex(image.readUInt16LE(IMAGE.TAGS), 4)} st ${registers.join(" ")}`,
    `memory ${answer.subarray(ANSWER_HEAD).toString("hex")}`,
  ].join(" ");
}

/** Whether two answers agree in everything architectural; the last-instruction pointers are not compared. */
export function sameAnswer(a: Buffer, b: Buffer): boolean {
  return (
    sameUpToResults(a, b, 0xffff) &&
    a.compare(b, ANSWER_IMAGE + IMAGE.REGISTERS, a.length, ANSWER_IMAGE + IMAGE.REGISTERS, b.length) === 0
  );
}

/** The same without register contents and memory, and of the status word only the bits in `statusMask`. */
export function sameUpToResults(a: Buffer, b: Buffer, statusMask: number): boolean {
  for (const field of [SIGNAL, OFFSET, EAX]) if (a.readUInt32LE(field) !== b.readUInt32LE(field)) return false;
  if (((a.readUInt32LE(FLAGS) ^ b.readUInt32LE(FLAGS)) & ARITHMETIC_FLAGS) !== 0) return false;
  for (const field of [IMAGE.CONTROL, IMAGE.TAGS]) {
    if (a.readUInt16LE(ANSWER_IMAGE + field) !== b.readUInt16LE(ANSWER_IMAGE + field)) return false;
  }
  const status = ANSWER_IMAGE + IMAGE.STATUS;
  return ((a.readUInt16LE(status) ^ b.readUInt16LE(status)) & statusMask) === 0;
}

/** The largest distance in units of the last place between two answers' registers. */
export function registerDistance(a: Buffer, b: Buffer): bigint {
  let distance = 0n;
  for (let at = ANSWER_IMAGE + IMAGE.REGISTERS; at < ANSWER_HEAD; at += 10) {
    const difference = position(a, at) - position(b, at);
    const size = difference < 0n ? -difference : difference;
    if (size > distance) distance = size;
  }
  return distance;
}

/** A register's place in the order of all values: consecutive numbers are one apart. */
function position(answer: Buffer, at: number): bigint {
  const head = answer.readUInt16LE(at + 8);
  const exponent = BigInt(head & 0x7fff);
  const significand = answer.readBigUInt64LE(at);
  const magnitude = exponent === 0n ? significand : ((exponent - 1n) << 63n) + significand;
  return (head & 0x8000) !== 0 ? -magnitude : magnitude;
}
