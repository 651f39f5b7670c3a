import { describe, expect, it } from "vitest";
import { EscapeFilter } from "../../emulator/host/escape.ts";

const text = (filter: EscapeFilter, typed: string) =>
  filter
    .filter(new TextEncoder().encode(typed))
    .map((item) => ("command" in item ? `<${item.command}>` : new TextDecoder().decode(item.bytes)))
    .join("|");

describe("Ctrl-A commands", () => {
  it("leave everything else alone, Ctrl-C too", () => {
    expect(text(new EscapeFilter(), "ls\r\x03\x1b[A")).toBe("ls\r\x03\x1b[A");
  });

  it("come out in order between what is typed", () => {
    expect(text(new EscapeFilter(), "a\x01hb\x01b\x01xc")).toBe("a|<help>|b|<break>|<exit>|c");
  });

  it("send Ctrl-A when it is typed twice", () => {
    expect(text(new EscapeFilter(), "\x01\x01x")).toBe("\x01x");
  });

  it("work across two reads", () => {
    const filter = new EscapeFilter();
    expect(text(filter, "a\x01")).toBe("a");
    expect(text(filter, "xb")).toBe("<exit>|b");
  });

  it("explain themselves for a key that means nothing", () => {
    expect(text(new EscapeFilter(), "\x01q")).toBe("<help>");
  });
});
