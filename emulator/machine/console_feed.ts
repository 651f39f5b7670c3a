// Brings console input to a serial port at times that the guest decides, so that nothing is lost and the same input
// gives the same run: a byte goes in when the guest listens and its receiver has room; a line of a script goes in when
// the guest waits for one, as a person at the keyboard would type it; after the last line, ^D until the guest ends.
import { CLOCK_HZ } from "../devices/bus.ts";
import type { Timer } from "../devices/bus.ts";
import type { Machine } from "./machine.ts";

/** Time from one byte to the next: a character of ten bits at 115200 baud. */
const CHARACTER = Math.floor((CLOCK_HZ * 10) / 115_200);
/** A guest that never halts is taken to wait for a line when it has sent nothing for this long ... */
const PATIENCE = CLOCK_HZ / 10;
/** ... and one that halts when it has nothing to do, when it has been busy for this long. */
const LONG_PATIENCE = CLOCK_HZ * 10;
/** Pauses between unanswered ^D: doubled each time, up to the last. */
const FIRST_EOF_PAUSE = CLOCK_HZ;
const LAST_EOF_PAUSE = CLOCK_HZ * 16;

const LINE_FEED = 0x0a;
const END_OF_INPUT = 0x04;

/** `typed`: bytes as they come. `script`: line by line, then ^D. */
export type FeedMode = "typed" | "script";

export class ConsoleFeed {
  private readonly timer: Timer;
  private readonly chunks: Uint8Array[] = [];
  /** Next byte of the first chunk. */
  private offset = 0;
  private queued = 0;
  private taken = 0;
  private ended = false;
  /** Earliest time for the next byte. */
  private readyAt = 0;
  /** Script mode, between lines: since when the next one waits for the guest to be idle; -1 within a line. */
  private waitingSince = 0;
  private guestHalts = false;
  private outputsSeen = -1;
  private eofPause = FIRST_EOF_PAUSE;
  private outputsAtEof = -1;

  /** `port`: 0 is COM1, 1 is COM2. */
  constructor(
    private readonly machine: Machine,
    private readonly port: number,
    private readonly mode: FeedMode,
  ) {
    this.timer = machine.clock.createInputTimer(`console feed com${port + 1}`, () => this.due());
    machine.uarts[port].onReceiverReady = () => this.schedule();
    if (mode === "script") machine.onIdle = () => this.guestIdle();
  }

  /** Bytes that have not gone into the receiver yet. */
  get pending(): number {
    return this.queued;
  }

  /** Bytes that have gone in, ^D at the end not counted. */
  get delivered(): number {
    return this.taken;
  }

  /** More input. In a replay there is none: the log has it. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.push(bytes);
    this.queued += bytes.length;
    this.schedule();
  }

  /** There will be no more input. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.queued === 0) this.endLine();
    this.schedule();
  }

  private get hasNext(): boolean {
    return this.queued > 0 || (this.ended && this.mode === "script");
  }

  private get betweenLines(): boolean {
    return this.mode === "script" && this.waitingSince >= 0;
  }

  private canReceive(): boolean {
    const uart = this.machine.uarts[this.port];
    return uart.listening && uart.hasRoom() && (!this.betweenLines || uart.receiverEmpty);
  }

  private patience(): number {
    return this.guestHalts ? LONG_PATIENCE : PATIENCE;
  }

  /** Sets the time of the next byte; called whenever something about it may have changed. */
  private schedule(): void {
    if (!this.hasNext || !this.canReceive())
      this.timer.disarm(); // the receiver calls when that changes
    else if (this.betweenLines) this.timer.arm(Math.max(this.readyAt, this.waitingSince + this.patience()));
    else this.timer.arm(this.readyAt);
  }

  /** The guest halts: it waits for something, and that may be us. */
  private guestIdle(): void {
    this.guestHalts = true;
    if (!this.betweenLines || !this.hasNext || !this.canReceive()) return;
    // A ^D was answered (a program ended, the shell prompts again): the next one need not wait.
    if (this.queued === 0 && this.machine.outputCount !== this.outputsAtEof) this.readyAt = 0;
    this.timer.arm(this.readyAt);
  }

  private due(): void {
    if (!this.hasNext || !this.canReceive()) return;
    const now = this.machine.clock.now();
    if (this.betweenLines && !this.machine.halted && !this.patienceIsOver(now)) return this.schedule();
    if (this.queued > 0) this.sendByte(now);
    else this.sendEndOfInput(now);
    this.schedule();
  }

  /** True when a busy guest has been given its time; output from one that never halts starts it anew. */
  private patienceIsOver(now: number): boolean {
    if (!this.guestHalts && this.machine.outputCount !== this.outputsSeen) {
      this.outputsSeen = this.machine.outputCount;
      this.waitingSince = now;
    }
    return now >= this.waitingSince + this.patience();
  }

  private endLine(): void {
    this.waitingSince = this.machine.clock.now();
  }

  private sendByte(now: number): void {
    const chunk = this.chunks[0];
    const byte = chunk[this.offset++];
    this.queued--;
    this.taken++;
    if (this.offset === chunk.length) {
      this.chunks.shift();
      this.offset = 0;
    }
    this.waitingSince = -1;
    if (byte === LINE_FEED || (this.queued === 0 && this.ended)) this.endLine();
    this.readyAt = now + CHARACTER;
    this.machine.inject({ kind: "serial", port: this.port, byte });
  }

  private sendEndOfInput(now: number): void {
    const answered = this.machine.outputCount !== this.outputsAtEof;
    this.eofPause = answered ? FIRST_EOF_PAUSE : Math.min(this.eofPause * 2, LAST_EOF_PAUSE);
    this.outputsAtEof = this.machine.outputCount;
    this.endLine();
    this.readyAt = now + this.eofPause;
    this.machine.inject({ kind: "serial", port: this.port, byte: END_OF_INPUT });
  }
}
