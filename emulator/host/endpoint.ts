// The host's end of a serial line: where the guest's bytes go and where its input comes from.

import type { FeedMode } from "../machine/console_feed.ts";

/** Takes the input of an endpoint. */
export interface InputReceiver {
  data(bytes: Uint8Array): void;
  /** No more input will come. */
  end(): void;
  /** A break condition. */
  break(): void;
  /** The person at the terminal wants to leave. */
  exit(): void;
  /** The terminal has gone. */
  hangUp(): void;
  /** Nobody reads our output any more (a closed pipe). */
  outputClosed(): void;
}

export interface Endpoint {
  /** How its input goes to the guest; null: there never is any. */
  readonly input: FeedMode | null;
  /** True when somebody may type at any time: the guest's idle time is then real time. Until then, a script. */
  readonly live: boolean;
  /** Takes a byte from the guest; kept until flush(). */
  put(byte: number): void;
  /** Passes on what was put. A promise means: do not run on before it is done (the other side is slow). */
  flush(): Promise<void> | null;
  /** Begins to deliver input. Resolves when what was there already has been delivered. */
  open(receiver: InputReceiver): Promise<void>;
  /** Asks for more input after the receiver had plenty; resolves when some came, or there is none for now. */
  more(): Promise<void>;
  /** The receiver has plenty: stop delivering until more() is called. */
  pause(): void;
  /** All output is out, everything is as it was found. */
  close(): Promise<void>;
}

/** Collects bytes between two flushes. */
export class ByteBuffer {
  private bytes = new Uint8Array(4096);
  private length = 0;

  get empty(): boolean {
    return this.length === 0;
  }

  put(byte: number): void {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.length++] = byte;
  }

  /** A copy of what was put; the buffer is empty after. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }
}

/** An endpoint without input. */
export abstract class OutputOnly implements Endpoint {
  readonly input = null;
  readonly live = false;
  protected readonly buffer = new ByteBuffer();
  put(byte: number): void {
    this.buffer.put(byte);
  }
  abstract flush(): Promise<void> | null;
  open(_receiver: InputReceiver): Promise<void> {
    return Promise.resolve();
  }
  more(): Promise<void> {
    return Promise.resolve();
  }
  pause(): void {}
  close(): Promise<void> {
    return this.flush() ?? Promise.resolve();
  }
}

/** `none`: bytes vanish. */
export class NoEndpoint extends OutputOnly {
  override put(): void {}
  flush(): null {
    return null;
  }
}
