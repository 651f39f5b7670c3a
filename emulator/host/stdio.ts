// COM1 on the process's own terminal, or on pipes and files in its place.
import type { Readable } from "node:stream";
import { ReadStream as TtyReadStream } from "node:tty";
import type { FeedMode } from "../machine/console_feed.ts";
import type { Endpoint, InputReceiver } from "./endpoint.ts";
import { ESCAPE_HELP, EscapeFilter } from "./escape.ts";
import { StreamOutput } from "./stream_output.ts";
import { RawTerminal } from "./terminal.ts";

/** Input that is there at once, or within this time of the last, is part of the script the run begins with. */
const SILENCE_MS = 100;

export class StdioEndpoint implements Endpoint {
  readonly input: FeedMode;
  live = true;
  private readonly output: StreamOutput;
  private readonly stdin: Readable;
  private readonly terminal: RawTerminal | null;
  private readonly escapes = new EscapeFilter();
  private receiver: InputReceiver | null = null;
  private ended = false;
  private paused = false;
  /** Called when input came or ended. */
  private arrived: (() => void) | null = null;

  constructor(stdin: Readable = process.stdin) {
    this.stdin = stdin;
    const isTerminal = stdin instanceof TtyReadStream && stdin.isTTY;
    this.terminal = isTerminal ? new RawTerminal(stdin) : null;
    this.input = isTerminal ? "typed" : "script";
    this.output = new StreamOutput(process.stdout, () => this.receiver?.outputClosed());
  }

  put(byte: number): void {
    this.output.put(byte);
  }

  flush(): Promise<void> | null {
    return this.output.flush();
  }

  open(receiver: InputReceiver): Promise<void> {
    this.receiver = receiver;
    this.stdin.on("data", (chunk: Buffer) => this.data(chunk));
    this.stdin.on("end", () => this.end());
    this.stdin.on("close", () => this.end());
    this.stdin.on("error", () => this.end()); // EIO: the terminal has gone
    if (this.terminal) {
      this.terminal.enter();
      return Promise.resolve();
    }
    return this.silence();
  }

  pause(): void {
    if (this.terminal) return; // nobody types that fast; Ctrl-A x must always work
    this.paused = true;
    this.stdin.pause();
  }

  more(): Promise<void> {
    if (this.ended || !this.paused) return Promise.resolve();
    this.paused = false;
    this.stdin.resume();
    return this.silence();
  }

  async close(): Promise<void> {
    this.terminal?.leave();
    this.stdin.removeAllListeners("data");
    this.stdin.pause();
    await this.output.close();
  }

  /** Resolves at the end of input, when the receiver has asked for a pause, or after a time without any. */
  private async silence(): Promise<void> {
    while (!this.ended && !this.paused) {
      const came = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), SILENCE_MS);
        this.arrived = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      this.arrived = null;
      if (!came) return;
    }
  }

  private data(chunk: Uint8Array): void {
    const receiver = this.receiver!;
    if (!this.terminal) receiver.data(chunk);
    else {
      for (const item of this.escapes.filter(chunk)) {
        if ("bytes" in item) receiver.data(item.bytes);
        else if (item.command === "break") receiver.break();
        else if (item.command === "exit") {
          // The prompt of the user's shell begins on a line of its own.
          process.stderr.write("\r\n");
          receiver.exit();
        } else process.stderr.write(ESCAPE_HELP);
      }
    }
    this.arrived?.();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.live = false;
    if (this.terminal) this.receiver!.hangUp();
    else this.receiver!.end();
    this.arrived?.();
  }
}
