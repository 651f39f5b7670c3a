import { join } from "node:path";
import xterm from "@xterm/headless";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../support/faultline.ts";
import { pty } from "../support/pty.ts";
import { repository } from "../support/repository.ts";

const PATIENCE_MS = 20_000;

/** A person at a terminal of 100 by 30 characters. */
class Person {
  readonly #screen = new xterm.Terminal({ cols: 100, rows: 30, scrollback: 1000, allowProposedApi: true });
  readonly #process: import("node-pty").IPty;
  #changed: (() => void)[] = [];
  readonly ended: Promise<number>;

  constructor(command: string, args: string[]) {
    const env = { ...process.env, TERM: "xterm" } as Record<string, string>;
    this.#process = pty!.spawn(command, args, { cols: 100, rows: 30, cwd: repository, env });
    this.#process.onData((data) => {
      this.#screen.write(data, () => {
        const waiting = this.#changed;
        this.#changed = [];
        for (const each of waiting) each();
      });
    });
    this.ended = new Promise((resolve) => this.#process.onExit(({ exitCode }) => resolve(exitCode)));
  }

  /** What the terminal shows, scrolled-off lines included. */
  text(): string {
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)!.translateToString(true));
    return lines.join("\n").trimEnd();
  }

  type(keys: string): void {
    this.#process.write(keys);
  }

  async sees(what: RegExp): Promise<void> {
    const lost = new Promise<never>((_, reject) => {
      const fail = (reason: string): void => reject(new Error(`${reason}, ${what} was not there:\n${this.text()}`));
      void this.ended.then(() => fail("the program ended"));
      setTimeout(() => fail("time is over"), PATIENCE_MS).unref();
    });
    while (!what.test(this.text())) {
      await Promise.race([new Promise<void>((resolve) => this.#changed.push(resolve)), lost]);
    }
    lost.catch(() => {}); // found in time
  }

  leave(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // gone already
    }
  }
}

/** The text ends without the prompt's space. */
const PROMPT = /\$$/;

describe.skipIf(!pty)("a person at a terminal (needs node-pty)", () => {
  let person: Person;

  beforeAll(ensureBuilt);
  afterEach(() => person.leave());

  const start = (...args: string[]): Person => {
    person = new Person(process.execPath, [join(repository, "build/faultline.mjs"), ...args]);
    return person;
  };

  it("stands at a prompt, types commands, reads the answers and leaves with Ctrl-A x", async () => {
    start("start");
    await person.sees(PROMPT);
    person.type("echo hello   there\r");
    await person.sees(/^hello there\n\$$/m);
    person.type("malloc\r");
    await person.sees(/^Value at ptr\[0\]: 100\n\$$/m);
    person.type("\x01x");
    expect(await person.ended).toBe(0);
  });

  it("gets help with Ctrl-A h, and goes on", async () => {
    start("start");
    await person.sees(PROMPT);
    person.type("\x01h");
    await person.sees(/Ctrl-A x/);
    person.type("echo alive\r");
    await person.sees(/^alive$/m);
  });

  it("corrects a typing mistake with the erase key, and stops a program with Ctrl-C", async () => {
    start("start");
    await person.sees(PROMPT);
    person.type("echo goox\x7fd\r");
    await person.sees(/^good$/m);
    person.type("cat\r");
    person.type("to and fro\r");
    await person.sees(/^to and fro\nto and fro$/m);
    person.type("\x03");
    await person.sees(/\^C\n+\$$/);
    person.type("echo back\r");
    await person.sees(/^back$/m);
  });

  it("leaves the shell with Ctrl-D: the machine powers off, status 0", async () => {
    start("start");
    await person.sees(PROMPT);
    person.type("\x04");
    expect(await person.ended).toBe(0);
  });

  it("sees the output of run with proper line ends", async () => {
    start("run", "ls", "/bin");
    expect(await person.ended).toBe(0);
    expect(person.text()).toMatch(/^malloc$|^[^ ].*\bmalloc\b/m);
  });

  it("fits the fault table into a narrow terminal as well as it goes", async () => {
    start("run", "--faults", "malloc");
    expect(await person.ended).toBe(0);
    expect(person.text()).toContain("U/W, not present, minor, demand-zero");
    expect(person.text()).toMatch(/main\+0x[0-9a-f]+ malloc\.ts:\d+/);
  });
});
