import { type Readable, Transform, type TransformCallback } from "node:stream";

/** The guest's raw console (`console=ttyS0,raw`) ends its input at ^D, and takes the byte behind a ^V as it is. */
const END = 0x04;
const QUOTE = 0x16;

class Quoter extends Transform {
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes: number[] = [];
    for (const byte of chunk) {
      if (byte === END || byte === QUOTE) bytes.push(QUOTE);
      bytes.push(byte);
    }
    done(null, Buffer.from(bytes));
  }
}

/** `input` for a raw console: every byte of it reaches the program. */
export function quotedInput(input: Readable): Readable {
  const quoter = new Quoter();
  input.on("error", () => quoter.end()); // what cannot be read has ended; a pipe passes on data and ends only
  return input.pipe(quoter);
}
