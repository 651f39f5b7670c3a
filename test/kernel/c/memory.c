/* mmap, munmap, mprotect, brk, stacks and what signals say about bad addresses: the same on Linux and Faultline. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
static sigjmp_buf jump;
static siginfo_t info;
static char *base;

static void handler(int signal, siginfo_t *i, void *context) {
  (void)signal;
  (void)context;
  info = *i;
  siglongjmp(jump, 1);
}

static void say_fault(const char *what) {
  printf("%s: signal %d code %d at %d\n", what, info.si_signo, info.si_code, (int)((char *)info.si_addr - base));
}
#define TRY(what, access) \
  do { \
    memset(&info, 0, sizeof info); \
    if (!sigsetjmp(jump, 1)) { \
      access; \
      printf("%s: fine\n", what); \
    } else \
      say_fault(what); \
  } while (0)

static void mappings(void) {
  volatile char *m = base = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  m[0] = 1;
  m[4 * PAGE] = 2;
  printf("mmap: %d %d %d\n", m[0], m[PAGE], m[4 * PAGE]);
  mprotect(base + PAGE, PAGE, PROT_READ);
  TRY("write to read-only", m[PAGE] = 1);
  TRY("read of it", (void)m[PAGE + 7]);
  munmap(base + 2 * PAGE, PAGE);
  TRY("unmapped", m[2 * PAGE + 5] = 1);
  mprotect(base, PAGE, PROT_NONE);
  TRY("read of none", (void)m[5]);
  TRY("write to none", m[6] = 1);
  mprotect(base, PAGE, PROT_READ | PROT_WRITE);
  printf("kept: %d\n", m[0]);
  m[0]++;
  base = 0;
  TRY("null", *(volatile int *)0 = 1);
  TRY("kernel half", *(volatile int *)0xc0000000 = 1);
  TRY("kernel read", (void)*(volatile int *)0xffffe000);
  int r = mprotect((void *)m, 8 * PAGE, PROT_READ);
  printf("mprotect over a hole: %d %s\n", r, strerror(errno));
  r = munmap((void *)(m + 1), PAGE);
  printf("munmap unaligned: %d %s\n", r, strerror(errno));
  r = munmap((void *)m, 8 * PAGE);
  printf("munmap with a hole: %d\n", r);
  void *p = mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("mmap of nothing: %d %s\n", p == MAP_FAILED, strerror(errno));
  p = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, 99, 0);
  printf("mmap of no file: %d %s\n", p == MAP_FAILED, strerror(errno));
  p = mmap(0, 0xf0000000, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("mmap too large: %d %s\n", p == MAP_FAILED, strerror(errno));
  p = mmap((void *)0x30000000, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  memset(p, 3, 2 * PAGE);
  void *q = mmap((char *)p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  printf("fixed: %p %p %d %d\n", p, q, *(char *)p, *(char *)q);
  q = mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  printf("no replace: %d %s\n", q == MAP_FAILED, strerror(errno));
  madvise(p, PAGE, MADV_DONTNEED);
  printf("after dontneed: %d\n", *(char *)p);
}

static void moving(void) {
  char *m = mmap((void *)0x31000000, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  for (int i = 0; i < 8; i++) m[i * PAGE] = 'a' + i;
  char *r = mremap(m, 8 * PAGE, 3 * PAGE, 0);
  base = m;
  TRY("cut off by mremap", (void)*(volatile char *)(m + 3 * PAGE));
  printf("shorter: %d, longer in place: %d", r == m, mremap(m, 3 * PAGE, 5 * PAGE, 0) == m);
  printf(" %c %d\n", m[2 * PAGE], m[4 * PAGE]);
  mmap(m + 5 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  r = mremap(m, 5 * PAGE, 6 * PAGE, 0);
  printf("in the way: %d %s\n", r == MAP_FAILED, strerror(errno));
  r = mremap(m, 5 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
  printf("moved: %d %c %c %d\n", r != m, r[0], r[2 * PAGE], r[599 * PAGE]);
  TRY("where it was", (void)*(volatile char *)m);
  r = mremap((void *)0x32000000, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
  printf("of nothing: %d %s\n", r == MAP_FAILED, strerror(errno));
  char *big = malloc(1 << 20);
  for (int i = 0; i < 1 << 20; i += 512) big[i] = i >> 9;
  big = realloc(big, 5 << 20);
  int same = 1;
  for (int i = 0; i < 1 << 20; i += 512) same &= big[i] == (char)(i >> 9);
  printf("realloc: %d\n", same);
  free(big);
}

static void files(char *self) {
  FILE *f = fopen(self, "r");
  char head[64];
  fread(head, 1, sizeof head, f);
  volatile char *m = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(f), 0);
  printf("file: %d", memcmp((char *)m, head, sizeof head));
  m[0] = 'X';
  printf(" %c %c\n", m[0], m[1]);
  fseek(f, 0, SEEK_SET);
  fread(head, 1, 4, f);
  printf("the file itself: %c\n", head[1]);
  volatile char *n = mmap(0, PAGE, PROT_READ, MAP_SHARED, fileno(f), PAGE);
  fseek(f, PAGE, SEEK_SET);
  fread(head, 1, sizeof head, f);
  printf("second page: %d\n", memcmp((char *)n, head, sizeof head));
  fseek(f, 0, SEEK_END);
  long end = (ftell(f) + PAGE - 1) & ~(PAGE - 1);
  base = (char *)mmap(0, 3 * PAGE, PROT_READ, MAP_PRIVATE, fileno(f), end - PAGE);
  volatile char *tail = base;
  TRY("last page", (void)tail[PAGE - 1]);
  TRY("beyond the end", (void)tail[PAGE]);
  fclose(f);
}

static void heap(void) {
  char *start = sbrk(0);
  sbrk(10000);
  start[9999] = 3;
  printf("brk: %d %d\n", start[0], start[9999]);
  sbrk(-10000);
  base = (char *)(((unsigned long)start + PAGE - 1) & ~(PAGE - 1));
  volatile char *gone = base + PAGE;
  TRY("given back", gone[5] = 1);
  sbrk(10000);
  printf("and zero again: %d\n", start[9999]);
  size_t size = 24 << 20;
  unsigned char *big = malloc(size);
  unsigned sum = 0;
  for (size_t i = 0; i < size; i += PAGE) big[i] = i >> 12;
  if (fork() == 0) {
    for (size_t i = 0; i < size; i += PAGE) big[i]++;
    for (size_t i = 0; i < size; i += PAGE) sum += big[i];
    printf("child: %u\n", sum);
    exit(0);
  }
  wait(0);
  for (size_t i = 0; i < size; i += PAGE) sum += big[i];
  printf("parent: %u\n", sum);
  free(big);
}

static void sharing(void) {
  int *shared = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *private = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *private = 1;
  if (fork() == 0) {
    shared[0] = 77;
    shared[1024] = 78;
    *private = 2;
    _exit(0);
  }
  wait(0);
  printf("shared %d %d, private %d\n", shared[0], shared[1024], *private);
}

static char alternate[16384];
static volatile int depth;
static int recurse(int n) {
  volatile char room[2000];
  room[0] = n;
  depth = n;
  return recurse(n + 1) + room[0];
}

static void stacks(void) {
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &action, 0);
  if (!sigsetjmp(jump, 1)) recurse(1);
  printf("stack overflow: signal %d code %d, %s\n", info.si_signo, info.si_code, depth > 3900 ? "8 MiB deep" : "early");
}

int main(int argc, char **argv) {
  (void)argc;
  setvbuf(stdout, 0, _IOLBF, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
  mappings();
  moving();
  files(argv[0]);
  heap();
  sharing();
  stacks();
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("minor faults: %s\n", usage.ru_minflt > 6000 ? "thousands" : "few");
  return 0;
}
