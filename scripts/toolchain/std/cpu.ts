// CPU instructions. The back end puts each in place of the call; none is ever reordered with memory accesses or removed.

// --- ports
@external("cpu", "inb") export declare function inb(port: u32): u32;
@external("cpu", "inw") export declare function inw(port: u32): u32;
@external("cpu", "inl") export declare function inl(port: u32): u32;
@external("cpu", "outb") export declare function outb(port: u32, value: u32): void;
@external("cpu", "outw") export declare function outw(port: u32, value: u32): void;
@external("cpu", "outl") export declare function outl(port: u32, value: u32): void;
/** rep ins/outs: `count` units between port and memory. */
@external("cpu", "insb") export declare function insb(port: u32, address: usize, count: usize): void;
@external("cpu", "insw") export declare function insw(port: u32, address: usize, count: usize): void;
@external("cpu", "insl") export declare function insl(port: u32, address: usize, count: usize): void;
@external("cpu", "outsb") export declare function outsb(port: u32, address: usize, count: usize): void;
@external("cpu", "outsw") export declare function outsw(port: u32, address: usize, count: usize): void;
@external("cpu", "outsl") export declare function outsl(port: u32, address: usize, count: usize): void;

// --- control and debug registers
@external("cpu", "rcr0") export declare function rcr0(): u32;
@external("cpu", "rcr2") export declare function rcr2(): usize;
@external("cpu", "rcr3") export declare function rcr3(): u32;
@external("cpu", "rcr4") export declare function rcr4(): u32;
@external("cpu", "lcr0") export declare function lcr0(value: u32): void;
@external("cpu", "lcr2") export declare function lcr2(value: usize): void;
@external("cpu", "lcr3") export declare function lcr3(value: u32): void;
@external("cpu", "lcr4") export declare function lcr4(value: u32): void;
@external("cpu", "rdr6") export declare function rdr6(): u32;
@external("cpu", "ldr6") export declare function ldr6(value: u32): void;
@external("cpu", "rdr7") export declare function rdr7(): u32;
@external("cpu", "ldr7") export declare function ldr7(value: u32): void;
@external("cpu", "clts") export declare function clts(): void;

// --- tables
@external("cpu", "lgdt") export declare function lgdt(pointer: usize): void;
@external("cpu", "lidt") export declare function lidt(pointer: usize): void;
@external("cpu", "sgdt") export declare function sgdt(pointer: usize): void;
@external("cpu", "sidt") export declare function sidt(pointer: usize): void;
@external("cpu", "lldt") export declare function lldt(selector: u32): void;
@external("cpu", "ltr") export declare function ltr(selector: u32): void;
@external("cpu", "invlpg") export declare function invlpg(address: usize): void;

// --- flow and state
@external("cpu", "cli") export declare function cli(): void;
@external("cpu", "sti") export declare function sti(): void;
@external("cpu", "hlt") export declare function hlt(): void;
/** `sti` and `hlt` back to back: an interrupt that is already pending still wakes the HLT. */
@external("cpu", "sti_hlt") export declare function sti_hlt(): void;
@external("cpu", "pause") export declare function pause(): void;
@external("cpu", "int3") export declare function int3(): void;
@external("cpu", "ud2") export declare function ud2(): void;
@external("cpu", "read_eflags") export declare function read_eflags(): u32;
@external("cpu", "write_eflags") export declare function write_eflags(value: u32): void;
/** Frame pointer of the function this is written in: [ebp] = caller's, [ebp+4] = return address. */
@external("cpu", "read_ebp") export declare function read_ebp(): usize;
@external("cpu", "read_esp") export declare function read_esp(): usize;
@external("cpu", "read_cs") export declare function read_cs(): u32;
@external("cpu", "rdtsc") export declare function rdtsc(): u64;
@external("cpu", "rdmsr") export declare function rdmsr(index: u32): u64;
@external("cpu", "wrmsr") export declare function wrmsr(index: u32, value: u64): void;
/** Stores EAX, EBX, ECX, EDX at out[0..3]. */
@external("cpu", "cpuid") export declare function cpuid(leaf: u32, subleaf: u32, out: usize): void;
/** No instruction. Accesses are never reordered anyway; it says so to the reader. */
@external("cpu", "barrier") export declare function barrier(): void;

// --- strings and atomics
@external("cpu", "rep_movsb") export declare function rep_movsb(destination: usize, source: usize, bytes: usize): void;
/** Copies from the last byte to the first (std; rep movsb; cld). */
@external("cpu", "rep_movsb_down") export declare function rep_movsb_down(destination: usize, source: usize, bytes: usize): void;
@external("cpu", "rep_movsd") export declare function rep_movsd(destination: usize, source: usize, dwords: usize): void;
@external("cpu", "rep_stosb") export declare function rep_stosb(destination: usize, value: u32, bytes: usize): void;
@external("cpu", "rep_stosd") export declare function rep_stosd(destination: usize, value: u32, dwords: usize): void;
/** Stores `value` at `pointer` and returns what was there, in one bus-locked step. */
@external("cpu", "xchg") export declare function xchg(pointer: usize, value: u32): u32;
/** lock cmpxchg (486): stores `value` if `expected` is there; returns what was there. */
@external("cpu", "cmpxchg") export declare function cmpxchg(pointer: usize, expected: u32, value: u32): u32;
/** lock xadd (486): adds `value`, returns what was there. */
@external("cpu", "xadd") export declare function xadd(pointer: usize, value: u32): u32;

// --- arithmetic
/** DIV: high:low by divisor. Quotient in the low half of the result, remainder in the high half; #DE if the quotient needs more than 32 bits. */
@external("cpu", "divide") export declare function divide(high: u32, low: u32, divisor: u32): u64;

// --- int 0x80: number in EAX, arguments in EBX ECX EDX ESI EDI EBP, result from EAX
@external("cpu", "int80_0") export declare function int80_0(number: u32): i32;
@external("cpu", "int80_1") export declare function int80_1(number: u32, a: u32): i32;
@external("cpu", "int80_2") export declare function int80_2(number: u32, a: u32, b: u32): i32;
@external("cpu", "int80_3") export declare function int80_3(number: u32, a: u32, b: u32, c: u32): i32;
@external("cpu", "int80_4") export declare function int80_4(number: u32, a: u32, b: u32, c: u32, d: u32): i32;
@external("cpu", "int80_5") export declare function int80_5(number: u32, a: u32, b: u32, c: u32, d: u32, e: u32): i32;
@external("cpu", "int80_6") export declare function int80_6(number: u32, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32): i32;
