/* Writes through a null pointer: SIGSEGV, status 139. */
int main(void)
{
    volatile int *pointer = 0; /* volatile: a compiler may otherwise drop the write, or make a trap of it */

    *pointer = 100;
    return 1;
}
