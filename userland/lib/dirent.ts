// <dirent.h> over getdents64.
import { int80_3 } from "~lib/cpu";
import { Errno, set_errno, syscall_result } from "./errno";
import { free, malloc } from "./malloc";
import { Sys } from "./syscall";
import { Open, close, open } from "./unistd";

const BUFFER_SIZE: u32 = 2048;

/** struct linux_dirent64; the name's bytes follow. */
@unmanaged
export class Dirent {
  d_ino: u64;
  d_off: u64;
  d_reclen: u16;
  d_type: u8;
  @array(1) name_bytes: Arr<u8>;

  get d_name(): string {
    return changetype<string>(addr(this.name_bytes));
  }
}

@unmanaged
export class Dir {
  fd: i32;
  position: u32;
  filled: u32;
  @array(2048) buffer: Arr<u8>;
}

export function opendir(path: string): Dir | null {
  const fd = open(path, Open.RDONLY | Open.DIRECTORY | Open.CLOEXEC);
  if (fd < 0) return null;
  const memory = malloc(offsetof<Dir>());
  if (memory == 0) {
    close(fd);
    set_errno(Errno.ENOMEM);
    return null;
  }
  const dir = changetype<Dir>(memory);
  dir.fd = fd;
  dir.position = 0;
  dir.filled = 0;
  return dir;
}

/** The next entry in the directory's own order, valid until the next call; null at the end, or on an error with errno set. */
export function readdir(dir: Dir): Dirent | null {
  if (dir.position >= dir.filled) {
    const got = syscall_result(int80_3(Sys.GETDENTS64, dir.fd, addr(dir.buffer), BUFFER_SIZE));
    if (got <= 0) return null;
    dir.filled = got;
    dir.position = 0;
  }
  const entry = changetype<Dirent>(addr(dir.buffer) + dir.position);
  dir.position += entry.d_reclen;
  return entry;
}

export function closedir(dir: Dir): i32 {
  const result = close(dir.fd);
  free(addr(dir));
  return result;
}
