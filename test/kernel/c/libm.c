/* Two processes at once: the mathematical library, long double, and printf of floating-point numbers. */
#include <math.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  pid_t child = fork();
  double sum = child ? 0.1 : 0.7;
  long double wide = 1.0L;
  for (int i = 1; i < 8000; i++) {
    sum += sin(sum * i) + sqrt((double)i) / 1000;
    wide = wide * 1.00001L + cosl(wide) / 3;
  }
  if (!child) {
    printf("child %f %e %.17g %a %.20Lg\n", sum, sum, sum, sum, wide);
    return 0;
  }
  int status;
  wait(&status);
  printf("parent %f %e %.17g %a %.20Lg, child %d\n", sum, sum, sum, sum, wide, status);
  for (int i = 1; i < 30; i++) {
    printf("%f %.15g %.12g %.14g\n", exp(i / 7.0), log(i), pow(i, 1.37), atan2(i, 3));
    printf("%.18Lg %.18Lg %.18Lg %ld\n", sqrtl(i), expl(i / 5.0L), fmodl(100.0L, i / 3.0L), lrint(i * 1.5));
  }
  return 0;
}
