/* Handlers, masks, restarting, sigsuspend, nested signals, registers across a handler: the same on Linux and Faultline. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int got[65];
static volatile int order[8], n;
static void count(int signal) { got[signal]++; }
static void note(int signal) { order[n++ & 7] = signal; }
static void nested(int signal) {
  order[n++ & 7] = signal;
  if (signal == SIGUSR1) raise(SIGUSR2);
  order[n++ & 7] = -signal;
}
static void skip(int signal, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  (void)signal;
  printf("fault at %p, trap %d, error %d\n", info->si_addr, (int)uc->uc_mcontext.gregs[REG_TRAPNO],
         (int)uc->uc_mcontext.gregs[REG_ERR]);
  uc->uc_mcontext.gregs[REG_EIP] += 2; /* behind the two-byte store */
  uc->uc_mcontext.gregs[REG_EAX] = 1234;
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  signal(SIGUSR1, count);
  raise(SIGUSR1);
  printf("got %d\n", got[SIGUSR1]);
  sigset_t set, old, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  raise(SIGUSR1);
  raise(SIGUSR1);
  sigpending(&pending);
  printf("blocked %d, pending %d\n", got[SIGUSR1], sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_SETMASK, &old, 0);
  printf("unblocked %d\n", got[SIGUSR1]);

  struct sigaction action = {.sa_handler = nested};
  sigaction(SIGUSR1, &action, 0);
  sigaction(SIGUSR2, &action, 0);
  raise(SIGUSR1);
  printf("nested: %d %d %d %d\n", order[0], order[1], order[2], order[3]);
  n = 0;
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, &action, 0);
  raise(SIGUSR1);
  printf("masked: %d %d %d %d\n", order[0], order[1], order[2], order[3]);
  n = 0;
  action.sa_handler = note;
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGUSR1, &action, &action);
  raise(SIGUSR1);
  sigaction(SIGUSR1, 0, &action);
  printf("reset: %d %d\n", order[0], action.sa_handler == SIG_DFL);

  /* a read broken off by a signal, and one that goes on */
  for (int restart = 0; restart < 2; restart++) {
    int ends[2];
    char c = '-';
    pipe(ends);
    memset(&action, 0, sizeof action);
    action.sa_handler = count;
    action.sa_flags = restart ? SA_RESTART : 0;
    sigaction(SIGUSR1, &action, 0);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
      usleep(100000);
      kill(parent, SIGUSR1);
      usleep(100000);
      write(ends[1], "x", 1);
      _exit(0);
    }
    int r = read(ends[0], &c, 1);
    printf("read: %d %s %c\n", r, r < 0 ? strerror(errno) : "", c);
    wait(0);
  }
  /* sigsuspend lets through what is blocked, and the mask comes back */
  sigprocmask(SIG_BLOCK, &set, &old);
  raise(SIGUSR1);
  int before = got[SIGUSR1];
  sigset_t none;
  sigemptyset(&none);
  int r = sigsuspend(&none);
  sigprocmask(SIG_BLOCK, 0, &pending);
  printf("sigsuspend: %d %s %d, blocked again %d\n", r, strerror(errno), got[SIGUSR1] - before,
         sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_SETMASK, &old, 0);

  /* the handler changes the interrupted program's registers */
  action.sa_sigaction = skip;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, 0);
  int value = 1;
  int *nowhere = (int *)0x1000;
  __asm__ volatile("movl %%eax, (%%ecx)" : "+a"(value) : "c"(nowhere) : "memory");
  printf("went on with %d\n", value);

  /* children's end */
  signal(SIGCHLD, count);
  if (fork() == 0) _exit(3);
  int status;
  while (wait(&status) < 0) {}
  printf("SIGCHLD %d, status %d\n", got[SIGCHLD], WEXITSTATUS(status));
  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) _exit(4);
  r = wait(&status);
  printf("ignored children: %d %s\n", r, strerror(errno));
  signal(SIGCHLD, SIG_DFL);

  /* a sleep broken off says what was left */
  signal(SIGUSR2, count);
  pid_t parent = getpid();
  if (fork() == 0) {
    usleep(50000);
    kill(parent, SIGUSR2);
    _exit(0);
  }
  struct timespec ask = {5, 0}, left = {0, 0};
  r = nanosleep(&ask, &left);
  printf("nanosleep: %d %s, left %s\n", r, strerror(errno), left.tv_sec >= 3 && left.tv_sec < 5 ? "most" : "little");
  wait(0);
  signal(SIGTERM, SIG_IGN);
  raise(SIGTERM);
  signal(SIGKILL, count);
  printf("still here\n");
  signal(SIGSEGV, SIG_IGN); /* cannot be ignored when it is the program's own */
  *(volatile int *)0 = 0;
  return 0;
}
