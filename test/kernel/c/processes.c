/* fork, vfork, posix_spawn, exec, wait, exit statuses, pipes: prints the same on Linux and on Faultline's kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void say_status(const char *what, int status) {
  if (WIFEXITED(status)) printf("%s: exit %d\n", what, WEXITSTATUS(status));
  else printf("%s: signal %d\n", what, WTERMSIG(status));
}

static int in_child(void (*body)(void)) {
  int status;
  pid_t pid = fork();
  if (pid == 0) {
    body();
    _exit(0);
  }
  waitpid(pid, &status, 0);
  return status;
}

static int zero;
static void do_exit(void) { _exit(42); }
static void do_null(void) { *(volatile int *)0 = 1; }
static void do_null_read(void) { (void)*(volatile int *)8; }
static void do_text(void) { *(volatile char *)do_exit = 1; }
static void do_kernel(void) { *(volatile int *)0xc0100000 = 1; }
static void do_divide(void) { volatile int x = 1; x = x / zero; }
static void do_undefined(void) { __asm__("ud2"); }
static void do_privileged(void) { __asm__("cli"); }
static void do_abort(void) { abort(); }
static void do_breakpoint(void) { __asm__("int3"); }
static int recurse(int n) { volatile char room[4096]; room[0] = n; return n ? recurse(n + 1) + room[0] : 0; }
static void do_recurse(void) { recurse(1); }
static void do_term(void) { kill(getpid(), SIGTERM); }
static void do_stop_reading(void) {
  int ends[2];
  pipe(ends);
  close(ends[0]);
  write(ends[1], "x", 1);
}

static void statuses(void) {
  say_status("exit", in_child(do_exit));
  say_status("null", in_child(do_null));
  say_status("null read", in_child(do_null_read));
  say_status("text", in_child(do_text));
  say_status("kernel", in_child(do_kernel));
  say_status("divide", in_child(do_divide));
  say_status("undefined", in_child(do_undefined));
  say_status("privileged", in_child(do_privileged));
  say_status("abort", in_child(do_abort));
  say_status("breakpoint", in_child(do_breakpoint));
  say_status("recursion", in_child(do_recurse));
  say_status("term", in_child(do_term));
  say_status("pipe", in_child(do_stop_reading));
}

static void pipes(void) {
  int ends[2], n = 0, got;
  char text[64], page[8192];
  pipe(ends);
  if (fork() == 0) {
    close(ends[0]);
    write(ends[1], "through the pipe", 16);
    _exit(0);
  }
  close(ends[1]);
  while ((got = read(ends[0], text + n, 5)) > 0) n += got;
  text[n] = 0;
  printf("pipe: %s\n", text);
  close(ends[0]);
  wait(0);
  pipe(ends);
  if (fork() == 0) {
    close(ends[0]);
    for (int i = 0; i < 100000; i += sizeof page) {
      memset(page, i >> 13, sizeof page);
      write(ends[1], page, sizeof page);
    }
    _exit(0);
  }
  close(ends[1]);
  unsigned total = 0, sum = 0;
  while ((got = read(ends[0], page, sizeof page)) > 0) {
    total += got;
    for (int i = 0; i < got; i++) sum = sum * 31 + page[i];
  }
  printf("pipe: %u bytes, %x\n", total, sum);
  close(ends[0]);
  wait(0);
  pipe2(ends, O_NONBLOCK | O_CLOEXEC);
  printf("empty: %d", (int)read(ends[0], page, 1));
  printf(" %s\n", strerror(errno));
  while (write(ends[1], page, 4096) > 0) {}
  printf("full: %s\n", strerror(errno));
  printf("flags: %d %d\n", fcntl(ends[0], F_GETFD), fcntl(ends[0], F_GETFL) & O_NONBLOCK ? 1 : 0);
}

static void programs(char *self) {
  int status;
  pid_t pid;
  char *argv[] = {"a program", "", "arg two", 0}, *envp[] = {"FOO=bar", 0};
  if (fork() == 0) {
    execve(self, argv, envp);
    _exit(1);
  }
  wait(&status);
  say_status("exec", status);
  posix_spawn(&pid, self, 0, 0, argv, envp);
  waitpid(pid, &status, 0);
  say_status("spawn", status);
  if (vfork() == 0) {
    execve(self, argv, envp);
    _exit(1);
  }
  wait(&status);
  say_status("vfork", status);
  int r = execve("/nope", argv, envp);
  printf("missing: %d %s\n", r, strerror(errno));
  r = execve("/", argv, envp);
  printf("directory: %d %s\n", r, strerror(errno));
  r = execve(self, (char **)16, envp);
  printf("bad argv: %d %s\n", r, strerror(errno));
  r = posix_spawn(&pid, "/nope", 0, 0, argv, envp);
  printf("spawn missing: %s\n", strerror(r));
  r = wait(0);
  printf("no child: %d %s\n", r, strerror(errno));
}

static void many(void) {
  int status, sum = 0, live = 0;
  for (int i = 0; i < 60; i++) {
    if (fork() == 0) _exit(i);
  }
  for (int i = 0; i < 60; i++) {
    wait(&status);
    sum += WEXITSTATUS(status);
  }
  printf("children: %d\n", sum);
  /* an orphan is buried by init */
  int ends[2];
  char c = 0;
  pipe(ends);
  if (fork() == 0) {
    if (fork() == 0) {
      while (getppid() != 1 && live++ < 1000) usleep(1000);
      write(ends[1], getppid() == 1 || live < 1000 ? "y" : "n", 1);
      _exit(0);
    }
    _exit(0);
  }
  wait(0);
  read(ends[0], &c, 1);
  printf("orphan: %c\n", c);
  pid_t pid = fork();
  if (pid == 0) for (;;) pause();
  printf("no hang: %d\n", waitpid(pid, &status, WNOHANG));
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  say_status("killed", status);
  printf("gone: %d", kill(pid, 0));
  printf(" %s\n", strerror(errno));
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (argc > 1) {
    printf("child of %d arguments: %s|%s|%s|%s\n", argc, argv[0], argv[1], argv[2], getenv("FOO"));
    return 9;
  }
  statuses();
  pipes();
  programs(argv[0]);
  many();
  return 7;
}
