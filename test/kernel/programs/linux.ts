// The system calls the test programs make (Linux i386).
import { int80_1, int80_2, int80_3, int80_6 } from "~lib/cpu";

export const PROT_NONE: u32 = 0;
export const PROT_READ: u32 = 1;
export const PROT_WRITE: u32 = 2;
export const MAP_SHARED: u32 = 1;
export const MAP_PRIVATE: u32 = 2;
const MAP_FIXED: u32 = 0x10;
const MAP_ANONYMOUS: u32 = 0x20;

export function exit(code: u32): void {
  int80_1(1, code);
}
export function fork(): i32 {
  return int80_1(2, 0);
}
export function read(fd: u32, to: usize, n: u32): i32 {
  return int80_3(3, fd, to, n);
}
export function write(fd: u32, from: usize, n: u32): i32 {
  return int80_3(4, fd, from, n);
}
export function open(path: string): i32 {
  return int80_3(5, addr(path), 0, 0);
}
export function close(fd: u32): i32 {
  return int80_1(6, fd);
}
/** Waits for any child: its status word. */
export function wait(): u32 {
  const status = alloca(4);
  int80_3(7, -1, status, 0);
  return load<u32>(status);
}
export function pipe(ends: usize): i32 {
  return int80_1(42, ends);
}
export function mmap(address: usize, length: u32, prot: u32, flags: u32): usize {
  return int80_6(192, address, length, prot, flags | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
}
export function mmap_file(address: usize, length: u32, prot: u32, flags: u32, fd: u32): usize {
  return int80_6(192, address, length, prot, flags | MAP_FIXED, fd, 0);
}
export function munmap(address: usize, length: u32): i32 {
  return int80_2(91, address, length);
}
export function mprotect(address: usize, length: u32, prot: u32): i32 {
  return int80_3(125, address, length, prot);
}
export function say(text: string): void {
  write(1, addr(text), text.length);
}
