// The kernel's entry: everything is brought up in the order it needs each other, then pid 0 becomes the idle loop.
import { cmdline_init, option_crash, option_klog_serial, option_selfcheck } from "./boot/cmdline";
import { cpu_report } from "./boot/cpu";
import { gdt_init } from "./boot/gdt";
import { multiboot_init } from "./boot/multiboot";
import { pic_init } from "./drivers/pic8259";
import { pit_init } from "./drivers/pit8254";
import { tty_early_init, tty_init } from "./drivers/tty";
import { COM2, log_uart, uart_init } from "./drivers/uart16550";
import { initrd_init } from "./fs/cpio";
import { devfs_init } from "./fs/devfs";
import { root_init, root_inode } from "./fs/namei";
import { pipe_init } from "./fs/pipe";
import { procfs_init } from "./fs/procfs";
import { regular_init } from "./fs/read";
import { panic } from "./lib/panic";
import { printk } from "./lib/printk";
import { time_init } from "./lib/time";
import { crash } from "./mm/check/crash";
import { selfcheck } from "./mm/check/selfcheck";
import { kmalloc_init } from "./mm/kmalloc";
import { paddr } from "./mm/memlayout";
import { boot_pgdir } from "./mm/paging";
import { pmm_init } from "./mm/pmm_init";
import { zero_page_init } from "./mm/zero_page";
import { idle_task_init, kernel_thread } from "./process/fork";
import { fpu_init } from "./process/fpu";
import { init_main } from "./process/init";
import { pid_init } from "./process/pid";
import { cpu_idle, sched_init } from "./process/sched";
import { syscall_init } from "./syscall/syscall";
import { double_fault_report } from "./trap/double_fault";
import { idt_init } from "./trap/idt";
import { trap } from "./trap/trap";

// called by assembly only
export { double_fault_report, trap };

/** Called by entry.asm on the boot stack, paging on, interrupts off. */
export function kmain(magic: u32, info: usize): void {
  tty_early_init();
  multiboot_init(magic, info);
  cmdline_init();
  if (option_klog_serial) uart_init(log_uart, COM2);
  printk("Faultline kernel, i386, in TypeScript\n");
  cpu_report();
  gdt_init(paddr(addr(boot_pgdir)));
  idt_init();
  pmm_init();
  kmalloc_init();
  zero_page_init();
  pid_init();
  root_init();
  const idle = idle_task_init();
  sched_init(idle);
  pic_init();
  tty_init();
  fpu_init();
  syscall_init();
  regular_init();
  pipe_init();
  initrd_init(root_inode());
  devfs_init(root_inode());
  procfs_init(root_inode());
  pit_init();
  time_init();
  if (option_selfcheck) selfcheck();
  if (option_crash) crash(option_crash);
  if (kernel_thread(init_main, 0, "init_main") != 1) panic("init_main is not pid 1");
  cpu_idle();
}
