/** Error numbers of Linux on i386 and the per-process `errno`. */

export const enum Errno {
  EPERM = 1,
  ENOENT = 2,
  ESRCH = 3,
  EINTR = 4,
  EIO = 5,
  ENXIO = 6,
  E2BIG = 7,
  ENOEXEC = 8,
  EBADF = 9,
  ECHILD = 10,
  EAGAIN = 11,
  ENOMEM = 12,
  EACCES = 13,
  EFAULT = 14,
  EBUSY = 16,
  EEXIST = 17,
  EXDEV = 18,
  ENODEV = 19,
  ENOTDIR = 20,
  EISDIR = 21,
  EINVAL = 22,
  ENFILE = 23,
  EMFILE = 24,
  ENOTTY = 25,
  ETXTBSY = 26,
  EFBIG = 27,
  ENOSPC = 28,
  ESPIPE = 29,
  EROFS = 30,
  EMLINK = 31,
  EPIPE = 32,
  EDOM = 33,
  ERANGE = 34,
  EDEADLK = 35,
  ENAMETOOLONG = 36,
  ENOSYS = 38,
  ENOTEMPTY = 39,
  ELOOP = 40,
  EOVERFLOW = 75,
}

/** The reason the last failing library call gave; a success leaves it as it was. Importers may only read it. */
export let errno: i32 = 0;

export function set_errno(value: i32): void {
  errno = value;
}

/**
 * Turns what the kernel returned into what C callers expect. Linux keeps the last page of the unsigned range for
 * -errno, so an address from mmap above 2 GiB is a success although it is negative as an i32.
 */
export function syscall_result(value: i32): i32 {
  if (<u32>value <= 0xfffff000) return value;
  errno = -value;
  return -1;
}
