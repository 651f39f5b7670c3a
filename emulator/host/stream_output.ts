import type { Writable } from "node:stream";
import { ByteBuffer } from "./endpoint.ts";

/** Bytes for a stream of the process, written slice by slice, with its backpressure and its end. */
export class StreamOutput {
  private readonly buffer = new ByteBuffer();
  private closed = false;

  /** `onClosed`: the reader has gone (EPIPE). Further bytes vanish. */
  constructor(
    private readonly stream: Writable,
    private readonly onClosed: () => void,
  ) {
    stream.on("error", this.failed);
  }

  put(byte: number): void {
    this.buffer.put(byte);
  }

  flush(): Promise<void> | null {
    if (this.buffer.empty) return null;
    const bytes = this.buffer.take();
    if (this.closed || this.stream.write(bytes)) return null;
    return new Promise((resolve) => {
      const done = (): void => {
        this.stream.off("drain", done);
        this.stream.off("error", done);
        this.stream.off("close", done);
        resolve();
      };
      this.stream.on("drain", done);
      this.stream.on("error", done);
      this.stream.on("close", done);
    });
  }

  /** Resolves when every byte has reached the operating system. The stream itself stays open. */
  async close(): Promise<void> {
    await this.flush();
    if (!this.closed) await new Promise<void>((resolve) => this.stream.write("", () => resolve()));
    this.stream.off("error", this.failed);
    this.stream.on("error", () => {}); // a late EPIPE must not become an uncaught error
  }

  private readonly failed = (): void => {
    if (this.closed) return;
    this.closed = true;
    this.onClosed();
  };
}
