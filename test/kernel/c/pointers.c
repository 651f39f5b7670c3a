/* Bad pointers in every pointer argument of the system calls: each call fails with the same error as on Linux. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static long call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  __asm__ volatile("push %%ebp\n mov %7, %%ebp\n int $0x80\n pop %%ebp"
                   : "=a"(result)
                   : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), "m"(f)
                   : "memory");
  return result;
}

static const char *name;
static long number, args[6];

/** Each bad address in the place of argument `which`. */
static void bad(int which) {
  static char *none, *edge, *readonly;
  if (!none) {
    char *m = mmap((void *)0x40000000, 6 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memset(m, 'a', 6 * 4096);
    mprotect(m + 4096, 4096, PROT_NONE);
    none = m + 4096;
    edge = m + 4096 - 1; /* one good byte, no NUL */
    mprotect(m + 3 * 4096, 4096, PROT_READ);
    munmap(m + 4 * 4096, 4096);
    readonly = m + 3 * 4096 + 4096 - 1;
  }
  unsigned long values[] = {0x10, (unsigned long)none, (unsigned long)edge, (unsigned long)readonly, 0xc0000000, 0xfffffff0};
  long saved = args[which];
  printf("%s argument %d:", name, which);
  for (int i = 0; i < 6; i++) {
    args[which] = values[i];
    printf(" %ld", call(number, args[0], args[1], args[2], args[3], args[4], args[5]));
  }
  printf("\n");
  args[which] = saved;
}
#define CALL(n, ...) \
  do { \
    long list[6] = {__VA_ARGS__}; \
    name = #n; \
    number = SYS_##n; \
    memcpy(args, list, sizeof list); \
  } while (0)

int main(int argc, char **argv) {
  (void)argc;
  setvbuf(stdout, 0, _IOLBF, 0);
  char space[8192];
  long S = (long)space;
  int ends[2], zero = open("/dev/zero", O_RDONLY), self = open(argv[0], O_RDONLY), root = open("/", O_RDONLY | O_DIRECTORY);
  pipe(ends);
  write(ends[1], "0123456789012345678901234567890123456789", 40);
  CALL(read, zero, S, 100); bad(1);
  CALL(read, self, S, 100); bad(1);
  CALL(pread64, self, S, 100, 0, 0); bad(1);
  CALL(write, ends[1], S, 2); bad(1);
  CALL(readv, zero, S, 2); bad(1);
  CALL(writev, ends[1], S, 2); bad(1);
  CALL(open, S, O_RDONLY); bad(0);
  CALL(openat, AT_FDCWD, S, O_RDONLY); bad(1);
  CALL(execve, S, 0, 0); bad(0);
  CALL(execve, (long)argv[0], S, 0); bad(1);
  CALL(execve, (long)argv[0], 0, S); bad(2);
  CALL(chdir, S); bad(0);
  CALL(access, S, 0); bad(0);
  CALL(faccessat, AT_FDCWD, S, 0); bad(1);
  CALL(stat64, S, S); bad(0);
  CALL(stat64, (long)"/", S); bad(1);
  CALL(lstat64, (long)"/", S); bad(1);
  CALL(fstat64, 0, S); bad(1);
  CALL(fstatat64, AT_FDCWD, S, S, 0); bad(1);
  CALL(fstatat64, AT_FDCWD, (long)"/", S, 0); bad(2);
  CALL(readlink, S, S, 10); bad(0);
  CALL(readlinkat, AT_FDCWD, S, S, 10); bad(1);
  CALL(getcwd, S, 100); bad(0);
  CALL(getdents64, root, S, 4096); bad(1);
  CALL(pipe, S); bad(0);
  CALL(pipe2, S, 0); bad(0);
  CALL(poll, S, 2, 0); bad(0);
  CALL(time, S); bad(0);
  CALL(gettimeofday, S, 0); bad(0);
  CALL(gettimeofday, 0, S); bad(1);
  CALL(clock_gettime, 0, S); bad(1);
  CALL(clock_getres, 0, S); bad(1);
  CALL(clock_gettime64, 0, S); bad(1);
  CALL(nanosleep, S, 0); bad(0);
  CALL(times, S); bad(0);
  CALL(uname, S); bad(0);
  CALL(getrusage, 0, S); bad(1);
  CALL(ugetrlimit, 3, S); bad(1);
  CALL(prlimit64, 0, 3, 0, S); bad(3);
  CALL(rt_sigaction, SIGUSR1, S, 0, 8); bad(1);
  CALL(rt_sigaction, SIGUSR1, 0, S, 8); bad(2);
  CALL(rt_sigprocmask, SIG_BLOCK, S, 0, 8); bad(1);
  CALL(rt_sigprocmask, SIG_BLOCK, 0, S, 8); bad(2);
  CALL(rt_sigpending, S, 8); bad(0);
  CALL(sigaltstack, S, 0); bad(0);
  CALL(sigaltstack, 0, S); bad(1);
  CALL(set_thread_area, S); bad(0);
  CALL(getrandom, S, 100, 0); bad(0);
  CALL(mmap, S); bad(0);
  CALL(_llseek, self, 0, 0, S, 0); bad(3);
  printf("and still alive\n");
  return 0;
}
