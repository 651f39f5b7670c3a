// Ctrl-A commands of the terminal, as in QEMU's `-nographic`. Everything else goes to the guest as typed.

export type EscapeCommand = "exit" | "help" | "break";
export type Typed = { bytes: Uint8Array } | { command: EscapeCommand };

const CTRL_A = 0x01;

export const ESCAPE_HELP = `
Ctrl-A h    this help
Ctrl-A x    leave the emulator
Ctrl-A b    send a break
Ctrl-A Ctrl-A    send Ctrl-A
`;

export class EscapeFilter {
  private escaped = false;

  /** Divides what was typed into bytes for the guest and commands for us, in order. */
  filter(typed: Uint8Array): Typed[] {
    const items: Typed[] = [];
    let bytes: number[] = [];
    const command = (name: EscapeCommand) => {
      if (bytes.length > 0) items.push({ bytes: Uint8Array.from(bytes) });
      bytes = [];
      items.push({ command: name });
    };
    for (const byte of typed) {
      if (!this.escaped) {
        if (byte === CTRL_A) this.escaped = true;
        else bytes.push(byte);
        continue;
      }
      this.escaped = false;
      switch (byte) {
        case CTRL_A:
          bytes.push(CTRL_A);
          break;
        case 0x78: // x
          command("exit");
          break;
        case 0x62: // b
          command("break");
          break;
        default: // h, ?, and anything that is not a command
          command("help");
      }
    }
    if (bytes.length > 0) items.push({ bytes: Uint8Array.from(bytes) });
    return items;
  }
}
