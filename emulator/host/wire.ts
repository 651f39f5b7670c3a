// A serial line that others can plug into and leave: the common part of sockets and pseudo-terminals.
import type { Duplex } from "node:stream";
import { ByteBuffer, type Endpoint, type InputReceiver } from "./endpoint.ts";
import { LineQueue } from "./line_queue.ts";

/** Time that the last output has to reach a listener when the machine ends. */
const LAST_WORDS_MS = 500;

export abstract class WireEndpoint implements Endpoint {
  readonly input = "typed";
  readonly live = true;
  protected receiver: InputReceiver | null = null;
  private readonly buffer = new ByteBuffer();
  private readonly queue = new LineQueue();
  private stream: Duplex | null = null;
  private writing = false;
  private drained: (() => void) | null = null;

  put(byte: number): void {
    this.buffer.put(byte);
  }

  /** Never waits: a listener that does not read must not stop the guest. */
  flush(): null {
    if (!this.buffer.empty) {
      this.queue.push(this.buffer.take());
      this.pump();
    }
    return null;
  }

  open(receiver: InputReceiver): Promise<void> {
    this.receiver = receiver;
    return Promise.resolve();
  }

  more(): Promise<void> {
    this.stream?.resume();
    return Promise.resolve();
  }

  pause(): void {
    this.stream?.pause();
  }

  async close(): Promise<void> {
    this.flush();
    if (this.writing) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LAST_WORDS_MS);
        this.drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  protected get attached(): boolean {
    return this.stream !== null;
  }

  /** Somebody plugs in: they get what was said lately and is still undelivered. */
  protected attach(stream: Duplex): void {
    this.stream = stream;
    this.writing = false;
    stream.on("data", (chunk: Buffer) => this.receiver?.data(chunk));
    this.pump();
  }

  protected detach(): void {
    this.stream = null;
    this.writing = false;
    this.drained?.();
  }

  private pump(): void {
    const stream = this.stream;
    if (!stream || this.writing) return;
    const chunk = this.queue.shift();
    if (!chunk) {
      this.drained?.();
      return;
    }
    this.writing = true;
    stream.write(chunk, (error) => {
      if (this.stream !== stream) return;
      this.writing = false;
      if (error) this.queue.unshift(chunk);
      else this.pump();
    });
  }
}
