// The little of <termios.h> and <sys/ioctl.h> that programs need.
import { int80_3 } from "~lib/cpu";
import { syscall_result } from "./errno";
import { Sys } from "./syscall";

const TCGETS: u32 = 0x5401;
const TIOCGWINSZ: u32 = 0x5413;

/** struct termios as the kernel fills it: four flag words, the line discipline, 19 control characters. */
const TERMIOS_SIZE: u32 = 60;

export function isatty(fd: i32): bool {
  return syscall_result(int80_3(Sys.IOCTL, fd, TCGETS, alloca(TERMIOS_SIZE))) == 0;
}

/** Width of the terminal in columns; 80 where it does not say, as a serial line never does. */
export function terminal_columns(fd: i32): u32 {
  const size = alloca(8); // struct winsize: rows, columns, two pixel sizes, u16 each
  if (syscall_result(int80_3(Sys.IOCTL, fd, TIOCGWINSZ, size)) != 0) return 80;
  const columns = <u32>load<u16>(size + 2);
  return columns == 0 ? 80 : columns;
}
