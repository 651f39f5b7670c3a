// printf and its family. Conversions: %d %i %u %x %X %o %p %s %c %% with flags, width, precision and the lengths
// hh h l ll j z t; no floating point.
import { Sink, format_to } from "./format";
import { File, settle, stdout } from "./stdio";

/** Returns the number of bytes written, or -1 when the stream failed. */
export function vfprintf(file: File, format: string, list: VaList): i32 {
  const sink = changetype<Sink>(alloca(offsetof<Sink>()));
  sink.file = file;
  sink.count = 0;
  format_to(sink, format, list);
  return settle(file) == 0 ? <i32>sink.count : -1;
}

export function printf(format: string, ...args: va[]): i32 {
  return vfprintf(stdout, format, changetype<VaList>(args));
}

export function fprintf(file: File, format: string, ...args: va[]): i32 {
  return vfprintf(file, format, changetype<VaList>(args));
}

/**
 * Stores at most `size` bytes with the NUL, and returns the length the whole text has: a result of `size` or more means
 * that it was cut.
 */
export function vsnprintf(buffer: usize, size: u32, format: string, list: VaList): i32 {
  const sink = changetype<Sink>(alloca(offsetof<Sink>()));
  sink.file = null;
  sink.buffer = buffer;
  sink.room = size == 0 ? 0 : size - 1;
  sink.count = 0;
  format_to(sink, format, list);
  if (size != 0) store<u8>(buffer + min<u32>(sink.count, sink.room), 0);
  return sink.count;
}

export function snprintf(buffer: usize, size: u32, format: string, ...args: va[]): i32 {
  return vsnprintf(buffer, size, format, changetype<VaList>(args));
}
