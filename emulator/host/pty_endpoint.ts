// `pty`: a pseudo-terminal that other programs (screen, minicom, cat) can open. Needs the optional package node-pty.
import { closeSync, constants, openSync } from "node:fs";
import type { ReadStream } from "node:tty";
import { UserError } from "../machine/user_error.ts";
import { WireEndpoint } from "./wire.ts";

/** What node-pty's open() gives; its type declarations leave it out. */
interface OpenPty {
  master: ReadStream;
  slave: ReadStream;
  ptsName: string;
}

export class PtyEndpoint extends WireEndpoint {
  /** We hold the slave open, so that the line survives when nobody else does, but never read from it. */
  private readonly slave: number;

  private constructor(private readonly pty: OpenPty) {
    super();
    this.slave = openSync(pty.ptsName, constants.O_RDWR | constants.O_NOCTTY);
    pty.slave.setRawMode(true); // no echo: it would come back to the guest as input
    pty.slave.destroy(); // at once, before it begins to read what is meant for others
    this.attach(pty.master);
  }

  /** Path of the slave, for the user. */
  get path(): string {
    return this.pty.ptsName;
  }

  /** @throws UserError when node-pty is not installed or gives no pseudo-terminal */
  static async create(): Promise<PtyEndpoint> {
    let open: (options: { cols: number; rows: number; encoding: null }) => OpenPty;
    try {
      const module = (await import("node-pty")) as unknown as { open?: typeof open; default?: { open: typeof open } };
      open = module.open ?? module.default!.open;
    } catch {
      throw new UserError(
        "--serial pty: the optional package node-pty is not installed; run `npm install node-pty`, " +
          "or use --serial unix:PATH instead",
      );
    }
    try {
      return new PtyEndpoint(open({ cols: 80, rows: 24, encoding: null }));
    } catch (error) {
      throw new UserError(`--serial pty: ${(error as Error).message}`);
    }
  }

  override async close(): Promise<void> {
    await super.close();
    this.detach();
    this.pty.master.destroy();
    closeSync(this.slave);
  }
}
