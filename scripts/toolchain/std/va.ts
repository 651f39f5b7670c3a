// Variable arguments. `f(fmt, a, b)` on `function f(fmt: string, ...args: va[])` stores the arguments in a slot of the
// caller's frame, 4 bytes each (8 for u64/i64), and passes its address; `changetype<VaList>(args)` reads it.
export type va = usize;

/** `size` bytes in the frame of the function it is written in; the same bytes each time the line is reached. */
@external("cpu", "alloca") export declare function alloca(size: usize): usize;

/** Address of a struct, array, string or function, as a number. */
@inline export function addr<T>(value: T): usize {
  return changetype<usize>(value);
}

@unmanaged export class VaList {
  /** The 32-bit word at `i`. */
  @inline @operator("[]") get(i: u32): u32 {
    return load<u32>(changetype<usize>(this) + (i << 2));
  }
  /** The 64-bit argument whose first word is at `i`; the next argument is at `i + 2`. */
  @inline get64(i: u32): u64 {
    return load<u64>(changetype<usize>(this) + (i << 2));
  }
}

@inline function size<T>(): usize {
  return isInteger<T>() ? (sizeof<T>() + 3) & ~3 : 4;
}
@inline function put<T>(p: usize, value: T): void {
  if (isReference<T>()) store<usize>(p, changetype<usize>(value));
  else if (sizeof<T>() == 8) store<u64>(p, <u64>value);
  else store<u32>(p, <u32>value);
}
@inline export function __va0(): va[] {
  return changetype<va[]>(0);
}
@inline export function __va1<T0>(a0: T0): va[] {
  const p = alloca(size<T0>());
  put<T0>(p, a0);
  return changetype<va[]>(p);
}
@inline export function __va2<T0, T1>(a0: T0, a1: T1): va[] {
  const p = alloca(size<T0>() + size<T1>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  return changetype<va[]>(p);
}
@inline export function __va3<T0, T1, T2>(a0: T0, a1: T1, a2: T2): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  return changetype<va[]>(p);
}
@inline export function __va4<T0, T1, T2, T3>(a0: T0, a1: T1, a2: T2, a3: T3): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>() + size<T3>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  put<T3>(p + size<T0>() + size<T1>() + size<T2>(), a3);
  return changetype<va[]>(p);
}
@inline export function __va5<T0, T1, T2, T3, T4>(a0: T0, a1: T1, a2: T2, a3: T3, a4: T4): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  put<T3>(p + size<T0>() + size<T1>() + size<T2>(), a3);
  put<T4>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>(), a4);
  return changetype<va[]>(p);
}
@inline export function __va6<T0, T1, T2, T3, T4, T5>(a0: T0, a1: T1, a2: T2, a3: T3, a4: T4, a5: T5): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  put<T3>(p + size<T0>() + size<T1>() + size<T2>(), a3);
  put<T4>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>(), a4);
  put<T5>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>(), a5);
  return changetype<va[]>(p);
}
@inline export function __va7<T0, T1, T2, T3, T4, T5, T6>(a0: T0, a1: T1, a2: T2, a3: T3, a4: T4, a5: T5, a6: T6): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  put<T3>(p + size<T0>() + size<T1>() + size<T2>(), a3);
  put<T4>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>(), a4);
  put<T5>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>(), a5);
  put<T6>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>(), a6);
  return changetype<va[]>(p);
}
@inline export function __va8<T0, T1, T2, T3, T4, T5, T6, T7>(a0: T0, a1: T1, a2: T2, a3: T3, a4: T4, a5: T5, a6: T6, a7: T7): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  put<T3>(p + size<T0>() + size<T1>() + size<T2>(), a3);
  put<T4>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>(), a4);
  put<T5>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>(), a5);
  put<T6>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>(), a6);
  put<T7>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>(), a7);
  return changetype<va[]>(p);
}
@inline export function __va9<T0, T1, T2, T3, T4, T5, T6, T7, T8>(a0: T0, a1: T1, a2: T2, a3: T3, a4: T4, a5: T5, a6: T6, a7: T7, a8: T8): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  put<T3>(p + size<T0>() + size<T1>() + size<T2>(), a3);
  put<T4>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>(), a4);
  put<T5>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>(), a5);
  put<T6>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>(), a6);
  put<T7>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>(), a7);
  put<T8>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>(), a8);
  return changetype<va[]>(p);
}
@inline export function __va10<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9>(a0: T0, a1: T1, a2: T2, a3: T3, a4: T4, a5: T5, a6: T6, a7: T7, a8: T8, a9: T9): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>() + size<T9>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  put<T3>(p + size<T0>() + size<T1>() + size<T2>(), a3);
  put<T4>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>(), a4);
  put<T5>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>(), a5);
  put<T6>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>(), a6);
  put<T7>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>(), a7);
  put<T8>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>(), a8);
  put<T9>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>(), a9);
  return changetype<va[]>(p);
}
@inline export function __va11<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(a0: T0, a1: T1, a2: T2, a3: T3, a4: T4, a5: T5, a6: T6, a7: T7, a8: T8, a9: T9, a10: T10): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>() + size<T9>() + size<T10>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  put<T3>(p + size<T0>() + size<T1>() + size<T2>(), a3);
  put<T4>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>(), a4);
  put<T5>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>(), a5);
  put<T6>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>(), a6);
  put<T7>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>(), a7);
  put<T8>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>(), a8);
  put<T9>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>(), a9);
  put<T10>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>() + size<T9>(), a10);
  return changetype<va[]>(p);
}
@inline export function __va12<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(a0: T0, a1: T1, a2: T2, a3: T3, a4: T4, a5: T5, a6: T6, a7: T7, a8: T8, a9: T9, a10: T10, a11: T11): va[] {
  const p = alloca(size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>() + size<T9>() + size<T10>() + size<T11>());
  put<T0>(p, a0);
  put<T1>(p + size<T0>(), a1);
  put<T2>(p + size<T0>() + size<T1>(), a2);
  put<T3>(p + size<T0>() + size<T1>() + size<T2>(), a3);
  put<T4>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>(), a4);
  put<T5>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>(), a5);
  put<T6>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>(), a6);
  put<T7>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>(), a7);
  put<T8>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>(), a8);
  put<T9>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>(), a9);
  put<T10>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>() + size<T9>(), a10);
  put<T11>(p + size<T0>() + size<T1>() + size<T2>() + size<T3>() + size<T4>() + size<T5>() + size<T6>() + size<T7>() + size<T8>() + size<T9>() + size<T10>(), a11);
  return changetype<va[]>(p);
}
