// The `--serial` option: what a serial port is connected to.
import { UserError } from "../machine/user_error.ts";
import { type Endpoint, NoEndpoint, OutputOnly } from "./endpoint.ts";
import { FileEndpoint } from "./file_endpoint.ts";
import { PtyEndpoint } from "./pty_endpoint.ts";
import { SocketEndpoint } from "./socket_endpoint.ts";
import { StdioEndpoint } from "./stdio.ts";
import { StreamOutput } from "./stream_output.ts";

export const SERIAL_FORMS = "stdio, stderr, pty, unix:PATH, file:PATH or none";

/** Output on the process's standard error. */
class StderrEndpoint extends OutputOnly {
  private readonly stream = new StreamOutput(process.stderr, () => {});
  override put(byte: number): void {
    this.stream.put(byte);
  }
  flush(): Promise<void> | null {
    return this.stream.flush();
  }
  override close(): Promise<void> {
    return this.stream.close();
  }
}

/**
 * Makes the host's end of a serial line as `text` says. `label` names the line in what the user is told.
 * @param announce takes a line for the user (the name of a pseudo-terminal)
 * @throws UserError for an unknown form, or when it can not be opened
 */
export async function openEndpoint(text: string, label: string, announce: (line: string) => void): Promise<Endpoint> {
  const [kind, path] = split(text);
  switch (kind) {
    case "stdio":
      return new StdioEndpoint();
    case "stderr":
      return new StderrEndpoint();
    case "none":
      return new NoEndpoint();
    case "pty": {
      const pty = await PtyEndpoint.create();
      announce(`${label} is ${pty.path}`);
      return pty;
    }
    case "unix": {
      const socket = await SocketEndpoint.create(path);
      announce(`${label} is unix:${path}`);
      return socket;
    }
    case "file":
      return new FileEndpoint(path);
    default:
      throw new UserError(`--serial ${text}: unknown; it is one of ${SERIAL_FORMS}`);
  }
}

function split(text: string): [kind: string, path: string] {
  const colon = text.indexOf(":");
  if (colon < 0) return text === "unix" || text === "file" ? ["", ""] : [text, ""];
  const kind = text.slice(0, colon);
  const path = text.slice(colon + 1);
  return (kind === "unix" || kind === "file") && path !== "" ? [kind, path] : ["", ""];
}
