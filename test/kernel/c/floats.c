/* Two processes calculate at the same time, and a signal handler in between: the FPU's state belongs to each. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile double other = 2.5;
static void handler(int signal) {
  for (int i = 0; i < 10; i++) other = other * 1.5 - signal / 3.0;
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  signal(SIGUSR1, handler);
  pid_t parent = getpid(), pid = fork();
  double d = 1.0, e = pid ? 3.0 : 5.0;
  for (int i = 0; i < 600000; i++) {
    d = d * 1.0000001 + (pid ? 0.5 : 0.25);
    e = e + d / 1000000.0;
    if (!pid && i % 100000 == 0) kill(parent, SIGUSR1);
  }
  if (pid == 0) {
    printf("child: %f %f\n", d, e);
    exit(0);
  }
  wait(0);
  printf("parent: %f %f\n", d, e);
  return 0;
}
