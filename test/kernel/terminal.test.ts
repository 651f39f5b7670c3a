import { describe, expect, it } from "vitest";
import { ConsoleFeed, Machine } from "../machine/emulator.ts";
import { guestProgram, initrd, kernelElf } from "./guest.ts";

/** A guest at whose console a person types. */
class Session {
  private output = "";
  private readonly machine: InstanceType<typeof Machine>;
  private readonly feed: InstanceType<typeof ConsoleFeed>;
  /** Init's wait status code; -1 while it runs. */
  status = -1;

  constructor(program: string, consoleOptions = "") {
    this.machine = new Machine({
      memoryBytes: 32 << 20,
      output: { serial: (port, byte) => void (port === 0 && (this.output += String.fromCharCode(byte))) },
    });
    this.machine.loadMultiboot({
      kernel: kernelElf(),
      name: "kernel",
      commandLine: `kernel quiet exit=debug console=ttyS0${consoleOptions} init=/bin/${program}`,
      modules: [{ bytes: initrd({ [`bin/${program}`]: guestProgram(program) }), string: "" }],
    });
    this.feed = new ConsoleFeed(this.machine, 0, "typed");
    this.settle();
    this.take();
  }

  /** Lets half a second of the guest's time pass, at least. */
  private settle(): void {
    for (let i = 0; i < 20 && this.status < 0; i++) {
      const outcome = this.machine.run(50_000_000);
      if (outcome.kind === "debug-exit") this.status = outcome.value;
      if (this.feed.pending === 0 && i > 1) break;
    }
  }

  private take(): string {
    const text = this.output;
    this.output = "";
    return text;
  }

  /** Types the bytes; what the terminal shows for it. */
  type(bytes: string | Uint8Array): string {
    this.feed.push(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    this.settle();
    return this.take();
  }
}

describe("the console's line discipline", () => {
  it("echoes, and gives the program whole lines", () => {
    const session = new Session("lines");
    expect(session.type("hel")).toBe("hel");
    expect(session.type("lo\r")).toBe("lo\r\n<hello\r\n>\r\n");
    expect(session.type("one\ntwo\n")).toBe("one\r\n<one\r\n>\r\ntwo\r\n<two\r\n>\r\n");
  });

  it.each([
    ["backspace", "ab\x7fc\r", "ab\b \bc\r\n<ac\r\n>\r\n"],
    ["^H", "ab\bc\r", "ab\b \bc\r\n<ac\r\n>\r\n"],
    ["backspace at the line's beginning", "\x7f\x7fx\r", "x\r\n<x\r\n>\r\n"],
    ["backspace over a control character", "a\x01\x7fb\r", "a^A\b \b\b \bb\r\n<ab\r\n>\r\n"],
    ["backspace over a character of two bytes", "\u00e9\x7fe\r", "\u00c3\u00a9\b \be\r\n<e\r\n>\r\n"],
    ["^U", "wrong\x15right\r", "wrong" + "\b \b".repeat(5) + "right\r\n<right\r\n>\r\n"],
    ["^W", "one two\x17three\r", "one two" + "\b \b".repeat(3) + "three\r\n<one three\r\n>\r\n"],
    ["^V", "\x16\x03\r", "^C\r\n<\x03\r\n>\r\n"],
    ["a tab", "\ta\r", "\ta\r\n<\ta\r\n>\r\n"],
  ])("%s", (_key, typed, shown) => {
    expect(new Session("lines").type(typed)).toBe(shown);
  });

  it("^D gives what has been typed, and the end of input on an empty line", () => {
    const session = new Session("lines");
    expect(session.type("part\x04")).toBe("part<part>\r\n");
    expect(session.type("\x04")).toBe("end\r\n");
    expect(session.status).toBe(5);
  });

  it("^C ends the foreground process and throws away what was typed", () => {
    const session = new Session("lines");
    expect(session.type("abc\x03")).toBe("abc^C");
    expect(session.status).toBe(130);
  });

  it("^\\ does, too, with its own signal", () => {
    const session = new Session("lines");
    expect(session.type("\x1c")).toBe("^\\");
    expect(session.status).toBe(131);
  });

  it("a line longer than the buffer is cut, with a bell for each byte too many, and ^U still works", () => {
    const session = new Session("lines");
    const shown = session.type("x".repeat(5000));
    expect(shown.match(/x/g)).toHaveLength(4094);
    expect(shown.match(/\x07/g)).toHaveLength(5000 - 4094);
    session.type("\x15");
    expect(session.type("short\r")).toBe("short\r\n<short\r\n>\r\n");
  });

  it("what is typed ahead is kept for later", () => {
    const session = new Session("count_input");
    session.type("first\rsecond\r");
    expect(session.type("\x04")).toMatch(/^0000000d [0-9a-f]{8}\r\n$/);
  });
});

describe("the raw console, for pipes", () => {
  it("shows nothing, translates nothing, and gives bytes as they come", () => {
    const session = new Session("lines", ",raw");
    expect(session.type("a\rb")).toMatch(/^(<a>\n<\r>\n<b>|<a\rb>|<a>\n<\rb>|<a\r>\n<b>)\n$/);
    expect(session.type("\x03")).toBe("<\x03>\n");
  });

  it("^D ends the input for good, ^V lets any byte through", () => {
    const session = new Session("lines", ",raw");
    expect(session.type("\x16\x04")).toBe("<\x04>\n");
    expect(session.type("\x16\x16")).toBe("<\x16>\n");
    expect(session.type("\x04")).toBe("end\n");
    expect(session.status).toBe(5);
  });

  it("loses nothing of a long input while the program is slow", () => {
    const session = new Session("count_input", ",raw");
    const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => ((i * 7) % 200) + 32);
    const sum = bytes.reduce((total, byte, i) => (total + byte * (i + 1)) >>> 0, 0);
    let shown = session.type(bytes);
    for (let i = 0; i < 20 && session.status < 0; i++) shown += session.type("\x04");
    expect(shown).toBe(`${(20_000).toString(16).padStart(8, "0")} ${sum.toString(16).padStart(8, "0")}\n`);
  });
});
