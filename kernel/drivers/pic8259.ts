// The 8259 pair: interrupt requests 0-15 at vectors 32-47, all masked until a driver asks.
import { inb, outb } from "~lib/cpu";
import { Trap } from "../trap/trapframe";

const MASTER: u32 = 0x20;
const SLAVE: u32 = 0xa0;
const END_OF_INTERRUPT: u32 = 0x20;
const READ_ISR: u32 = 0x0b;

let mask: u32 = 0xfffb; // all but the cascade

export function pic_init(): void {
  outb(MASTER, 0x11); // ICW1: edge triggered, cascade, ICW4 follows
  outb(MASTER + 1, Trap.IRQ0);
  outb(MASTER + 1, 4); // slave on input 2
  outb(MASTER + 1, 1); // 8086 mode
  outb(SLAVE, 0x11);
  outb(SLAVE + 1, Trap.IRQ0 + 8);
  outb(SLAVE + 1, 2);
  outb(SLAVE + 1, 1);
  set_mask();
}

function set_mask(): void {
  outb(MASTER + 1, mask & 0xff);
  outb(SLAVE + 1, mask >> 8);
}

export function pic_enable(irq: u32): void {
  mask &= ~((<u32>1) << irq);
  set_mask();
}

/**
 * Says that `irq` is being handled. False for a spurious 7 or 15: the request went away before the processor took it, no
 * bit is set in the in-service register, and it must not be acknowledged (data sheet, "spurious interrupts").
 */
export function pic_acknowledge(irq: u32): bool {
  if (irq == 7 || irq == 15) {
    const port = irq == 7 ? MASTER : SLAVE;
    outb(port, READ_ISR);
    if (!(inb(port) & 0x80)) {
      if (irq == 15) outb(MASTER, END_OF_INTERRUPT); // the cascade was real
      return false;
    }
  }
  if (irq >= 8) outb(SLAVE, END_OF_INTERRUPT);
  outb(MASTER, END_OF_INTERRUPT);
  return true;
}
