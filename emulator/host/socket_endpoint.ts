// `unix:PATH`: a Unix socket that one client at a time may connect to. Only its owner may.
import { chmodSync, existsSync, lstatSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { UserError } from "../machine/user_error.ts";
import type { InputReceiver } from "./endpoint.ts";
import { WireEndpoint } from "./wire.ts";

export class SocketEndpoint extends WireEndpoint {
  private readonly server: Server;

  private constructor() {
    super();
    this.server = createServer((socket) => {
      if (this.attached) {
        socket.end("this serial line is in use\r\n");
        return;
      }
      this.attach(socket);
      socket.on("close", () => this.detach());
      socket.on("error", () => socket.destroy());
    });
  }

  /** @throws UserError when the socket can not be made, or another machine listens on it */
  static async create(path: string): Promise<SocketEndpoint> {
    await removeStaleSocket(path);
    const endpoint = new SocketEndpoint();
    const mask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        endpoint.server.once("error", reject);
        endpoint.server.listen(path, resolve);
      });
      chmodSync(path, 0o600);
    } catch (error) {
      throw new UserError(`--serial unix:${path}: ${(error as Error).message}`);
    } finally {
      process.umask(mask);
    }
    return endpoint;
  }

  override open(receiver: InputReceiver): Promise<void> {
    this.server.unref(); // the machine keeps the process alive, not the socket
    return super.open(receiver);
  }

  override async close(): Promise<void> {
    await super.close();
    this.server.close(); // also removes the socket file
  }
}

/** A socket file that nobody answers at is left over from a process that was killed. */
async function removeStaleSocket(path: string): Promise<void> {
  if (!existsSync(path)) return;
  if (!lstatSync(path).isSocket()) throw new UserError(`--serial unix:${path}: the file exists and is not a socket`);
  const answered = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.on("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
  if (answered) throw new UserError(`--serial unix:${path}: another process listens there`);
  unlinkSync(path);
}
