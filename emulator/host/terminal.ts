// The person's terminal in raw mode, put back as it was on every way out of the process.
import type { ReadStream } from "node:tty";

export class RawTerminal {
  private raw = false;
  private readonly leaveAtExit = (): void => this.leave();
  private readonly enterAgain = (): void => {
    if (this.raw) this.input.setRawMode(true);
  };

  constructor(private readonly input: ReadStream) {}

  /** From here on every key goes to the guest, Ctrl-C included. */
  enter(): void {
    if (this.raw) return;
    this.raw = true;
    this.input.setRawMode(true);
    // "exit" is emitted for process.exit, for an uncaught error and after a handled signal.
    process.on("exit", this.leaveAtExit);
    process.on("SIGCONT", this.enterAgain); // the shell has set its own mode while we were stopped
  }

  leave(): void {
    if (!this.raw) return;
    this.raw = false;
    process.off("exit", this.leaveAtExit);
    process.off("SIGCONT", this.enterAgain);
    try {
      this.input.setRawMode(false);
    } catch {
      // The terminal has gone (its window was closed): there is nothing left to restore.
    }
  }
}
