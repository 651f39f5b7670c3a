import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import xterm from "@xterm/headless";
import type { IPty } from "node-pty";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as consoles from "../machine/consoles.ts";
import { guest } from "../machine/guest.ts";
import { pty } from "../support/pty.ts";
import { bundleCommand } from "./command.ts";

let command: string;
let folder: string;
let terminals: Terminal[] = [];

/** A person at a terminal: types, reads the screen, waits. */
class Terminal {
  readonly process: IPty;
  private readonly screen = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  private readonly watchers = new Set<() => void>();
  /** Exit status and signal, once it has ended. */
  ended: { exitCode: number; signal?: number } | null = null;
  private pending = 0;

  constructor(line: string) {
    this.process = pty!.spawn("bash", ["--norc", "-c", line], { cols: 80, rows: 24 });
    this.process.onData((data) => {
      this.pending++;
      this.screen.write(data, () => {
        this.pending--;
        this.changed();
      });
    });
    this.process.onExit((end) => {
      this.ended = end;
      this.changed();
    });
  }

  /** The window is closed. */
  close(): void {
    (this.process as unknown as { destroy(): void }).destroy();
  }

  type(text: string): void {
    this.process.write(text);
  }

  text(): string {
    const buffer = this.screen.buffer.active;
    const lines: string[] = [];
    for (let i = 0; i < buffer.length; i++) lines.push(buffer.getLine(i)!.translateToString(true));
    return lines.join("\n").trimEnd();
  }

  async until(text: string): Promise<void> {
    await this.wait(() => this.text().includes(text));
  }

  async end(): Promise<number> {
    await this.wait(() => this.ended !== null && this.pending === 0);
    return this.ended!.exitCode;
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  private wait(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the screen shows:\n${this.text()}`)), 20_000);
      const watcher = () => {
        if (!done()) return;
        clearTimeout(timer);
        this.watchers.delete(watcher);
        resolve();
      };
      this.watchers.add(watcher);
    });
  }
}

const open = (line: string) => {
  const terminal = new Terminal(line);
  terminals.push(terminal);
  return terminal;
};
const file = (name: string, bytes: Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const boot = (kernel: Uint8Array) => `${process.execPath} ${command} boot --kernel ${file("kernel", kernel)}`;
/** Runs `line` between two looks at the terminal's settings and tells whether they are the same. */
const checked = (line: string) =>
  `before=$(stty -g); ${line}; echo "status $?"; [ "$before" = "$(stty -g)" ] && echo same || echo different; `;

beforeAll(() => {
  command = bundleCommand("terminal");
  folder = mkdtempSync(join(tmpdir(), "faultline-"));
});
afterEach(() => {
  for (const terminal of terminals) if (!terminal.ended) terminal.process.kill("SIGKILL");
  terminals = [];
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!pty)("in a terminal (needs node-pty)", () => {
  it("what is typed goes to the guest and what it prints to the screen", async () => {
    const terminal = open(boot(consoles.haltingConsole()));
    await terminal.until(">");
    terminal.type("hello\r");
    await terminal.until("> hello\n>");
    terminal.type("\x01x");
    expect(await terminal.end()).toBe(0);
    expect(terminal.text()).toMatch(/^ready\n> hello\n>/);
  });

  it("Ctrl-C, Ctrl-Z and Ctrl-\\ go to the guest", async () => {
    const show = guest(`
      print "ready"
    poll:
      inb 0x3fd
      test al, 1
      jz poll
      inb 0x3f8
      call hex8
      jmp poll`);
    const terminal = open(boot(show));
    await terminal.until("ready");
    terminal.type("\x03\x1a\x1c\x01\x01q");
    await terminal.until("ready031a1c0171");
    terminal.type("\x01x");
    expect(await terminal.end()).toBe(0);
  });

  it("Ctrl-A h helps", async () => {
    const terminal = open(boot(consoles.haltingConsole()));
    await terminal.until(">");
    terminal.type("\x01h");
    await terminal.until("Ctrl-A x    leave the emulator");
    terminal.type("still here\r");
    await terminal.until("still here");
    terminal.type("\x01x");
    expect(await terminal.end()).toBe(0);
  });

  it("Ctrl-A b sends a break", async () => {
    const kernel = guest(`
      print "ready"
    poll:
      inb 0x3fd
      test al, 0x10
      jz poll
      print " break"
      jmp poll`);
    const terminal = open(boot(kernel));
    await terminal.until("ready");
    terminal.type("\x01b");
    await terminal.until("ready break");
  });

  it("Ctrl-A x works while the guest is busy", async () => {
    const terminal = open(checked(boot(guest(`print "busy"\n cli\n jmp $`))));
    await terminal.until("busy");
    terminal.type("\x01x");
    expect(await terminal.end()).toBe(0);
    expect(terminal.text()).toMatch(/busy\nstatus 0\nsame$/);
  });

  it("the terminal is as it was after power-off, halt and signals", async () => {
    const off = open(checked(boot(consoles.haltingConsole())));
    await off.until(">");
    off.type("\x04");
    expect(await off.end()).toBe(0);
    expect(off.text()).toMatch(/bye\nstatus 0\nsame$/);

    const halt = open(checked(boot(guest("cli\n hlt"))));
    await halt.end();
    expect(halt.text()).toMatch(/machine halted: .*\nstatus 4\nsame$/);

    for (const [signal, status] of [
      ["SIGTERM", 143],
      ["SIGINT", 130],
      ["SIGHUP", 129],
    ] as const) {
      const pid = join(folder, "pid");
      const killed = open(checked(`bash -c 'echo $$ > ${pid}; exec ${boot(consoles.haltingConsole())}'`));
      await killed.until(">");
      process.kill(Number(readFileSync(pid, "utf8")), signal);
      await killed.end();
      expect(killed.text()).toMatch(new RegExp(`status ${status}\nsame$`));
    }
  });

  it("a terminal that goes away ends the machine", async () => {
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    const terminal = open(`trap "" HUP; ${boot(consoles.haltingConsole())}; echo $? > ${fifo}`);
    await terminal.until(">");
    const status = readFile(fifo, "utf8");
    terminal.close();
    expect(await status).toBe("129\n");
  });
});
