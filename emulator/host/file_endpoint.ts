// `file:PATH`: output to a file, written as the guest runs.
import { closeSync, openSync, writeSync } from "node:fs";
import { UserError } from "../machine/user_error.ts";
import { OutputOnly } from "./endpoint.ts";

export class FileEndpoint extends OutputOnly {
  private readonly descriptor: number;

  /** @throws UserError when the file can not be written */
  constructor(private readonly path: string) {
    super();
    try {
      this.descriptor = openSync(path, "w");
    } catch (error) {
      throw new UserError(`file:${path}: ${(error as Error).message}`);
    }
  }

  flush(): null {
    if (this.buffer.empty) return null;
    const bytes = this.buffer.take();
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.descriptor, bytes, done);
    } catch (error) {
      throw new UserError(`file:${this.path}: ${(error as Error).message}`);
    }
    return null;
  }

  override close(): Promise<void> {
    this.flush();
    closeSync(this.descriptor);
    return Promise.resolve();
  }
}
