import { join } from "node:path";
import type { IPty } from "node-pty";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { pty } from "../support/pty.ts";
import { buildPrograms, runs32Bit, scratch } from "./native.ts";

/** The shell on a pseudo-terminal of the host. */
class Session {
  private output = "";
  private readonly terminal: IPty;
  private exit: { exitCode: number } | null = null;

  constructor() {
    const options = { cwd: scratch, env: { PATH: scratch }, cols: 80, rows: 24 };
    this.terminal = pty!.spawn(join(scratch, "sh"), [], options);
    this.terminal.onData((data) => (this.output += data));
    this.terminal.onExit((exit) => (this.exit = exit));
  }

  type(keys: string): void {
    this.terminal.write(keys);
  }

  /** Everything printed since the last call, once it ends with `end`. */
  async until(end: string): Promise<string> {
    await expect.poll(() => this.output.endsWith(end), { timeout: 10_000, message: `waiting for ${end}` }).toBe(true);
    const output = this.output;
    this.output = "";
    return output;
  }

  async status(): Promise<number> {
    await expect.poll(() => this.exit, { timeout: 10_000 }).not.toBeNull();
    return this.exit!.exitCode;
  }

  kill(): void {
    if (!this.exit) this.terminal.kill("SIGKILL");
  }
}

describe.skipIf(!runs32Bit || !pty)("sh at a terminal", () => {
  let session: Session;
  beforeAll(buildPrograms);
  afterEach(() => session.kill());

  async function start(): Promise<void> {
    session = new Session();
    expect(await session.until("$ ")).toBe("$ ");
  }

  it("prompts, runs what is typed, asks for the rest of a command, and ends at ^D", async () => {
    await start();
    session.type("echo hello\r");
    expect(await session.until("$ ")).toBe("echo hello\r\nhello\r\n$ ");
    session.type("echo 'a\r");
    expect(await session.until("> ")).toBe("echo 'a\r\n> ");
    session.type("b'\r");
    expect(await session.until("$ ")).toBe("b'\r\na\r\nb\r\n$ ");
    session.type("false\r");
    await session.until("$ ");
    session.type("\x04");
    expect(await session.until("\r\n")).toBe("\r\n");
    expect(await session.status()).toBe(1);
  });

  it("says how a program was killed", async () => {
    await start();
    session.type("nullderef\r");
    expect(await session.until("$ ")).toBe("nullderef\r\nSegmentation fault\r\n$ ");
  });

  it("^C at the prompt gives the line up", async () => {
    await start();
    session.type("echo never");
    await session.until("echo never"); // the terminal forgets what it has not shown yet
    session.type("\x03");
    expect(await session.until("$ ")).toBe("^C\r\n$ ");
    session.type("echo $?\r");
    expect(await session.until("$ ")).toBe("echo $?\r\n130\r\n$ ");
  });

  it.each([
    "cat",
    "for i in 1 2 3; do cat; done",
    "cat | cat",
    "(cat; echo never); echo never",
    "while true; do true; done",
  ])("^C ends `%s` and not the shell", async (command) => {
    await start();
    session.type(`echo begin; ${command}\r`);
    await session.until("\r\nbegin\r\n");
    session.type("\x03");
    expect(await session.until("$ ")).toBe("^C\r\n$ ");
    session.type("echo $?\r");
    expect(await session.until("$ ")).toBe("echo $?\r\n130\r\n$ ");
  });

  it("ls fills columns", async () => {
    await start();
    session.type("mkdir_is_not_there 2> a-file; ls /dev/null /dev/zero /dev/full\r");
    expect(await session.until("$ ")).toContain("\r\n/dev/full  /dev/null  /dev/zero\r\n$ ");
  });
});
