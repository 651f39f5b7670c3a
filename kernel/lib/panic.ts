// The end: what went wrong, where, and by which calls. The machine then stands still with interrupts off, so that a
// debugger finds everything as it was.
import { cli, hlt, outb, rcr0, rcr2, rcr3, read_ebp } from "~lib/cpu";
import { option_exit_debug } from "../boot/cmdline";
import { KERNBASE, text_end, text_start } from "../mm/memlayout";
import { TrapFrame } from "../trap/trapframe";
import { ksym_name, ksym_offset } from "./ksyms";
import { log_flush, pr_warn, vprintk } from "./printk";

export const DEBUG_EXIT_PORT: u32 = 0xf4;
/** Written to the debug-exit port by a panic: no wait status of a program killed by a known signal. */
export const PANIC_STATUS: u32 = 0xfd;

const MAX_FRAMES: u32 = 24;
let panicking: bool = false;

export function stop_machine(): void {
  log_flush();
  if (option_exit_debug) outb(DEBUG_EXIT_PORT, PANIC_STATUS);
  for (;;) {
    cli();
    hlt();
  }
}

function is_code(address: usize): bool {
  return address >= text_start() && address < text_end();
}

/** Follows the chain of frame pointers. Ends at the first that is not a kernel address above the last. */
function print_callers(ebp: usize): void {
  for (let i: u32 = 0; i < MAX_FRAMES && ebp >= KERNBASE && !(ebp & 3); i++) {
    const eip = load<usize>(ebp + 4);
    if (!is_code(eip)) break;
    // one back: a call may be a function's last instruction
    pr_warn("  %p %s+0x%x\n", eip, ksym_name(eip - 1), ksym_offset(eip - 1) + 1);
    const next = load<usize>(ebp);
    if (next <= ebp) break;
    ebp = next;
  }
}

export function print_registers(tf: TrapFrame): void {
  const from_user = (tf.cs & 3) != 0;
  pr_warn("eax %p ebx %p ecx %p edx %p\n", tf.eax, tf.ebx, tf.ecx, tf.edx);
  pr_warn(
    "esi %p edi %p ebp %p esp %p\n",
    tf.esi,
    tf.edi,
    tf.ebp,
    from_user ? tf.esp : addr(tf) + offsetof<TrapFrame>("esp"),
  );
  pr_warn("eip %p eflags %p cs %x ds %x es %x fs %x gs %x\n", tf.eip, tf.eflags, tf.cs, tf.ds, tf.es, tf.fs, tf.gs);
  pr_warn("cr0 %p cr2 %p cr3 %p\n", rcr0(), rcr2(), rcr3());
}

/** A bug found by the kernel itself. Does not return. */
export function panic(format: string, ...args: va[]): void {
  cli();
  if (!panicking) {
    panicking = true;
    pr_warn("kernel panic: ");
    vprintk(format, changetype<VaList>(args));
    pr_warn("\n");
    pr_warn("backtrace:\n");
    print_callers(read_ebp());
  }
  stop_machine();
}

/** A bug found by the processor: an exception in kernel code that nothing expected. Does not return. */
export function oops(what: string, tf: TrapFrame): void {
  cli();
  if (!panicking) {
    panicking = true;
    pr_warn("kernel oops: %s, error code %x, at %s+0x%x\n", what, tf.err, ksym_name(tf.eip), ksym_offset(tf.eip));
    print_registers(tf);
    pr_warn("backtrace:\n  %p %s+0x%x\n", tf.eip, ksym_name(tf.eip), ksym_offset(tf.eip));
    print_callers(tf.ebp);
  }
  stop_machine();
}
