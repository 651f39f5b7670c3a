/** The records of native/oracle.c, and the emulator run on the same ones. */
import { Fpu, FpuStatus } from "../../../emulator/cpu/fpu/index.ts";
import type { FpuPort } from "../../../emulator/cpu/fpu/index.ts";

export const REQUEST_HEAD = 132;
export const ANSWER_HEAD = 124;
/** Offsets in an FRSTOR image, 32-bit protected layout. */
export const IMAGE = { CONTROL: 0, STATUS: 4, TAGS: 8, REGISTERS: 28, LENGTH: 108 } as const;
/** Where the image is in a request and in an answer. */
export const REQUEST_IMAGE = 24;
export const ANSWER_IMAGE = 16;

/** Signals as Linux numbers them. */
const SIGILL = 4;
const SIGFPE = 8;
const SIGSEGV = 11;
const ARITHMETIC_FLAGS = 0x8d5;
const NARROW_PROTECTED = 2;
const WIDE_PROTECTED = 3;

export interface Case {
  /** Instruction bytes, one or more; a memory operand is [ebx], ModRM 03h + reg * 8. */
  code: number[];
  /** EFLAGS, arithmetic flags only. */
  flags: number;
  control: number;
  /** Status word with TOP. */
  status: number;
  /** Full tag word. */
  tags: number;
  /** ST0..ST7 as [sign and exponent, significand high, significand low]. */
  registers: [number, number, number][];
  memory: Uint8Array;
}

export function encodeCase(test: Case): Buffer {
  const bytes = Buffer.alloc(REQUEST_HEAD + test.memory.length);
  bytes[0] = test.code.length;
  bytes.writeUInt16LE(test.memory.length, 2);
  bytes.writeUInt32LE(0x202 | test.flags, 4);
  bytes.set(test.code, 8);
  const image = bytes.subarray(REQUEST_IMAGE);
  image.writeUInt32LE((0xffff0000 | test.control) >>> 0, IMAGE.CONTROL);
  image.writeUInt32LE((0xffff0000 | test.status) >>> 0, IMAGE.STATUS);
  image.writeUInt32LE((0xffff0000 | test.tags) >>> 0, IMAGE.TAGS);
  test.registers.forEach(([head, high, low], i) => {
    image.writeUInt32LE(low >>> 0, IMAGE.REGISTERS + 10 * i);
    image.writeUInt32LE(high >>> 0, IMAGE.REGISTERS + 10 * i + 4);
    image.writeUInt16LE(head & 0xffff, IMAGE.REGISTERS + 10 * i + 8);
  });
  bytes.set(test.memory, REQUEST_HEAD);
  return bytes;
}

/** An x87 over a small memory: what the records need of a processor. */
export class Bench implements FpuPort {
  readonly words = new Int32Array(1024);
  readonly fpu = new Fpu(this.words, this);
  memory: Uint8Array = new Uint8Array(0);
  flags = 0;
  ax = 0;
  layout = WIDE_PROTECTED;
  /** Where `run` stopped. */
  offset = 0;
  /** Makes every memory access fault. */
  faulting = false;

  loadOperand(length: number): boolean {
    if (this.faulting || length > this.memory.length) return false;
    this.fpu.operand8.set(this.memory.subarray(0, length));
    return true;
  }
  storeOperand(length: number): boolean {
    if (this.faulting || length > this.memory.length) return false;
    this.memory.set(this.fpu.operand8.subarray(0, length));
    return true;
  }
  environmentLayout(): number {
    return this.layout;
  }
  readFlags(): number {
    return this.flags;
  }
  writeCompareFlags(flags: number): void {
    this.flags = (this.flags & ~ARITHMETIC_FLAGS) | flags;
  }
  writeAx(value: number): void {
    this.ax = value;
  }

  frstor(image: Uint8Array): void {
    this.memory = image;
    this.layout = WIDE_PROTECTED;
    this.words[0] = 0;
    this.fpu.executeEscape(0xdb, 0xe3, 0, 0, 0, 0);
    this.fpu.executeEscape(0xdd, 0x23, 0, 0, 0, 0);
  }
  fnsave(image: Uint8Array): void {
    this.memory = image;
    this.layout = WIDE_PROTECTED;
    this.fpu.executeEscape(0xdd, 0x33, 0, 0, 0, 0);
  }
  /** Runs instructions up to the first that is not DONE; `offset` is where that is. */
  run(code: ArrayLike<number>): FpuStatus {
    for (let at = 0; at < code.length;) {
      this.offset = at;
      this.layout = WIDE_PROTECTED;
      if (code[at] === 0x66) {
        at++;
        this.layout = NARROW_PROTECTED;
      }
      let status: FpuStatus;
      if (code[at] === 0x9b) {
        status = this.fpu.pending ? FpuStatus.PENDING : FpuStatus.DONE;
        at++;
      } else if (code[at] === 0x0f) {
        status = (code[at + 2] & 0x38) === 0 ? this.fpu.saveExtended(true) : this.fpu.restoreExtended(true);
        at += 3;
      } else {
        status = this.fpu.executeEscape(code[at], code[at + 1], 0, 0, 0, 0);
        at += 2;
      }
      if (status !== FpuStatus.DONE) return status;
    }
    this.offset = 0;
    return FpuStatus.DONE;
  }
}

/** Runs native/oracle.c requests on the emulator; the answer has the oracle's format. */
export function runEmulated(requests: Buffer, bench = new Bench()): Buffer {
  const answers: Buffer[] = [];
  for (let at = 0; at < requests.length;) {
    const memoryLength = requests.readUInt16LE(at + 2);
    const answer = Buffer.alloc(ANSWER_HEAD + memoryLength);
    bench.frstor(requests.subarray(at + REQUEST_IMAGE, at + REQUEST_HEAD));
    bench.flags = requests.readUInt32LE(at + 4);
    bench.ax = 0xaaaa;
    const memory = answer.subarray(ANSWER_HEAD);
    requests.copy(memory, 0, at + REQUEST_HEAD, at + REQUEST_HEAD + memoryLength);
    bench.memory = memory;
    const status = bench.run(requests.subarray(at + 8, at + 8 + requests[at]));
    answer.writeUInt32LE([0, SIGSEGV, SIGFPE, SIGILL, SIGSEGV][status], 0);
    answer.writeUInt32LE(bench.offset, 4);
    if (status === FpuStatus.DONE) {
      answer.writeUInt32LE(bench.flags, 8);
      answer.writeUInt32LE((0xaaaa0000 | bench.ax) >>> 0, 12);
    }
    bench.fnsave(answer.subarray(ANSWER_IMAGE, ANSWER_HEAD));
    answers.push(answer);
    at += REQUEST_HEAD + memoryLength;
  }
  return Buffer.concat(answers);
}
