/* Random mmap, munmap, mprotect, madvise, fork and touches over 48 pages; after each step a digest of which pages can be
 * read and written and what is in them. The digests are Linux's or something is wrong. Arguments: seed, steps, and
 * anything as a third for a line per step. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 48
static char *const area = (char *)0x30000000;
static sigjmp_buf jump;
static unsigned state;

static unsigned next(unsigned below) {
  state = state * 1664525u + 1013904223u;
  return (state >> 8) % below;
}
static void handler(int signal) {
  (void)signal;
  siglongjmp(jump, 1);
}
/* -1: cannot be read. Else the byte, + 256 if it can be written, too. */
static int probe(volatile unsigned char *p) {
  volatile int result = -1;
  if (sigsetjmp(jump, 0)) return result;
  int byte = *p;
  result = byte;
  *p = byte;
  return byte + 256;
}
static unsigned digest(void) {
  unsigned hash = 2166136261u;
  for (int i = 0; i < PAGES; i++) {
    hash = (hash ^ (unsigned)probe((unsigned char *)area + i * PAGE + 17)) * 16777619u;
    hash = (hash ^ (unsigned)probe((unsigned char *)area + i * PAGE + 4095)) * 16777619u;
  }
  return hash;
}
static void fill(int first, int count, int value) {
  for (volatile int i = first; i < first + count; i++) {
    if (sigsetjmp(jump, 0)) continue;
    area[i * PAGE + 17] = value;
    area[i * PAGE + 4095] = value + 1;
  }
}

int main(int argc, char **argv) {
  state = argc > 1 ? atoi(argv[1]) : 1;
  int steps = argc > 2 ? atoi(argv[2]) : 300;
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_NODEFER};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGBUS, &action, 0);
  unsigned total = 0;
  for (int step = 0; step < steps; step++) {
    int first = next(PAGES), count = 1 + next(PAGES - first < 9 ? PAGES - first : 9), result = 0;
    char *at = area + first * PAGE;
    int prot = (const int[]){PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE}[next(4)];
    int what = next(12);
    switch (what) {
      case 0: case 1: case 2:
        result = mmap(at, count * PAGE, prot, (next(3) ? MAP_PRIVATE : MAP_SHARED) | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at;
        break;
      case 3:
        result = munmap(at, count * PAGE);
        break;
      case 4: case 5:
        result = mprotect(at, count * PAGE, prot);
        break;
      case 6:
        result = madvise(at, count * PAGE, MADV_DONTNEED);
        break;
      case 7: {
        /* the child changes everything it can; the parent sees that only where memory is shared */
        int status;
        int value = next(200);
        if (fork() == 0) {
          fill(first, count, value);
          mprotect(at, count * PAGE, PROT_READ);
          _exit(digest() & 127);
        }
        wait(&status);
        result = WEXITSTATUS(status);
        break;
      }
      case 8: case 9: {
        /* a fresh mapping is filled and moved over whatever is elsewhere, longer or shorter */
        int to = next(PAGES), length = 1 + next(PAGES - to < 9 ? PAGES - to : 9);
        mmap(at, count * PAGE, PROT_READ | PROT_WRITE, (next(3) ? MAP_PRIVATE : MAP_SHARED) | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        fill(first, count, next(200));
        result = mremap(at, count * PAGE, length * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area + to * PAGE) != area + to * PAGE;
        break;
      }
      default:
        fill(first, count, next(200));
    }
    unsigned hash = digest();
    total = total * 31 + hash + result;
    if (argc > 3) printf("%d: op %d at %d count %d prot %d result %d: %08x\n", step, what, first, count, prot, result, hash);
    if (step % 25 == 24) printf("%d: %08x\n", step + 1, total);
  }
  printf("end: %08x\n", total);
  return 0;
}
