/* Forks until the kernel says no, memory until there is none, and every frame must come back. On Faultline only: it looks
 * at MemFree. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static long free_kib(void) {
  char text[512], *at;
  int fd = open("/proc/meminfo", O_RDONLY), n = read(fd, text, sizeof text - 1);
  close(fd);
  text[n > 0 ? n : 0] = 0;
  at = strstr(text, "MemFree:");
  return at ? atol(at + 8) : -1;
}

static void fork_storm(void) {
  static pid_t children[2000];
  int n = 0, status;
  pid_t pid;
  while ((pid = fork()) > 0) children[n++] = pid;
  if (pid == 0) for (;;) pause();
  printf("fork: %s after %s\n", strerror(errno), n > 50 ? "many" : "few");
  for (int i = 0; i < n; i++) kill(children[i], SIGTERM);
  while (wait(&status) > 0) n--;
  printf("left: %d\n", n);
}

static void eat(void) {
  size_t size = (size_t)1 << 30;
  char *m = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t i = 0; i < size; i += 4096) m[i] = 1;
}

static void memory_storm(void) {
  int status;
  if (fork() == 0) {
    eat();
    _exit(0);
  }
  wait(&status);
  printf("eater: signal %d\n", WTERMSIG(status));
  /* the kernel runs out while it copies to the program: the call ends early, nobody dies */
  if (fork() == 0) {
    size_t size = (size_t)1 << 30;
    char *m = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int zero = open("/dev/zero", O_RDONLY);
    long n = read(zero, m, size);
    _exit(n > 0 && n < (long)size ? 33 : 34);
  }
  wait(&status);
  printf("reader: exit %d\n", WEXITSTATUS(status));
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  long before = 0, after;
  for (int round = 0; round < 3; round++) {
    before = free_kib();
    fork_storm();
    memory_storm();
    after = free_kib();
    printf("round %d: %ld KiB missing\n", round, round ? before - after : 0);
  }
  return 0;
}
