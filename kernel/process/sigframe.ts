// The frames a signal handler finds on the user stack, and sigreturn, which undoes them (Linux i386: struct sigframe,
// struct rt_sigframe, struct sigcontext).
import { Selector } from "../boot/gdt";
import { copy_from_user, copy_to_user } from "../mm/uaccess";
import { memset } from "../lib/string";
import { TrapFrame } from "../trap/trapframe";
import { k_sigaction, SA_ONSTACK, SA_RESTORER, SA_SIGINFO, Sig } from "./sigaction";
import { fpu_restore_from_user, fpu_save_to_user, FPU_FRAME_SIZE } from "./fpu";
import { do_exit } from "./exit";
import { NO_SYSCALL, set_blocked } from "./signal";
import { current } from "./task";

@unmanaged
class sigcontext {
  gs: u32;
  fs: u32;
  es: u32;
  ds: u32;
  edi: u32;
  esi: u32;
  ebp: u32;
  esp: u32;
  ebx: u32;
  edx: u32;
  ecx: u32;
  eax: u32;
  trapno: u32;
  err: u32;
  eip: u32;
  cs: u32;
  eflags: u32;
  esp_at_signal: u32;
  ss: u32;
  fpstate: u32;
  oldmask: u32;
  cr2: u32;
}

@unmanaged
class sigframe {
  /** Return address of the handler: the restorer, or `retcode`. */
  pretcode: u32;
  signal: u32;
  @embed context: sigcontext;
  extramask: u32;
  @array(8) retcode: Arr<u8>;
}

@unmanaged
class siginfo {
  signo: u32;
  errno: u32;
  code: i32;
  address: u32;
  @array(28) rest: Arr<u32>;
}

@unmanaged
class ucontext {
  flags: u32;
  link: u32;
  stack_sp: u32;
  stack_flags: u32;
  stack_size: u32;
  @embed mcontext: sigcontext;
  sigmask: u64;
}

@unmanaged
class rt_sigframe {
  pretcode: u32;
  signal: u32;
  info_pointer: u32;
  ucontext_pointer: u32;
  @embed info: siginfo;
  @embed uc: ucontext;
  @array(8) retcode: Arr<u8>;
}

/** EFLAGS bits a program may set: the arithmetic ones, DF, TF, RF, AC. */
const USER_EFLAGS: u32 = 0x00050dd5;

function save_context(to: sigcontext, tf: TrapFrame, mask: u64): void {
  to.gs = tf.gs;
  to.fs = tf.fs;
  to.es = tf.es;
  to.ds = tf.ds;
  to.edi = tf.edi;
  to.esi = tf.esi;
  to.ebp = tf.ebp;
  to.esp = tf.esp;
  to.ebx = tf.ebx;
  to.edx = tf.edx;
  to.ecx = tf.ecx;
  to.eax = tf.eax;
  to.trapno = current.fault_trapno;
  to.err = current.fault_error;
  to.eip = tf.eip;
  to.cs = tf.cs;
  to.eflags = tf.eflags;
  to.esp_at_signal = tf.esp;
  to.ss = tf.ss;
  to.fpstate = 0;
  to.oldmask = <u32>mask;
  to.cr2 = current.fault_address;
}

function restore_context(from: sigcontext, tf: TrapFrame): void {
  // selectors a program could not have loaded itself fault in trapret and become null there
  tf.gs = from.gs & 0xffff;
  tf.fs = from.fs & 0xffff;
  tf.es = from.es & 0xffff;
  tf.ds = from.ds & 0xffff;
  tf.edi = from.edi;
  tf.esi = from.esi;
  tf.ebp = from.ebp;
  tf.esp = from.esp;
  tf.ebx = from.ebx;
  tf.edx = from.edx;
  tf.ecx = from.ecx;
  tf.eax = from.eax;
  tf.eip = from.eip;
  tf.cs = Selector.USER_CODE;
  tf.ss = Selector.USER_DATA;
  tf.eflags = (tf.eflags & ~USER_EFLAGS) | (from.eflags & USER_EFLAGS);
  tf.err = NO_SYSCALL; // eax is final: no system call to make again
}

/** popl %eax; movl $nr, %eax; int $0x80: for handlers without a restorer, and what gdb recognises a frame by. */
function put_retcode(code: Arr<u8>, rt: bool): void {
  const at = addr(code);
  if (rt) {
    store<u8>(at, 0xb8);
    store<u32>(at, 173, 1);
    store<u16>(at, 0x80cd, 5);
    store<u8>(at, 0, 7);
  } else {
    store<u16>(at, 0xb858);
    store<u32>(at, 119, 2);
    store<u16>(at, 0x80cd, 6);
  }
}

/** Makes the handler run next, with its frame on the user stack. False when the frame cannot be written. */
export function setup_signal_frame(tf: TrapFrame, signal: u32, action: k_sigaction, mask: u64): bool {
  const task = current;
  let top = tf.esp;
  if (action.flags & SA_ONSTACK && task.altstack_size && top - task.altstack > task.altstack_size) {
    top = task.altstack + task.altstack_size;
  }
  const rt = (action.flags & SA_SIGINFO) != 0;
  // 1 saved, 0 nothing to save, -errno
  const fpstate = fpu_save_to_user(top - FPU_FRAME_SIZE);
  if (fpstate < 0) return false;
  if (fpstate) top -= FPU_FRAME_SIZE;
  const size: u32 = rt ? offsetof<rt_sigframe>() : offsetof<sigframe>();
  // as at a function's entry: 16-byte aligned where the first argument lies
  const at = ((top - size + 4) & ~15) - 4;
  const buffer = alloca(400);
  memset(buffer, 0, size);
  let retcode: u32;
  if (rt) {
    const frame = changetype<rt_sigframe>(buffer);
    frame.signal = signal;
    frame.info_pointer = at + offsetof<rt_sigframe>("info");
    frame.ucontext_pointer = at + offsetof<rt_sigframe>("uc");
    frame.info.signo = signal;
    if (signal == Sig.SEGV || signal == Sig.BUS || signal == Sig.FPE || signal == Sig.ILL || signal == Sig.TRAP) {
      frame.info.code = task.fault_code;
      frame.info.address = task.fault_address;
    }
    frame.uc.stack_sp = task.altstack;
    frame.uc.stack_size = task.altstack_size;
    frame.uc.stack_flags = task.altstack_size ? 0 : 2; // SS_DISABLE
    save_context(frame.uc.mcontext, tf, mask);
    frame.uc.mcontext.fpstate = fpstate ? top : 0;
    frame.uc.sigmask = mask;
    put_retcode(frame.retcode, true);
    retcode = at + offsetof<rt_sigframe>("retcode");
    frame.pretcode = action.flags & SA_RESTORER ? action.restorer : retcode;
  } else {
    const frame = changetype<sigframe>(buffer);
    frame.signal = signal;
    save_context(frame.context, tf, mask);
    frame.context.fpstate = fpstate ? top : 0;
    frame.extramask = <u32>(mask >> 32);
    put_retcode(frame.retcode, false);
    retcode = at + offsetof<sigframe>("retcode");
    frame.pretcode = action.flags & SA_RESTORER ? action.restorer : retcode;
  }
  if (copy_to_user(at, buffer, size) < 0) return false;
  tf.esp = at;
  tf.eip = action.handler;
  // also in registers, for handlers compiled with regparm(3)
  tf.eax = signal;
  tf.edx = rt ? at + offsetof<rt_sigframe>("info") : 0;
  tf.ecx = rt ? at + offsetof<rt_sigframe>("uc") : 0;
  tf.ds = Selector.USER_DATA;
  tf.es = Selector.USER_DATA;
  tf.cs = Selector.USER_CODE;
  tf.ss = Selector.USER_DATA;
  tf.eflags &= ~0x500; // DF, TF
  return true;
}

/** sigreturn (119): the handler's return has popped pretcode, the restorer's pop the signal number. */
export function do_sigreturn(tf: TrapFrame): i32 {
  const buffer = changetype<sigframe>(alloca(128));
  if (copy_from_user(addr(buffer), tf.esp - 8, offsetof<sigframe>()) < 0) do_exit(Sig.SEGV);
  set_blocked(current, (<u64>buffer.context.oldmask) | ((<u64>buffer.extramask) << 32));
  restore_context(buffer.context, tf);
  if (buffer.context.fpstate) fpu_restore_from_user(buffer.context.fpstate);
  return <i32>tf.eax;
}

/** rt_sigreturn (173). */
export function do_rt_sigreturn(tf: TrapFrame): i32 {
  const buffer = changetype<rt_sigframe>(alloca(400));
  if (copy_from_user(addr(buffer), tf.esp - 4, offsetof<rt_sigframe>()) < 0) do_exit(Sig.SEGV);
  set_blocked(current, buffer.uc.sigmask);
  restore_context(buffer.uc.mcontext, tf);
  if (buffer.uc.mcontext.fpstate) fpu_restore_from_user(buffer.uc.mcontext.fpstate);
  return <i32>tf.eax;
}
