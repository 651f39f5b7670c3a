// What tcgetattr and tcsetattr exchange (asm-generic/termbits.h).

export const ICRNL: u32 = 0o000400;
export const IXON: u32 = 0o002000;
export const OPOST: u32 = 1;
export const ONLCR: u32 = 4;
export const ISIG: u32 = 1;
export const ICANON: u32 = 2;
export const ECHO: u32 = 0o10;
export const ECHOE: u32 = 0o20;
export const ECHOK: u32 = 0o40;
export const ECHOCTL: u32 = 0o1000;
export const ECHOKE: u32 = 0o4000;
export const IEXTEN: u32 = 0o100000;

/** Indices into c_cc. */
export const enum Cc {
  INTR = 0,
  QUIT = 1,
  ERASE = 2,
  KILL = 3,
  EOF = 4,
  TIME = 5,
  MIN = 6,
  SUSP = 10,
  EOL = 11,
  WERASE = 14,
  LNEXT = 15,
}

/** struct termios of the kernel's ABI: TCGETS, TCSETS. */
@unmanaged
export class termios {
  iflag: u32;
  oflag: u32;
  cflag: u32;
  lflag: u32;
  line: u8;
  @array(19) cc: Arr<u8>;
}

export const TERMIOS_SIZE: u32 = 36;
