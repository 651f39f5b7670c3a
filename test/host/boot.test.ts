import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../emulator/cli/version.ts";
import * as consoles from "../machine/consoles.ts";
import { elf, multibootHeader } from "../machine/elf.ts";
import { guest } from "../machine/guest.ts";
import { bundleCommand, faultline, interrupted, shell } from "./command.ts";

let command: string;
let folder: string;
const file = (name: string, bytes: Uint8Array | string) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const boot = (kernel: Uint8Array, args: string[] = [], input = "") =>
  faultline(command, ["boot", "--kernel", file("kernel", kernel), ...args], input);

beforeAll(() => {
  command = bundleCommand("boot");
  folder = mkdtempSync(join(tmpdir(), "faultline-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("faultline boot ends", () => {
  it("with (v<<1)|1 after a write of v to port F4h", () => {
    expect(boot(guest(`print "hi", 10\n exit 21`))).toEqual({ stdout: "hi\n", stderr: "", status: 43 });
    expect(boot(guest("exit 0x80")).status).toBe(1);
  });

  it("with 0 after power-off, and after a reset, which it mentions", () => {
    expect(boot(guest(`mov dx, 0x604\n mov ax, 0x2000\n out dx, ax\n jmp $`)).status).toBe(0);
    const reset = boot(guest(`outb 0x64, 0xfe\n jmp $`));
    expect([reset.status, reset.stderr]).toEqual([0, "machine reset by the guest\n"]);
  });

  it("with 4 and a line after a halt for good", () => {
    const kernel = guest(`print "going", 10\n cli\n here: hlt`);
    const { status, stdout, stderr } = boot(kernel);
    const eip = /^machine halted: HLT with interrupts off at EIP ([0-9A-F]{8})h\n$/.exec(stderr)![1];
    expect([status, stdout, kernel[parseInt(eip, 16) - 0x100000]]).toEqual([4, "going\n", 0xf4]);
  });

  it("with 6 and the chain of faults after a triple fault", () => {
    const { status, stderr } = boot(guest(`lidt [none]\n ud2\n none: dw 0\n dd 0`));
    expect(status).toBe(6);
    expect(stderr).toMatch(/^triple fault at EIP 001000[0-9A-F]{2}h: #UD, then .*shutdown\n$/);
  });

  it("with 8 and a line when nobody can reach the guest any more", () => {
    const { status, stderr } = boot(consoles.deafConsole(), ["--idle-limit", "3"]);
    expect([status, stderr]).toEqual([8, expect.stringMatching(/^guest is idle for good: .* for 3 s of its time/)]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", "-SIGHUP"], // which a shell shows as 129
  ] as const)("after %s with %s, its output complete", async (signal, status) => {
    const path = file(`spin-${signal}`, guest(`print "spinning", 10\n jmp $`));
    expect(await interrupted(command, ["boot", "--kernel", path], "spinning\n", signal)).toEqual({
      stdout: "spinning\n",
      stderr: "",
      status,
    });
  });

  it("quietly when the reader of its output has gone", () => {
    const path = file("chatter", guest(`again: print "chatter", 10\n jmp again`));
    const { stdout, stderr } = shell(
      command,
      `$FAULTLINE boot --kernel ${path} </dev/null | head -1; echo "\${PIPESTATUS[0]}"`,
    );
    expect([stdout, stderr]).toEqual(["chatter\n141\n", ""]);
  });
});

describe("faultline boot passes on", () => {
  it("every byte to a slow reader, however the guest ends", () => {
    const path = file("long", guest(`mov ecx, 1000000\n again: mov al, 'x'\n call putc\n loop again\n exit 3`));
    const line = `$FAULTLINE boot --kernel ${path} </dev/null | (read -r -n 1; grep -o x | wc -l); echo "\${PIPESTATUS[0]}"`;
    expect(shell(command, line).stdout).toBe("999999\n7\n");
  });
});

describe("faultline boot gives the guest", () => {
  it("its lines one by one, then ^D; the same instruction count each time", () => {
    const runs = [1, 2, 3].map(() => boot(consoles.haltingConsole(), ["--count"], "one\ntwo\n"));
    expect(runs[0].stdout).toBe("ready\r\n> one\r\n> two\r\n> bye\r\n");
    expect(runs[0].stderr).toMatch(/^instructions: \d+\n$/);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  it("a megabyte without losing a byte", () => {
    const input = "0123456789abcde\n".repeat(65_536);
    expect(boot(consoles.countingConsole(), [], input).stdout).toMatch(/^00100000 /);
  });

  it("command line, modules with strings, and memory", () => {
    const module = file("module", "content");
    const kernel = guest(`
      mov esi, [ebx + 16] ; command line
      call puts
      call newline
      mov eax, [ebx + 20] ; modules
      call hex8
      mov edi, [ebx + 24]
      mov esi, [edi + 8]
      call puts
      call newline
      mov esi, [edi + 16]
      call puts
      call newline
      mov eax, [ebx + 8]
      call hex32
      exit 0`);
    const path = join(folder, "kernel");
    const args = ["--append", "a=b c", "--module", `${module} one two`, "--module", module, "--memory", "32M"];
    expect(boot(kernel, args).stdout).toBe(`${path} a=b c\n02${module} one two\ncontent\n00007b80`);
  });

  it("a clock that starts where --rtc says", () => {
    const kernel = guest(`outb 0x70, 9\n inb 0x71\n call hex8\n outb 0x70, 8\n inb 0x71\n call hex8\n exit 0`);
    expect(boot(kernel).stdout).toBe("2601");
    expect(boot(kernel, ["--rtc", "1999-12-31T23:59:59"]).stdout).toBe("9912");
  });
});

describe("faultline boot puts", () => {
  const both = () =>
    guest(`
      print "one"
      mov dx, 0x2f8
      mov al, '2'
      out dx, al
      mov dx, 0xe9
      mov al, 'E'
      out dx, al
      exit 0`);

  it("COM1 on standard output, COM2 on standard error, port E9h nowhere", () => {
    expect(boot(both())).toEqual({ stdout: "one", stderr: "2", status: 1 });
  });

  it("each of them where it is told", () => {
    const [a, b, c] = ["a", "b", "c"].map((name) => join(folder, name));
    const args = ["--serial", `file:${a}`, "--serial", `file:${b}`, "--debugcon", `file:${c}`];
    expect(boot(both(), args)).toEqual({ stdout: "", stderr: "", status: 1 });
    expect([a, b, c].map((path) => readFileSync(path, "latin1"))).toEqual(["one", "2", "E"]);
    expect(boot(both(), ["--serial", "none", "--serial", "stdio", "--debugcon", "stderr"])).toEqual({
      stdout: "2",
      stderr: "E",
      status: 1,
    });
  });
});

describe("faultline boot --serial", () => {
  it("unix:PATH is a console that a client comes to, and is gone with the machine", async () => {
    const path = join(folder, "console");
    const kernel = file("kernel", consoles.haltingConsole());
    const child = spawn(process.execPath, [command, "boot", "--kernel", kernel, "--serial", `unix:${path}`]);
    await new Promise((resolve) => child.stderr.once("data", resolve)); // it says where it listens
    const client = connect(path);
    let screen = "";
    const seen = (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => screen.includes(text) && resolve();
        client.on("data", look);
        look();
      });
    client.on("data", (chunk: Buffer) => (screen += chunk.toString()));
    await seen("> ");
    client.write("hello\r");
    await seen("hello\r\n> ");
    const ended = new Promise((resolve) => child.on("exit", resolve));
    client.write("\x04");
    await seen("bye\r\n");
    expect(await ended).toBe(0);
    expect([screen, existsSync(path)]).toEqual(["ready\r\n> hello\r\n> bye\r\n", false]);
  });

  it("pty says what to do where node-pty is not installed", () => {
    const alone = join(folder, "faultline.mjs");
    copyFileSync(command, alone);
    const run = faultline(alone, ["boot", "--kernel", file("kernel", guest("exit 0")), "--serial", "pty"]);
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toMatch(/^faultline: --serial pty: .*npm install node-pty.*--serial unix:PATH instead\n$/);
  });
});

describe("faultline boot names", () => {
  it("an instruction that it does not have, once", () => {
    // MOVAPS XMM0, XMM1: SSE is not there yet. The guest's #UD handler skips it.
    const kernel = guest(`
      lidt [pointer]
      mov eax, undefined
      mov [idt + 48], ax
      mov word [idt + 50], cs
      mov word [idt + 52], 0x8e00
      shr eax, 16
      mov [idt + 54], ax
      mov ecx, 3
    again:
      db 0x0f, 0x28, 0xc1
      loop again
      exit 0
    undefined:
      add dword [esp], 3
      iret
    pointer: dw 7 * 8 - 1
      dd idt
    align 8
    idt: times 14 dd 0`);
    const { status, stderr } = boot(kernel);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^unimplemented instruction .* at EIP 001000[0-9A-F]{2}h: 0f 28 c1.*\n$/);
    expect(stderr.split("\n")).toHaveLength(2);
  });
});

describe("faultline refuses in one line with status 2", () => {
  const kernelBytes = () => guest("exit 0");
  const refused = (...args: string[]) => {
    const { stdout, stderr, status } = faultline(command, args);
    expect([stdout, status, stderr.split("\n").length]).toEqual(["", 2, 2]);
    return stderr.trimEnd();
  };

  it("kernels that are not", () => {
    expect(refused("boot", "--kernel", "/no/such")).toBe("faultline: /no/such: no such file");
    expect(refused("boot", "--kernel", folder)).toBe(`faultline: ${folder}: is a directory`);
    const text = file("text", "hello");
    expect(refused("boot", "--kernel", text)).toBe(`faultline: ${text}: not an ELF file`);
    const image = elf(0x10000c, [{ virtual: 0x100000, physical: 0x100000, bytes: multibootHeader() }]);
    const cut = file("cut", image.subarray(0, 90));
    expect(refused("boot", "--kernel", cut)).toMatch(/: truncated ELF file/);
    expect(refused("boot", "--kernel", "/bin/true")).toMatch(/not an i386 ELF file \(it is 64-bit/);
  });

  it("memory that is too small, too large or not a size", () => {
    const path = file("ok", kernelBytes());
    expect(refused("boot", "--kernel", path, "--memory", "1K")).toBe(
      "faultline: --memory 1K: too small for a PC; the least is 2M",
    );
    expect(refused("boot", "--kernel", path, "--memory", "1T")).toMatch(/not a size/);
    expect(refused("boot", "--kernel", path, "--memory", "100G")).toMatch(/too large/);
  });

  it("options and commands that do not exist, with what may have been meant", () => {
    expect(refused("bot")).toBe("faultline: unknown command bot; did you mean boot?");
    expect(refused("--versoin")).toMatch(/unknown option --versoin/);
    expect(refused("boot", "--memroy", "1")).toBe("faultline: boot: unknown option --memroy; did you mean --memory?");
    expect(refused("boot", "--frobnicate")).toMatch(
      /unknown option --frobnicate; faultline boot --help lists the options/,
    );
    expect(refused("boot", "--memory")).toMatch(/^faultline: boot: .*--memory/);
    expect(refused("boot", "stray")).toMatch(/stray/);
    expect(refused("boot", "--count=3")).toMatch(/--count/);
  });

  it("values that mean nothing", () => {
    const path = file("ok", kernelBytes());
    const bad = (...args: string[]) => refused("boot", "--kernel", path, ...args);
    expect(bad("--serial", "stdoi")).toMatch(/it is one of stdio, stderr, pty, unix:PATH, file:PATH or none/);
    expect(bad("--serial", "none", "--serial", "none", "--serial", "none")).toMatch(/more than twice/);
    expect(bad("--serial", "stdio", "--serial", "stdio")).toMatch(/once only/);
    expect(bad("--serial", `file:${folder}/no/such`)).toMatch(/ENOENT|no such/);
    expect(bad("--debugcon", "pty")).toMatch(/one of none, stderr or file:PATH/);
    expect(bad("--rtc", "yesterday")).toMatch(/write it like 2026-01-01T00:00:00/);
    expect(bad("--idle-limit", "-1")).toMatch(/idle-limit/);
    expect(bad("--module", "/no/such arg")).toBe("faultline: /no/such: no such file");
  });
});

describe("faultline explains", () => {
  it("itself, its commands and its version", () => {
    const help = faultline(command, ["--help"]);
    expect([help.status, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toMatch(/^Usage: faultline COMMAND[^]*\n {2}boot {8}boot a multiboot kernel/);
    expect(faultline(command, ["help", "boot"]).stdout).toBe(faultline(command, ["boot", "--help"]).stdout);
    expect(faultline(command, ["--version"]).stdout).toBe(`faultline ${VERSION}\n`);
    expect(JSON.parse(readFileSync("package.json", "utf8")).version).toBe(VERSION);
    expect(faultline(command, [])).toEqual({ stdout: "", stderr: help.stdout, status: 2 });
  });

  it("every option and exit status of boot", () => {
    const { stdout } = faultline(command, ["boot", "--help"]);
    for (const option of "kernel module append memory serial debugcon rtc idle-limit count".split(" ")) {
      expect(stdout).toContain(`--${option} `);
    }
    for (const status of ["0", "2", "4", "6", "8", "128\\+n"])
      expect(stdout).toMatch(new RegExp(`\\n {2}${status} +\\w`));
  });

  it("into a pipe that is closed", () => {
    expect(shell(command, `$FAULTLINE boot --help | head -1`)).toEqual({
      stdout: "Usage: faultline boot [--kernel FILE] [options]\n",
      stderr: "",
      status: 0,
    });
  });
});
