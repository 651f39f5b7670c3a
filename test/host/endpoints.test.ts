import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Endpoint, InputReceiver } from "../../emulator/host/endpoint.ts";
import { openEndpoint } from "../../emulator/host/serial.ts";
import { StdioEndpoint } from "../../emulator/host/stdio.ts";
import { UserError } from "../../emulator/machine/user_error.ts";
import { pty } from "../support/pty.ts";

let folder: string;
let open: Endpoint[];
let announced: string[];
const make = async (text: string) => {
  const endpoint = await openEndpoint(text, "COM1", (line) => announced.push(line));
  open.push(endpoint);
  return endpoint;
};
const say = (endpoint: Endpoint, text: string) => {
  for (const byte of Buffer.from(text)) endpoint.put(byte);
  endpoint.flush();
};

/** Collects what an endpoint delivers; `until` waits for it. */
class Collector implements InputReceiver {
  text = "";
  ended = false;
  private wake: (() => void) | null = null;
  data(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString("latin1");
    this.wake?.();
  }
  end(): void {
    this.ended = true;
    this.wake?.();
  }
  break(): void {}
  exit(): void {}
  hangUp(): void {}
  outputClosed(): void {}
  async until(done: (collector: Collector) => boolean): Promise<void> {
    while (!done(this)) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

/** Reads a stream until it has given `text`. */
function reading(stream: NodeJS.ReadableStream, text: string): Promise<string> {
  return new Promise((resolve) => {
    let got = "";
    stream.on("data", (chunk: Buffer) => {
      got += chunk.toString("latin1");
      if (got.includes(text)) resolve(got);
    });
  });
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.on("error", reject);
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "faultline-"));
  open = [];
  announced = [];
});
afterEach(async () => {
  for (const endpoint of open) await endpoint.close();
  rmSync(folder, { recursive: true });
});

describe("--serial", () => {
  it.each(["", "tcp:80", "file:", "unix", "stdoi", "pty:x:y"])(
    "%j is refused with the forms there are",
    async (text) => {
      await expect(make(text)).rejects.toThrow(UserError);
      await expect(make(text)).rejects.toThrow("stdio, stderr, pty, unix:PATH, file:PATH or none");
    },
  );
});

describe("--serial file:PATH", () => {
  it("holds every byte as sent", async () => {
    const path = join(folder, "log");
    const endpoint = await make(`file:${path}`);
    for (let i = 0; i < 100_000; i++) endpoint.put(i & 0xff);
    endpoint.flush();
    expect(readFileSync(path)).toEqual(Buffer.from(Uint8Array.from({ length: 100_000 }, (_, i) => i & 0xff)));
  });

  it("says why it can not be written", async () => {
    await expect(make(`file:${folder}/no/such`)).rejects.toThrow(/^file:.*ENOENT/);
  });
});

describe("--serial unix:PATH", () => {
  it("belongs to its owner alone and is gone afterwards", async () => {
    const path = join(folder, "s");
    const endpoint = await make(`unix:${path}`);
    expect(announced).toEqual([`COM1 is unix:${path}`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await open.pop()!.close();
    expect(existsSync(path)).toBe(false);
    expect(endpoint.live).toBe(true);
  });

  it("gives a client what was said before, and what it types to the guest", async () => {
    const path = join(folder, "s");
    const endpoint = await make(`unix:${path}`);
    const input = new Collector();
    await endpoint.open(input);
    say(endpoint, "before ");
    const client = await connected(path);
    const got = reading(client, "after");
    client.write("typed");
    await input.until(({ text }) => text === "typed");
    say(endpoint, "after");
    expect(await got).toBe("before after");
    client.destroy();
  });

  it("serves one client at a time, and the next when that has left", async () => {
    const path = join(folder, "s");
    const endpoint = await make(`unix:${path}`);
    await endpoint.open(new Collector());
    const first = await connected(path);
    const second = await connected(path);
    expect(await reading(second, "\n")).toBe("this serial line is in use\r\n");
    first.destroy();
    for (;;) {
      const third = await connected(path);
      const got = reading(third, "\n");
      say(endpoint, "hello\n");
      if (!(await got).includes("in use")) break; // the server has not seen the first leave until now
    }
  });

  it("takes over a socket that was left behind, but not one that is in use, nor another file", async () => {
    const path = join(folder, "s");
    const child = spawn(process.execPath, [
      "-e",
      `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`,
    ]);
    await reading(child.stdout, "up");
    await expect(make(`unix:${path}`)).rejects.toThrow(/another process listens there/);
    const gone = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    expect(existsSync(path)).toBe(true);
    await make(`unix:${path}`);

    writeFileSync(join(folder, "file"), "");
    await expect(make(`unix:${join(folder, "file")}`)).rejects.toThrow(/is not a socket/);
    await expect(make(`unix:${join(folder, "no/such")}`)).rejects.toThrow(UserError);
  });

  it("does not let a client that stops reading hold up the guest", async () => {
    const path = join(folder, "s");
    const endpoint = await make(`unix:${path}`);
    await endpoint.open(new Collector());
    const client = await connected(path);
    client.pause();
    for (let i = 0; i < 64; i++) say(endpoint, "x".repeat(65_536));
    client.destroy();
    expect(endpoint.flush()).toBeNull();
  });
});

describe.skipIf(!pty)("--serial pty (needs node-pty)", () => {
  it("is a terminal that another program can open, without echo, both ways", async () => {
    const endpoint = await make("pty");
    const input = new Collector();
    await endpoint.open(input);
    const path = /^COM1 is (\/dev\/\S+)$/.exec(announced[0])![1];
    const reader = spawn("cat", [path]);
    const got = reading(reader.stdout, "guest");
    say(endpoint, "hello from the guest");
    expect(await got).toBe("hello from the guest");
    spawn("sh", ["-c", `printf 'typed\\003' > "$0"`, path]);
    await input.until(({ text }) => text.includes("\x03"));
    expect(input.text).toBe("typed\x03");
    reader.kill();
  });
});

describe("standard input that is not a terminal", () => {
  it("is gathered to its end before the run begins", async () => {
    const stdin = new PassThrough();
    const endpoint = new StdioEndpoint(stdin);
    expect([endpoint.input, endpoint.live]).toEqual(["script", true]);
    const input = new Collector();
    const opened = endpoint.open(input);
    stdin.write("one\n");
    await new Promise((resolve) => setImmediate(resolve));
    stdin.end("two\n");
    await opened;
    expect([input.text, input.ended, endpoint.live]).toEqual(["one\ntwo\n", true, false]);
  });

  it("does not keep the run waiting when it is silent", async () => {
    const stdin = new PassThrough();
    const endpoint = new StdioEndpoint(stdin);
    const input = new Collector();
    await endpoint.open(input);
    expect([input.text, input.ended]).toEqual(["", false]);
    stdin.write("later");
    await input.until(({ text }) => text === "later");
  });

  it("is held back when there is plenty, and read on when asked", async () => {
    const stdin = new PassThrough();
    const endpoint = new StdioEndpoint(stdin);
    class Full extends Collector {
      override data(bytes: Uint8Array): void {
        super.data(bytes);
        if (this.text.length === 4) endpoint.pause();
      }
    }
    const input = new Full();
    const opened = endpoint.open(input);
    stdin.write("1234");
    await opened;
    stdin.write("5678");
    await new Promise((resolve) => setImmediate(resolve));
    expect(input.text).toBe("1234");
    stdin.end();
    await endpoint.more();
    expect([input.text, input.ended]).toEqual(["12345678", true]);
  });
});
