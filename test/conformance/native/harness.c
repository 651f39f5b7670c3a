/* Runs instructions in user mode on the host's own processor, in bulk: the reference the emulator is compared with.
 *
 * The memory image, the LDT and the cases come from stdin, the results go to stdout (little-endian, no padding):
 *
 *   in   u32 areas, u32 descriptors
 *        areas times        { u32 address, u32 length, u32 protection (PROT_*) }
 *        areas times        length bytes: the contents, which every case starts from
 *        descriptors times  struct user_desc, for modify_ldt
 *   out  u32 cs, u32 ds, u32 descriptors that the kernel accepted
 *
 *   then for each case
 *   in   u32 length of the rest
 *        u32 eax ecx edx ebx esp ebp esi edi eip eflags
 *        u16 es cs ss ds fs gs
 *        u32 patches, patches times { u32 address, u32 length, bytes padded to 4 }: memory, code included
 *   out  u32 eax ecx edx ebx esp ebp esi edi eip eflags
 *        u16 es cs ss ds fs gs
 *        u32 trap, u32 error code, u32 cr2
 *        u32 changes, changes times { u32 address, u32 word }: writable memory that differs from the areas' contents
 *
 * A case ends with whatever exception comes first. The signal handler is the loop: the kernel's signal frame holds the
 * whole state at the exception, and sigreturn loads the whole state of the next case from it. There is no C library,
 * so nothing is mapped that a stray access could hit but this program, from 70000000h on, and what the kernel maps at
 * the top.
 */
#include <asm/ldt.h>
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>
#include <linux/mman.h>
#include <stdint.h>

enum { EFLAGS_NT = 0x4000, EFLAGS_ID = 0x200000, EFLAGS_START = 0x202 };
enum { MAX_AREAS = 64, INPUT = 1 << 18, OUTPUT = 1 << 18, MAX_ANSWER = 1 << 17, ALIASES = 0x78000000 };

struct area {
  uint32_t address, length, protection;
};

struct segments {
  uint16_t es, cs, ss, ds, fs, gs;
};

struct request {
  uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags;
  struct segments segments;
  uint32_t patches;
};

struct answer {
  uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags;
  struct segments segments;
  uint32_t trap, error, cr2, changes;
};

static struct area areas[MAX_AREAS];
static uint32_t area_count;
/* The same memory, always writable, and what every case starts from. */
static uint8_t *alias[MAX_AREAS], *original[MAX_AREAS];

static uint8_t input[INPUT], output[OUTPUT];
static uint32_t input_at, input_end, output_at;

static uint8_t signal_stack[65536] __attribute__((aligned(16)));
static int running;
/* Bits of EFLAGS that sigreturn does not load; see `restorer`. */
uint32_t kept_flags = EFLAGS_START;

static long call6(long number, long a, long b, long c, long d, long e, long f) {
  /* By way of a pointer: once EBP is pushed, an operand on the stack is no longer where the compiler thinks. */
  long rest[2] = {number, f}, result;
  __asm__ volatile("push %%ebp; mov 4(%%eax), %%ebp; mov (%%eax), %%eax; int $0x80; pop %%ebp"
                   : "=a"(result)
                   : "a"(rest), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory");
  return result;
}
#define call(number, a, b, c) call6(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)

static void __attribute__((noreturn)) leave(int status) {
  for (;;) call(__NR_exit_group, status, 0, 0);
}

static void copy(void *to, const void *from, uint32_t length) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

/* --- Streams --- */

static void flush(void) {
  for (uint32_t at = 0; at < output_at;) {
    long written = call(__NR_write, 1, output + at, output_at - at);
    if (written <= 0) leave(3);
    at += written;
  }
  output_at = 0;
}

static void put32(uint32_t value) {
  if (output_at + 4 > OUTPUT) flush();
  *(uint32_t *)(output + output_at) = value;
  output_at += 4;
}

/* Makes `length` bytes available at input + input_at; 0 at the end of the stream. */
static int want(uint32_t length) {
  if (input_end - input_at >= length) return 1;
  if (length > INPUT) leave(4);
  copy(input, input + input_at, input_end - input_at);
  input_end -= input_at;
  input_at = 0;
  while (input_end < length) {
    long got = call(__NR_read, 0, input + input_end, INPUT - input_end);
    if (got < 0) leave(5);
    if (got == 0) return 0;
    input_end += got;
  }
  return 1;
}

static void *get(uint32_t length) {
  if (!want(length)) leave(6);
  input_at += length;
  return input + input_at - length;
}

static uint32_t get32(void) {
  return *(uint32_t *)get(4);
}

/* --- Memory --- */

static void *map(void *address, uint32_t length, int protection, int flags, int file, uint32_t offset) {
  long result = call6(__NR_mmap2, (long)address, length, protection, flags, file, offset >> 12);
  if (result < 0 && result > -4096) leave(7);
  return (void *)result;
}

static void map_areas(void) {
  int file = call(__NR_memfd_create, "areas", 0, 0);
  uint32_t total = 0;
  for (uint32_t i = 0; i < area_count; i++) total += areas[i].length;
  if (file < 0 || call(__NR_ftruncate, file, total, 0) != 0) leave(8);
  uint8_t *next = (uint8_t *)ALIASES;
  uint32_t offset = 0, writable = 0;
  for (uint32_t i = 0; i < area_count; i++) writable += areas[i].protection & PROT_WRITE ? areas[i].length : 0;
  if (2 * writable + sizeof(struct answer) > MAX_ANSWER) leave(13);
  for (uint32_t i = 0; i < area_count; i++) {
    const struct area *a = &areas[i];
    /* Present from the start: otherwise the first fault of a read-only page would say that it is missing. */
    map((void *)a->address, a->length, a->protection, MAP_SHARED | MAP_FIXED | MAP_POPULATE, file, offset);
    call(__NR_mlock, a->address, a->length, 0);
    alias[i] = map(next, a->length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, offset);
    next += a->length;
    original[i] = map(next, a->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    next += a->length;
    offset += a->length;
  }
}

/* Bytes of a patch may run over from one area into the next. */
static void each_patch(const uint8_t *patch, uint32_t count, int apply) {
  for (; count > 0; count--) {
    uint32_t address = *(uint32_t *)patch, length = *(uint32_t *)(patch + 4);
    patch += 8;
    for (uint32_t i = 0; i < area_count; i++) {
      uint32_t from = address, to = address + length, end = areas[i].address + areas[i].length;
      if (from < areas[i].address) from = areas[i].address;
      if (to > end) to = end;
      if (from >= to) continue;
      uint32_t offset = from - areas[i].address;
      copy(alias[i] + offset, apply ? patch + (from - address) : original[i] + offset, to - from);
    }
    patch += (length + 3) & ~3u;
  }
}

typedef uint32_t block __attribute__((vector_size(64), aligned(64), may_alias));

/* Reports what differs in writable areas from their original contents, and restores it. */
static void report_changes(struct answer *answer) {
  for (uint32_t i = 0; i < area_count; i++) {
    if (!(areas[i].protection & PROT_WRITE)) continue;
    uint32_t *now = (uint32_t *)alias[i], *before = (uint32_t *)original[i];
    for (uint32_t at = 0; at < areas[i].length / 4; at += 16) {
      block difference = *(block *)(now + at) ^ *(block *)(before + at);
      uint32_t any = 0;
      for (int k = 0; k < 16; k++) any |= difference[k];
      if (any == 0) continue;
      for (uint32_t k = at; k < at + 16; k++) {
        if (now[k] == before[k]) continue;
        answer->changes++;
        put32(areas[i].address + 4 * k);
        put32(now[k]);
        now[k] = before[k];
      }
    }
  }
}

/* --- Cases --- */

static struct request *current;
static uint8_t request_copy[INPUT];

static void finish_case(const struct sigcontext *machine) {
  /* The number of changes comes first: no flush until they are all there. */
  if (output_at > OUTPUT - MAX_ANSWER) flush();
  struct answer *answer = (struct answer *)(output + output_at);
  output_at += sizeof *answer;
  *answer = (struct answer){
      machine->eax, machine->ecx, machine->edx, machine->ebx, machine->esp, machine->ebp, machine->esi,
      machine->edi, machine->eip, machine->eflags,
      {machine->es, machine->cs, machine->ss, machine->ds, machine->fs, machine->gs},
      machine->trapno, machine->err, machine->cr2, 0,
  };
  report_changes(answer);
  each_patch((uint8_t *)(current + 1), current->patches, 0);
}

static void start_case(struct sigcontext *machine) {
  if (!want(4)) {
    flush();
    leave(0);
  }
  uint32_t length = get32();
  copy(request_copy, get(length), length);
  current = (struct request *)request_copy;
  each_patch((uint8_t *)(current + 1), current->patches, 1);
  machine->eax = current->eax;
  machine->ecx = current->ecx;
  machine->edx = current->edx;
  machine->ebx = current->ebx;
  machine->esp = current->esp;
  machine->ebp = current->ebp;
  machine->esi = current->esi;
  machine->edi = current->edi;
  machine->eip = current->eip;
  machine->eflags = current->eflags;
  machine->es = current->segments.es;
  machine->cs = current->segments.cs;
  machine->ss = current->segments.ss;
  machine->ds = current->segments.ds;
  machine->fs = current->segments.fs;
  machine->gs = current->segments.gs;
  kept_flags = EFLAGS_START | (current->eflags & (EFLAGS_NT | EFLAGS_ID));
}

void __attribute__((used)) on_signal(int number, void *info, struct ucontext *context) {
  (void)number, (void)info;
  struct sigcontext *machine = &context->uc_mcontext;
  if (running) finish_case(machine);
  running = 1;
  start_case(machine);
}

/* The handler must not run with the case's AC, NT or ID; and sigreturn keeps NT and ID as they are when it is called. */
__asm__(".text\n"
        "handler:  push $0x202; popf; jmp on_signal\n"
        "restorer: push kept_flags; popf; mov $173, %eax; int $0x80\n"
        ".globl _start\n"
        "_start:   call begin\n");
extern char handler[], restorer[];

struct kernel_sigaction {
  void *handler;
  unsigned long flags;
  void *restorer;
  uint32_t mask[2];
};

void __attribute__((used, noreturn)) begin(void) {
  area_count = get32();
  uint32_t descriptors = get32(), accepted = 0;
  if (area_count > MAX_AREAS) leave(9);
  copy(areas, get(area_count * sizeof *areas), area_count * sizeof *areas);
  map_areas();
  for (uint32_t i = 0; i < area_count; i++) {
    for (uint32_t at = 0; at < areas[i].length; at += 4096) {
      uint8_t *page = get(4096);
      copy(alias[i] + at, page, 4096);
      copy(original[i] + at, page, 4096);
    }
  }
  for (uint32_t i = 0; i < descriptors; i++) {
    struct user_desc descriptor;
    copy(&descriptor, get(sizeof descriptor), sizeof descriptor);
    if (call(__NR_modify_ldt, 0x11, &descriptor, sizeof descriptor) == 0) accepted++;
  }
  uint16_t cs, ds;
  __asm__("mov %%cs, %0; mov %%ds, %1" : "=r"(cs), "=r"(ds));
  put32(cs);
  put32(ds);
  put32(accepted);

  stack_t stack = {.ss_sp = signal_stack, .ss_flags = 0, .ss_size = sizeof signal_stack};
  if (call(__NR_sigaltstack, &stack, 0, 0) != 0) leave(10);
  /* SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV; SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER */
  static const int signals[] = {4, 5, 7, 8, 11};
  struct kernel_sigaction action = {handler, 0x4c000004, restorer, {0, 0}};
  for (uint32_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    if (call6(__NR_rt_sigaction, signals[i], (long)&action, 0, 8, 0, 0) != 0) leave(11);
  }
  /* A case that never ends. */
  call(__NR_alarm, 600, 0, 0);
  __asm__ volatile("ud2");
  leave(12);
}
