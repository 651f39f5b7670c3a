/* Maps pages, shows that they read as zero, writes one byte to each from the last to the first, and adds them up again:
   one fault for each page and kind of access, in an order no read-ahead can guess. */
#include <stdio.h>
#include <sys/mman.h>

enum { PAGES = 64, PAGE_SIZE = 4096 };

int main(void)
{
    unsigned char *area =
        mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned before = 0, after = 0;

    if (area == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    for (int i = 0; i < PAGES; i++)
        before += area[i * PAGE_SIZE];
    for (int i = PAGES - 1; i >= 0; i--)
        area[i * PAGE_SIZE] = i;
    for (int i = 0; i < PAGES; i++)
        after += area[i * PAGE_SIZE];
    printf("%d pages: sum %u before, %u after\n", PAGES, before, after);
    return munmap(area, PAGES * PAGE_SIZE) == 0 ? 0 : 1;
}
