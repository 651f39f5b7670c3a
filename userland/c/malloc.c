/* The same program as bin/malloc.ts, for a C compiler: malloc reserves a page of addresses, the first write to it is a
   page fault. Built statically (gcc -m32 -static) it runs on this kernel and on Linux and prints the same line.
   Under glibc the block begins behind a header in a page that malloc has touched itself, so there the fault that brings
   the memory is malloc's own; bin/malloc.ts has its headers elsewhere. */
#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 1024 };

int main(void)
{
    int *ptr = malloc(COUNT * sizeof *ptr);

    if (!ptr) {
        perror("malloc failed");
        return 1;
    }
    ptr[0] = 100;
    printf("Value at ptr[0]: %d\n", ptr[0]);
    free(ptr);
    return 0;
}
