/** Compares answers of the emulator with the oracle's. */
import { ANSWER_HEAD, ANSWER_IMAGE, IMAGE } from "./records.ts";

const ARITHMETIC_FLAGS = 0x8d5;

/** A readable account of an answer: what of it is compared. */
export function describeAnswer(answer: Buffer): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  const signal = answer.readUInt32LE(0);
  const memory = answer.subarray(ANSWER_HEAD).toString("hex");
  // After a signal the state is what the host's handler left.
  if (signal !== 0) return `signal ${signal} memory ${memory}`;
  const image = answer.subarray(ANSWER_IMAGE, ANSWER_HEAD);
  const registers = [];
  for (let at: number = IMAGE.REGISTERS; at < IMAGE.LENGTH; at += 10) {
    registers.push(
      `${hex(image.readUInt16LE(at + 8), 4)}:${image
        .subarray(at, at + 8)
        .reverse()
        .toString("hex")}`,
    );
    image.subarray(at, at + 8).reverse();
  }
  return [
    `flags ${hex(answer.readUInt32LE(4) & ARITHMETIC_FLAGS, 3)} eax ${hex(answer.readUInt32LE(8), 8)}`,
    `control ${hex(image.readUInt16LE(IMAGE.CONTROL), 4)} status ${hex(image.readUInt16LE(IMAGE.STATUS), 4)}`,
    `tags ${hex(image.readUInt16LE(IMAGE.TAGS), 4)} st ${registers.join(" ")} memory ${memory}`,
  ].join(" ");
}

/** Whether two answers agree in everything architectural; the last-instruction pointers are not compared. */
export function sameAnswer(a: Buffer, b: Buffer): boolean {
  if (a.readUInt32LE(0) !== b.readUInt32LE(0)) return false;
  if (a.compare(b, ANSWER_HEAD, b.length, ANSWER_HEAD, a.length) !== 0) return false;
  if (a.readUInt32LE(0) !== 0) return true;
  if (((a.readUInt32LE(4) ^ b.readUInt32LE(4)) & ARITHMETIC_FLAGS) !== 0) return false;
  if (a.readUInt32LE(8) !== b.readUInt32LE(8)) return false;
  for (const field of [IMAGE.CONTROL, IMAGE.STATUS, IMAGE.TAGS]) {
    if (a.readUInt16LE(ANSWER_IMAGE + field) !== b.readUInt16LE(ANSWER_IMAGE + field)) return false;
  }
  const registers = ANSWER_IMAGE + IMAGE.REGISTERS;
  return a.compare(b, registers, ANSWER_HEAD, registers, ANSWER_HEAD) === 0;
}
