/* Runs x87 instructions on the host's own processor, in bulk: the reference the emulator's x87 is compared with.
 *
 * stdin, one record per case (little-endian, no padding):
 *   u8  code_length      1..15
 *   u8  reserved
 *   u16 memory_length    0..640, bytes of the operand EBX points at (64-byte aligned)
 *   u32 eflags           arithmetic flags loaded before the instruction
 *   u8  code[16]         the instructions under test; a memory operand is [ebx]
 *   u8  image[108]       FRSTOR image (32-bit protected layout) loaded before it
 *   u8  memory[memory_length]
 * stdout, one record per case:
 *   u32 signal           0, or SIGFPE, SIGILL, SIGSEGV, SIGBUS raised by an instruction
 *   u32 offset           which: its offset in the code; 0 without a signal
 *   u32 eflags           after the instructions (0 after a signal)
 *   u32 eax              after the instructions (0 after a signal; AAAAAAAAh before)
 *   u8  image[108]       x87 state after the instructions, or at the signal: an FNSAVE image
 *   u8  memory[memory_length]
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#pragma pack(push, 1)
struct request {
  uint8_t code_length, reserved;
  uint16_t memory_length;
  uint32_t eflags;
  uint8_t code[16];
  uint8_t image[108];
};
struct answer {
  uint32_t signal, offset, eflags, eax;
  uint8_t image[108];
};
#pragma pack(pop)

static struct request request;
static struct answer answer;
static uint8_t memory[640] __attribute__((aligned(64)));
static sigjmp_buf escape;

static uint8_t *thunk, *slot;

static void on_signal(int number, siginfo_t *info, void *context) {
  const mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
  (void)info;
  answer.offset = (uint32_t)machine->gregs[REG_EIP] - (uint32_t)(uintptr_t)slot;
  /* The kernel's record of the x87 begins with an FNSAVE image. */
  memcpy(answer.image, machine->fpregs, sizeof answer.image);
  siglongjmp(escape, number);
}

/* frstor request.image; popfd; <instructions>; pushfd; store eax, eflags; fnsave answer.image; ret */
static uint8_t *emit(uint8_t *p, const char *bytes, size_t n) {
  memcpy(p, bytes, n);
  return p + n;
}
static uint8_t *emit_address(uint8_t *p, const void *address) {
  uint32_t value = (uint32_t)(uintptr_t)address;
  memcpy(p, &value, 4);
  return p + 4;
}

static void build_prologue(void) {
  uint8_t *p = thunk;
  p = emit(p, "\x60", 1);                                     /* pusha */
  p = emit(p, "\xbb", 1), p = emit_address(p, memory);        /* mov ebx, memory */
  p = emit(p, "\xb8\xaa\xaa\xaa\xaa", 5);                     /* mov eax, AAAAAAAAh */
  p = emit(p, "\xdd\x25", 2), p = emit_address(p, request.image); /* frstor */
  p = emit(p, "\xff\x35", 2), p = emit_address(p, &request.eflags); /* push */
  p = emit(p, "\x9d", 1);                                     /* popfd */
  slot = p;
}

static void build_case(void) {
  uint8_t *p = emit(slot, (const char *)request.code, request.code_length);
  p = emit(p, "\x9c", 1);                                     /* pushfd */
  p = emit(p, "\x8f\x05", 2), p = emit_address(p, &answer.eflags); /* pop */
  p = emit(p, "\xa3", 1), p = emit_address(p, &answer.eax);   /* mov [eax], eax */
  p = emit(p, "\xdd\x35", 2), p = emit_address(p, answer.image); /* fnsave */
  p = emit(p, "\x61\xc3", 2);                                 /* popa; ret */
}

int main(void) {
  static const int signals[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_NODEFER | SA_SIGINFO;
    sigaction(signals[i], &action, NULL);
  }
  thunk = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (thunk == MAP_FAILED) return 2;
  build_prologue();
  while (fread(&request, sizeof request, 1, stdin) == 1) {
    if (request.code_length == 0 || request.code_length > 15 || request.memory_length > sizeof memory) return 3;
    if (request.memory_length && fread(memory, request.memory_length, 1, stdin) != 1) return 4;
    build_case();
    memset(&answer, 0, sizeof answer);
    int number = sigsetjmp(escape, 0);
    if (number == 0) ((void (*)(void))thunk)();
    answer.signal = number;
    __asm__ volatile("fninit");
    fwrite(&answer, sizeof answer, 1, stdout);
    if (request.memory_length) fwrite(memory, request.memory_length, 1, stdout);
  }
  return fflush(stdout) != 0;
}
