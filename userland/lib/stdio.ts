// <stdio.h>: buffered streams. stdout is line buffered on a terminal and block buffered elsewhere, stderr is written out
// at the end of every call, as C programs on Linux expect.
import { Char } from "./ctype";
import { Errno, errno, set_errno } from "./errno";
import { set_flush_hook } from "./exit";
import { free, malloc } from "./malloc";
import { at, memcpy } from "./string";
import { isatty } from "./termios";
import { Open, Seek, close, lseek, open, read, write_all } from "./unistd";

export const EOF: i32 = -1;
const BUFFER_SIZE: u32 = 1024;

const enum Flag {
  OPEN = 1,
  AT_END = 2,
  FAILED = 4,
  LINE = 8, // flush when a line is complete
  UNBUFFERED = 16, // flush at the end of each call
  LINE_DONE = 32,
  READING = 64, // the buffer holds input
  ALLOCATED = 128,
}

@unmanaged
export class File {
  fd: i32;
  flags: u32;
  buffer: usize;
  size: u32;
  limit: u32; // end of the room for output: size, or 0 while the buffer holds input
  position: u32; // next byte to take or to fill
  filled: u32; // end of the input in the buffer; 0 while it holds output
  next: File | null; // all streams that were ever written to, for fflush at exit
}

export const stdin = changetype<File>(memory.data(32, 4));
export const stdout = changetype<File>(memory.data(32, 4));
export const stderr = changetype<File>(memory.data(32, 4));

// The standard streams' buffers are static: a program that only prints does not need a heap.
const standard_buffers = memory.data(3 * 1024, 16);

let streams: File | null = null;

/** The standard streams are set up at their first use, so that programs that do not use them pay nothing. */
function prepare(file: File): void {
  if ((file.flags & Flag.OPEN) != 0) return;
  const fd: i32 = file == stdin ? 0 : file == stdout ? 1 : 2;
  file.fd = fd;
  file.flags = Flag.OPEN;
  file.buffer = standard_buffers + fd * BUFFER_SIZE;
  file.size = BUFFER_SIZE;
  if (file == stderr) file.flags |= Flag.UNBUFFERED;
  else if (file == stdout && isatty(fd)) file.flags |= Flag.LINE;
  file.next = streams;
  streams = file;
  set_flush_hook(flush_all);
}

/** Writes out what is buffered; for a stream of input, forgets it. 0, or EOF with errno set. */
export function fflush(file: File): i32 {
  if ((file.flags & Flag.READING) != 0) {
    // What was read ahead but not used goes back, so that another process sharing the file goes on from here.
    const unread = file.filled - file.position;
    if (unread != 0) lseek(file.fd, -unread, Seek.CUR);
    file.filled = 0;
    file.position = 0;
    file.flags &= ~Flag.READING;
    return 0;
  }
  const count = file.position;
  file.position = 0;
  file.flags &= ~Flag.LINE_DONE;
  if (count == 0 || write_all(file.fd, file.buffer, count)) return 0;
  file.flags |= Flag.FAILED;
  return EOF;
}

function flush_all(): void {
  for (let file = streams; file; file = file!.next) if ((file.flags & Flag.READING) == 0) fflush(file);
}

/** Puts one byte into the buffer. Every public call ends with `settle`. */
export function put_byte(file: File, byte: i32): void {
  if (file.position >= file.limit) {
    prepare(file);
    fflush(file);
    file.limit = file.size;
  }
  store<u8>(file.buffer + file.position, byte);
  file.position++;
  if (byte == Char.NEWLINE) file.flags |= Flag.LINE_DONE;
}

/** Writes out what must not wait. 0, or EOF if this stream has failed. */
export function settle(file: File): i32 {
  const flags = file.flags;
  const line_done = (flags & (Flag.LINE | Flag.LINE_DONE)) == (Flag.LINE | Flag.LINE_DONE);
  if (line_done || (flags & Flag.UNBUFFERED) != 0) fflush(file);
  return (file.flags & Flag.FAILED) != 0 ? EOF : 0;
}

export function fputc(byte: i32, file: File): i32 {
  put_byte(file, byte);
  return settle(file) == 0 ? byte & 0xff : EOF;
}

export function putchar(byte: i32): i32 {
  return fputc(byte, stdout);
}

export function fputs(text: string, file: File): i32 {
  for (let i: u32 = 0; at(text, i) != 0; i++) put_byte(file, at(text, i));
  return settle(file);
}

/** The text and a newline, to stdout. */
export function puts(text: string): i32 {
  for (let i: u32 = 0; at(text, i) != 0; i++) put_byte(stdout, at(text, i));
  put_byte(stdout, Char.NEWLINE);
  return settle(stdout);
}

/** Unlike C's, counts bytes. */
export function fwrite(from: usize, count: u32, file: File): u32 {
  for (let i: u32 = 0; i < count; i++) put_byte(file, load<u8>(from + i));
  return settle(file) == 0 ? count : 0;
}

/** Refills an empty input buffer; false at the end and on an error. */
function fill(file: File): bool {
  prepare(file);
  if ((file.flags & Flag.READING) == 0 && file.position != 0) fflush(file);
  // A prompt without a newline must be seen before the program waits for the answer.
  if (file == stdin && (stdout.flags & Flag.LINE) != 0) fflush(stdout);
  file.flags |= Flag.READING;
  file.limit = 0;
  file.position = 0;
  file.filled = 0;
  let got = read(file.fd, file.buffer, file.size);
  while (got < 0 && errno == Errno.EINTR) got = read(file.fd, file.buffer, file.size);
  if (got > 0) {
    file.filled = got;
    return true;
  }
  file.flags |= got < 0 ? Flag.FAILED : Flag.AT_END;
  return false;
}

export function fgetc(file: File): i32 {
  if (file.position >= file.filled && !fill(file)) return EOF;
  return load<u8>(file.buffer + file.position++);
}

export function getchar(): i32 {
  return fgetc(stdin);
}

/** Unlike C's, counts bytes. Less than `count` at the end of the file or on an error. */
export function fread(to: usize, count: u32, file: File): u32 {
  let done: u32 = 0;
  while (done < count) {
    if (file.position >= file.filled && !fill(file)) break;
    const part = min<u32>(count - done, file.filled - file.position);
    memcpy(to + done, file.buffer + file.position, part);
    file.position += part;
    done += part;
  }
  return done;
}

/** Reads at most `size - 1` bytes up to and with a newline; null when there is nothing more. */
export function fgets(into: usize, size: u32, file: File): string | null {
  let length: u32 = 0;
  while (length + 1 < size) {
    const byte = fgetc(file);
    if (byte == EOF) break;
    store<u8>(into + length++, byte);
    if (byte == Char.NEWLINE) break;
  }
  if (length == 0) return null;
  store<u8>(into + length, 0);
  return changetype<string>(into);
}

export function feof(file: File): bool {
  return (file.flags & Flag.AT_END) != 0;
}

export function ferror(file: File): bool {
  return (file.flags & Flag.FAILED) != 0;
}

export function fileno(file: File): i32 {
  prepare(file);
  return file.fd;
}

function open_flags(mode: string): i32 {
  const update = at(mode, 1) == Char.PLUS;
  const kind = at(mode, 0);
  if (kind == 0x72) return update ? Open.RDWR : Open.RDONLY; // r
  const access: i32 = update ? Open.RDWR : Open.WRONLY;
  if (kind == 0x77) return access | Open.CREAT | Open.TRUNC; // w
  if (kind == 0x61) return access | Open.CREAT | Open.APPEND; // a
  return -1;
}

/** Modes: r, w, a, each with + for both directions. */
export function fopen(path: string, mode: string): File | null {
  const flags = open_flags(mode);
  if (flags < 0) {
    set_errno(Errno.EINVAL);
    return null;
  }
  const fd = open(path, flags, 0o666);
  if (fd < 0) return null;
  const memory = malloc(offsetof<File>() + BUFFER_SIZE);
  if (memory == 0) {
    close(fd);
    set_errno(Errno.ENOMEM);
    return null;
  }
  const file = changetype<File>(memory);
  file.fd = fd;
  file.flags = Flag.OPEN | Flag.ALLOCATED;
  file.buffer = memory + offsetof<File>();
  file.size = BUFFER_SIZE;
  file.limit = 0;
  file.position = 0;
  file.filled = 0;
  file.next = streams;
  streams = file;
  set_flush_hook(flush_all);
  return file;
}

/** Flushes and closes; EOF if either failed. */
export function fclose(file: File): i32 {
  let result = fflush(file);
  if (close(file.fd) < 0) result = EOF;
  if (streams == file) streams = file.next;
  else {
    for (let other = streams; other; other = other!.next) if (other.next == file) other.next = file.next;
  }
  const allocated = (file.flags & Flag.ALLOCATED) != 0;
  file.flags = Flag.OPEN | Flag.FAILED;
  if (allocated) free(addr(file));
  return result;
}
