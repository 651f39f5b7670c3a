// The guests that measure what an operating system asks of the processor: page faults, system calls, address-space switches.
import { int80_2, invlpg, lcr3, lidt, rcr2 } from "~lib/cpu";
import { Page, WINDOW, WINDOW_PAGES, directory_of, entry, window_of } from "./paging";

declare const vector_fault: usize;
declare const vector_system_call: usize;
declare const vector_return: usize;
declare function call_user(entry: (count: u32) => void, argument: u32): void;

/** What boot.asm leaves on the stack for a handler. */
@unmanaged
export class Frame {
  edi: u32;
  esi: u32;
  ebp: u32;
  pusha_esp: u32;
  ebx: u32;
  edx: u32;
  ecx: u32;
  eax: u32;
  es: u32;
  ds: u32;
  error_code: u32;
  eip: u32;
}

const KERNEL_CODE: u32 = 0x08;
const FRAMES: u32 = 16;

const idt = changetype<Arr<u32>>(memory.data(256 * 8, 16));
const idt_pointer = changetype<Arr<u16>>(memory.data(6, 4));
const frames = memory.data(16 * 4096, 4096);
let sum: u32 = 0;

export function init_traps(): void {
  set_gate(14, vector_fault, 0);
  set_gate(0x80, vector_system_call, 3);
  set_gate(0x81, vector_return, 3);
  idt_pointer[0] = 256 * 8 - 1;
  idt_pointer[1] = <u16>addr(idt);
  idt_pointer[2] = <u16>(addr(idt) >> 16);
  lidt(addr(idt_pointer));
}

/** An interrupt gate that rings up to `dpl` may call. */
function set_gate(vector: u32, handler: usize, dpl: u32): void {
  idt[vector * 2] = (KERNEL_CODE << 16) | (handler & 0xffff);
  idt[vector * 2 + 1] = (handler & 0xffff0000) | 0x8e00 | (dpl << 13);
}

// --- faults: ring 3 touches another page of the window each time, and only the one touched last is mapped
let mapped: u32 = 0;

export function fault(count: u32): u32 {
  sum = 0;
  mapped = 0;
  call_user(touch_pages, count);
  return sum;
}

function touch_pages(count: u32): void {
  let total: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const page = WINDOW + ((i * 7 + 3) & (WINDOW_PAGES - 1)) * Page.SIZE;
    total += load<u32>(page) ^ i;
    store<u32>(page, total);
  }
  sum += total;
}

export function page_fault(frame: Frame): void {
  const address = rcr2();
  const table = window_of(0);
  const page = (address - WINDOW) >> 12;
  table[mapped] = 0;
  invlpg(WINDOW + mapped * Page.SIZE);
  table[page] = entry(frames + (page & (FRAMES - 1)) * Page.SIZE);
  mapped = page;
  sum += page + frame.error_code;
}

// --- system calls: a number and three arguments, by a table
let calls: u32 = 0;

export function system_calls(count: u32): u32 {
  sum = 0;
  calls = 0;
  call_user(make_calls, count);
  return sum + calls;
}

function make_calls(count: u32): void {
  let total: u32 = 0;
  for (let i: u32 = 0; i < count; i++) total = total * 3 + <u32>int80_2(i & 3, total, i);
  sum += total;
}

function call_count(_a: u32, _b: u32): u32 {
  return ++calls;
}
function call_add(a: u32, b: u32): u32 {
  return a + b;
}
function call_mix(a: u32, b: u32): u32 {
  return a ^ (b << 5);
}
function call_same(a: u32, _b: u32): u32 {
  return a;
}

const table: StaticArray<(a: u32, b: u32) => u32> = [call_count, call_add, call_mix, call_same];

export function system_call(frame: Frame): void {
  if (frame.eax < 4) frame.eax = table[frame.eax](frame.ebx, frame.ecx);
}

// --- switches: four address spaces, 16 pages of each touched after every CR3 load
const TOUCHED: u32 = 16;

export function switch_spaces(count: u32): u32 {
  for (let space: u32 = 0; space < 4; space++) {
    const window = window_of(space);
    // Each space sees the frames in another order.
    for (let i: u32 = 0; i < TOUCHED; i++) window[i] = entry(frames + ((i + space * 5) & (FRAMES - 1)) * Page.SIZE);
  }
  let total: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    lcr3(directory_of(i & 3));
    for (let n: u32 = 0; n < TOUCHED; n++) {
      const word = WINDOW + n * Page.SIZE;
      total = (total << 1) + load<u32>(word);
      store<u32>(word, total + n);
    }
  }
  return total;
}
