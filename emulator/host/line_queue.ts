/**
 * Output for a listener that may be slow or not there: the newest bytes are kept, up to a limit, and the rest is lost,
 * as on a serial line that nobody has plugged in.
 */
export class LineQueue {
  private chunks: Uint8Array[] = [];
  private length = 0;

  constructor(private readonly limit = 256 * 1024) {}

  push(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.length += bytes.length;
    while (this.length > this.limit && this.chunks.length > 1) this.length -= this.chunks.shift()!.length;
  }

  /** The oldest bytes, or null. */
  shift(): Uint8Array | null {
    const chunk = this.chunks.shift() ?? null;
    if (chunk) this.length -= chunk.length;
    return chunk;
  }

  /** Gives back what could not be delivered. */
  unshift(bytes: Uint8Array): void {
    this.chunks.unshift(bytes);
    this.length += bytes.length;
  }
}
