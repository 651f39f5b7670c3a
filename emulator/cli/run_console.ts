import type { FeedMode } from "../machine/console_feed.ts";
import { ByteBuffer, type Endpoint, type InputReceiver } from "../host/endpoint.ts";
import { StdioEndpoint } from "../host/stdio.ts";
import { quotedInput } from "./quoted_input.ts";

/**
 * The console of a program that `run` starts: standard input and output, or (`capture`) its output kept for later. Beside a
 * terminal, plain pipes and files: then the terminal's own line editing and Ctrl-C stay in force.
 */
export class ProgramConsole implements Endpoint {
  readonly input: FeedMode;
  readonly #stdio: StdioEndpoint;
  readonly #captured = new ByteBuffer();
  #lastByte = 0x0a;

  constructor(private readonly capture: boolean) {
    const direct = !capture && process.stdout.isTTY;
    // A stream of its own also makes a terminal a plain source of the lines typed at it.
    this.#stdio = new StdioEndpoint(direct ? process.stdin : quotedInput(process.stdin));
    this.input = this.#stdio.input;
  }

  get live(): boolean {
    return this.#stdio.live;
  }

  /** True when the output so far does not end in the middle of a line. */
  get atLineStart(): boolean {
    return this.#lastByte === 0x0a;
  }

  /** What was captured, as text. */
  takeOutput(): string {
    return new TextDecoder().decode(this.#captured.take());
  }

  put(byte: number): void {
    this.#lastByte = byte;
    if (this.capture) this.#captured.put(byte);
    else this.#stdio.put(byte);
  }

  flush(): Promise<void> | null {
    return this.#stdio.flush();
  }

  open(receiver: InputReceiver): Promise<void> {
    return this.#stdio.open(receiver);
  }

  more(): Promise<void> {
    return this.#stdio.more();
  }

  pause(): void {
    this.#stdio.pause();
  }

  close(): Promise<void> {
    return this.#stdio.close();
  }
}
