// Interrupt descriptor table.
import { lidt } from "~lib/cpu";
import { Selector } from "../boot/gdt";
import { Trap } from "./trapframe";

declare const vector0: usize;
declare const vector1: usize;
declare const vector2: usize;
declare const vector3: usize;
declare const vector4: usize;
declare const vector5: usize;
declare const vector6: usize;
declare const vector7: usize;
declare const vector9: usize;
declare const vector10: usize;
declare const vector11: usize;
declare const vector12: usize;
declare const vector13: usize;
declare const vector14: usize;
declare const vector15: usize;
declare const vector16: usize;
declare const vector17: usize;
declare const vector18: usize;
declare const vector19: usize;
declare const vector32: usize;
declare const vector33: usize;
declare const vector34: usize;
declare const vector35: usize;
declare const vector36: usize;
declare const vector37: usize;
declare const vector38: usize;
declare const vector39: usize;
declare const vector40: usize;
declare const vector41: usize;
declare const vector42: usize;
declare const vector43: usize;
declare const vector44: usize;
declare const vector45: usize;
declare const vector46: usize;
declare const vector47: usize;
declare const vector128: usize;

@unmanaged
class gate_desc {
  offset_low: u16;
  selector: u16;
  zero: u8;
  /** Present 80h, DPL in bits 5-6, type: Eh interrupt gate, 5 task gate. */
  type: u8;
  offset_high: u16;
}

const INTERRUPT_GATE: u8 = 0x8e;
/** DPL 3: user programs may raise it by INT. */
const USER_GATE: u8 = 0xee;
const TASK_GATE: u8 = 0x85;

const idt = changetype<StructArr<gate_desc>>(memory.data(256 * 8, 16));

function set_gate(vector: u32, handler: usize, type: u8): void {
  const gate = idt[vector];
  gate.offset_low = <u16>handler;
  gate.offset_high = <u16>(handler >> 16);
  gate.selector = <u16>(type == TASK_GATE ? Selector.DOUBLE_FAULT_TSS : Selector.KERNEL_CODE);
  gate.zero = 0;
  gate.type = type;
}

export function idt_init(): void {
  set_gate(0, vector0, INTERRUPT_GATE);
  set_gate(1, vector1, INTERRUPT_GATE);
  set_gate(2, vector2, INTERRUPT_GATE);
  set_gate(3, vector3, USER_GATE);
  set_gate(4, vector4, USER_GATE);
  set_gate(5, vector5, INTERRUPT_GATE);
  set_gate(6, vector6, INTERRUPT_GATE);
  set_gate(7, vector7, INTERRUPT_GATE);
  set_gate(Trap.DOUBLE_FAULT, 0, TASK_GATE);
  set_gate(9, vector9, INTERRUPT_GATE);
  set_gate(10, vector10, INTERRUPT_GATE);
  set_gate(11, vector11, INTERRUPT_GATE);
  set_gate(12, vector12, INTERRUPT_GATE);
  set_gate(13, vector13, INTERRUPT_GATE);
  set_gate(Trap.PAGE_FAULT, vector14, INTERRUPT_GATE);
  set_gate(15, vector15, INTERRUPT_GATE);
  set_gate(16, vector16, INTERRUPT_GATE);
  set_gate(17, vector17, INTERRUPT_GATE);
  set_gate(18, vector18, INTERRUPT_GATE);
  set_gate(19, vector19, INTERRUPT_GATE);
  set_gate(32, vector32, INTERRUPT_GATE);
  set_gate(33, vector33, INTERRUPT_GATE);
  set_gate(34, vector34, INTERRUPT_GATE);
  set_gate(35, vector35, INTERRUPT_GATE);
  set_gate(36, vector36, INTERRUPT_GATE);
  set_gate(37, vector37, INTERRUPT_GATE);
  set_gate(38, vector38, INTERRUPT_GATE);
  set_gate(39, vector39, INTERRUPT_GATE);
  set_gate(40, vector40, INTERRUPT_GATE);
  set_gate(41, vector41, INTERRUPT_GATE);
  set_gate(42, vector42, INTERRUPT_GATE);
  set_gate(43, vector43, INTERRUPT_GATE);
  set_gate(44, vector44, INTERRUPT_GATE);
  set_gate(45, vector45, INTERRUPT_GATE);
  set_gate(46, vector46, INTERRUPT_GATE);
  set_gate(47, vector47, INTERRUPT_GATE);
  set_gate(Trap.SYSCALL, vector128, USER_GATE);
  const pointer = alloca(8);
  store<u16>(pointer, 256 * 8 - 1);
  store<u32>(pointer, addr(idt), 2);
  lidt(pointer);
}
