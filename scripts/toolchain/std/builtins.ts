// Compiler built-ins: AssemblyScript generates their code in place. What is absent here is absent from the dialect.
type auto = i32;

@builtin export declare function isInteger<T>(value?: T): bool;
@builtin export declare function isSigned<T>(value?: T): bool;
@builtin export declare function isReference<T>(value?: T): bool;
@builtin export declare function isString<T>(value?: T): bool;
@builtin export declare function isFunction<T>(value?: T): bool;
@builtin export declare function isNullable<T>(value?: T): bool;
@builtin export declare function isDefined(expression: auto): bool;
@builtin export declare function isConstant(expression: auto): bool;

@builtin export declare function sizeof<T>(): usize;
@builtin export declare function alignof<T>(): usize;
@builtin export declare function offsetof<T>(field?: string): usize;
@builtin export declare function nameof<T>(value?: T): string;
@builtin export declare function changetype<T>(value: auto): T;

@builtin export declare function clz<T>(value: T): T;
@builtin export declare function ctz<T>(value: T): T;
@builtin export declare function popcnt<T>(value: T): T;
@builtin export declare function rotl<T>(value: T, shift: T): T;
@builtin export declare function rotr<T>(value: T, shift: T): T;
@builtin export declare function abs<T>(value: T): T;
@builtin export declare function min<T>(left: T, right: T): T;
@builtin export declare function max<T>(left: T, right: T): T;
@builtin export declare function select<T>(ifTrue: T, ifFalse: T, condition: bool): T;

@builtin export declare function load<T>(ptr: usize, immOffset?: usize, immAlign?: usize): T;
@builtin export declare function store<T>(ptr: usize, value: auto, immOffset?: usize, immAlign?: usize): void;
@builtin export declare function unreachable(): auto;

@builtin export declare function i8(value: auto): i8;
@builtin export declare function i16(value: auto): i16;
@builtin export declare function i32(value: auto): i32;
@builtin export declare function i64(value: auto): i64;
@builtin export declare function isize(value: auto): isize;
@builtin export declare function u8(value: auto): u8;
@builtin export declare function u16(value: auto): u16;
@builtin export declare function u32(value: auto): u32;
@builtin export declare function u64(value: auto): u64;
@builtin export declare function usize(value: auto): usize;
@builtin export declare function bool(value: auto): bool;

export namespace i8 { export const MIN_VALUE: i8 = -128; export const MAX_VALUE: i8 = 127; }
export namespace i16 { export const MIN_VALUE: i16 = -32768; export const MAX_VALUE: i16 = 32767; }
export namespace i32 { export const MIN_VALUE: i32 = -2147483648; export const MAX_VALUE: i32 = 2147483647; }
export namespace i64 { export const MIN_VALUE: i64 = -9223372036854775808; export const MAX_VALUE: i64 = 9223372036854775807; }
export namespace isize { export const MIN_VALUE: isize = -2147483648; export const MAX_VALUE: isize = 2147483647; }
export namespace u8 { export const MIN_VALUE: u8 = 0; export const MAX_VALUE: u8 = 255; }
export namespace u16 { export const MIN_VALUE: u16 = 0; export const MAX_VALUE: u16 = 65535; }
export namespace u32 { export const MIN_VALUE: u32 = 0; export const MAX_VALUE: u32 = 4294967295; }
export namespace u64 { export const MIN_VALUE: u64 = 0; export const MAX_VALUE: u64 = 18446744073709551615; }
export namespace usize { export const MIN_VALUE: usize = 0; export const MAX_VALUE: usize = 4294967295; }
export namespace bool { export const MIN_VALUE: bool = false; export const MAX_VALUE: bool = true; }

export namespace atomic {
  @builtin export declare function fence(): void;
}
