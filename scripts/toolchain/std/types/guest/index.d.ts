// What guest code (kernel/, userland/) may use without importing it, for editors and `tsc -p kernel`. The code behind it
// is ../../*.ts. tsc sees every integer as `number`; the compiler proper checks widths and signs.

// --- what tsc itself needs (noLib)
interface Boolean {}
interface CallableFunction extends Function {}
interface Function {}
interface IArguments {}
interface NewableFunction extends Function {}
interface Number {}
interface Object {}
interface RegExp {}
interface Symbol {}
interface Array<T> {
  [index: number]: T;
  readonly length: i32;
}
interface ReadonlyArray<T> {
  readonly [index: number]: T;
}
interface TemplateStringsArray {}
interface TypedPropertyDescriptor<T> {
  value?: T;
}
/** Pointer to UTF-8 bytes with a NUL behind them; literals have their byte count as u32 at offset -4. */
interface String {
  /** Length in bytes. Literals only. */
  readonly length: i32;
  /** The byte at `i`. */
  charCodeAt(i: i32): u32;
  readonly [index: number]: any;
}

// --- types
declare type i8 = number;
declare type i16 = number;
declare type i32 = number;
declare type i64 = number;
declare type isize = number;
declare type u8 = number;
declare type u16 = number;
declare type u32 = number;
declare type u64 = number;
declare type usize = number;
declare type bool = boolean | number;

interface IntegerType {
  (value: any): number;
  readonly MIN_VALUE: number;
  readonly MAX_VALUE: number;
}
declare const i8: IntegerType;
declare const i16: IntegerType;
declare const i32: IntegerType;
declare const i64: IntegerType;
declare const isize: IntegerType;
declare const u8: IntegerType;
declare const u16: IntegerType;
declare const u32: IntegerType;
declare const u64: IntegerType;
declare const usize: IntegerType;
declare const bool: IntegerType;

// --- decorators
/** The class is a C struct: fields in order, C alignment (u64 aligned to 4), no header, values are pointers. */
declare function unmanaged(target: Function): void;
/** The class has no subclasses. */
declare function final(target: Function): void;
/** Field of a struct type: embedded, not a pointer. Reading it gives its address. */
declare function embed(target: any, key: any): void;
/** Inline array of n elements: `@array(16) name: Arr<u8>`, `@array(4) fds: StructArr<Fd>`. */
declare function array(n: number): (target: any, key: any) => void;
/** Expand in place: for methods (tsc refuses decorators on functions). Nothing else is expanded, so that every function can be broken on. */
declare function inline(target: any, key: any, descriptor?: any): void;
declare function operator(token: string): (target: any, key: any, descriptor?: any) => void;

// --- memory
/** Every load and store happens exactly once, in program order. */
declare function load<T>(pointer: usize, constantOffset?: usize): T;
declare function store<T>(pointer: usize, value: T, constantOffset?: usize): void;
declare namespace memory {
  /** `size` bytes of zeroed static memory (.bss), aligned to `align` (default 16). Both constant. */
  function data(size: i32, align?: i32): usize;
  /** Copies `n` bytes; the areas may overlap. */
  function copy(destination: usize, source: usize, n: usize): void;
  function fill(destination: usize, value: u8, n: usize): void;
}
/** `size` (constant) bytes in this function's frame; the same bytes each time the line is reached. */
declare function alloca(size: usize): usize;
/** Pointer to T[], C style. */
declare class Arr<T> {
  private constructor();
  [index: number]: T;
}
/** Pointer to an array of structs: indexing gives the element's address. */
declare class StructArr<T> {
  private constructor();
  readonly [index: number]: T;
}
/** Constant table: `const names: StaticArray<string> = ["a", "b"]`. */
interface StaticArray<T> {
  [index: number]: T;
  readonly length: i32;
}

/** Address of a struct, array, string or function. */
declare function addr(value: any): usize;
/** Reinterprets a pointer-sized value. */
declare function changetype<T>(value: any): T;
/** Size of an integer or pointer type. For a struct's size write `offsetof<T>()`. */
declare function sizeof<T>(): usize;
declare function alignof<T>(): usize;
/** Size of struct T, or the offset of one of its fields. */
declare function offsetof<T>(field?: string): usize;
declare function nameof<T>(value?: T): string;

// --- arithmetic
declare function clz<T extends number>(value: T): T;
declare function ctz<T extends number>(value: T): T;
declare function popcnt<T extends number>(value: T): T;
declare function rotl<T extends number>(value: T, shift: number): T;
declare function rotr<T extends number>(value: T, shift: number): T;
declare function abs<T extends number>(value: T): number;
declare function min<T extends number>(left: T, right: number): number;
declare function max<T extends number>(left: T, right: number): number;
/** Both values are computed; no branch. */
declare function select<T>(ifTrue: T, ifFalse: T, condition: bool): T;
/** Traps (ud2) when reached. */
declare function unreachable(): never;

declare function isInteger<T>(value?: T): boolean;
declare function isSigned<T>(value?: T): boolean;
declare function isReference<T>(value?: T): boolean;
declare function isString<T>(value?: T): boolean;
declare function isFunction<T>(value?: T): boolean;
declare function isNullable<T>(value?: T): boolean;

// --- variable arguments: `function printk(fmt: string, ...args: va[])`, read by `changetype<VaList>(args)`
declare type va = any;
declare class VaList {
  private constructor();
  /** The 32-bit word at `i`. */
  readonly [index: number]: u32;
  /** The 64-bit argument whose first word is at `i`; the next argument is at `i + 2`. */
  get64(i: u32): u64;
}

declare module "~lib/cpu" {
  // CPU instructions, placed where the call is; never removed, never reordered with memory accesses.
  // --- ports
  export function inb(port: u32): u32;
  export function inw(port: u32): u32;
  export function inl(port: u32): u32;
  export function outb(port: u32, value: u32): void;
  export function outw(port: u32, value: u32): void;
  export function outl(port: u32, value: u32): void;
  /** rep ins/outs: `count` units between port and memory. */
  export function insb(port: u32, address: usize, count: usize): void;
  export function insw(port: u32, address: usize, count: usize): void;
  export function insl(port: u32, address: usize, count: usize): void;
  export function outsb(port: u32, address: usize, count: usize): void;
  export function outsw(port: u32, address: usize, count: usize): void;
  export function outsl(port: u32, address: usize, count: usize): void;
  // --- control and debug registers
  export function rcr0(): u32;
  export function rcr2(): usize;
  export function rcr3(): u32;
  export function rcr4(): u32;
  export function lcr0(value: u32): void;
  export function lcr2(value: usize): void;
  export function lcr3(value: u32): void;
  export function lcr4(value: u32): void;
  export function rdr6(): u32;
  export function ldr6(value: u32): void;
  export function rdr7(): u32;
  export function ldr7(value: u32): void;
  export function clts(): void;
  // --- tables
  export function lgdt(pointer: usize): void;
  export function lidt(pointer: usize): void;
  export function sgdt(pointer: usize): void;
  export function sidt(pointer: usize): void;
  export function lldt(selector: u32): void;
  export function ltr(selector: u32): void;
  export function invlpg(address: usize): void;
  // --- flow and state
  export function cli(): void;
  export function sti(): void;
  export function hlt(): void;
  /** `sti` and `hlt` back to back: an interrupt that is already pending still wakes the HLT. */
  export function sti_hlt(): void;
  export function pause(): void;
  export function int3(): void;
  export function ud2(): void;
  export function read_eflags(): u32;
  export function write_eflags(value: u32): void;
  /** Frame pointer of the function this is written in: [ebp] = caller's, [ebp+4] = return address. */
  export function read_ebp(): usize;
  export function read_esp(): usize;
  export function read_cs(): u32;
  export function rdtsc(): u64;
  export function rdmsr(index: u32): u64;
  export function wrmsr(index: u32, value: u64): void;
  /** Stores EAX, EBX, ECX, EDX at out[0..3]. */
  export function cpuid(leaf: u32, subleaf: u32, out: usize): void;
  /** No instruction. Accesses are never reordered anyway; it says so to the reader. */
  export function barrier(): void;
  // --- strings and atomics
  export function rep_movsb(destination: usize, source: usize, bytes: usize): void;
  /** Copies from the last byte to the first (std; rep movsb; cld). */
  export function rep_movsb_down(destination: usize, source: usize, bytes: usize): void;
  export function rep_movsd(destination: usize, source: usize, dwords: usize): void;
  export function rep_stosb(destination: usize, value: u32, bytes: usize): void;
  export function rep_stosd(destination: usize, value: u32, dwords: usize): void;
  /** Stores `value` at `pointer` and returns what was there, in one bus-locked step. */
  export function xchg(pointer: usize, value: u32): u32;
  /** lock cmpxchg (486): stores `value` if `expected` is there; returns what was there. */
  export function cmpxchg(pointer: usize, expected: u32, value: u32): u32;
  /** lock xadd (486): adds `value`, returns what was there. */
  export function xadd(pointer: usize, value: u32): u32;
  // --- arithmetic
  /** DIV: high:low by divisor. Quotient in the low half of the result, remainder in the high half; #DE if the quotient needs more than 32 bits. */
  export function divide(high: u32, low: u32, divisor: u32): u64;
  // --- int 0x80: number in EAX, arguments in EBX ECX EDX ESI EDI EBP, result from EAX
  export function int80_0(number: u32): i32;
  export function int80_1(number: u32, a: u32): i32;
  export function int80_2(number: u32, a: u32, b: u32): i32;
  export function int80_3(number: u32, a: u32, b: u32, c: u32): i32;
  export function int80_4(number: u32, a: u32, b: u32, c: u32, d: u32): i32;
  export function int80_5(number: u32, a: u32, b: u32, c: u32, d: u32, e: u32): i32;
  export function int80_6(number: u32, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32): i32;
}
