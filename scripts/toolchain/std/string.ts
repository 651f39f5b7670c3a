// A `string` is a pointer to UTF-8 bytes: NUL behind them, their count as u32 at offset -4 (literals only).
function equal(a: usize, b: usize): bool {
  if (a == b) return true;
  if (!a || !b) return false;
  for (;;) {
    const x = load<u8>(a++);
    if (x != load<u8>(b++)) return false;
    if (!x) return true;
  }
}

@final export abstract class String {
  @operator("==") private static __eq(a: String | null, b: String | null): bool {
    return equal(changetype<usize>(a), changetype<usize>(b));
  }
  @operator("!=") private static __ne(a: String | null, b: String | null): bool {
    return !equal(changetype<usize>(a), changetype<usize>(b));
  }
  /** Length in bytes. Only literals have it: for a NUL-terminated string from elsewhere use your own strlen. */
  @inline get length(): i32 {
    return load<i32>(changetype<usize>(this) - 4);
  }
  /** The byte at `i`. */
  @inline charCodeAt(i: i32): u32 {
    return load<u8>(changetype<usize>(this) + i);
  }
  @inline @operator("[]") private __get(i: i32): u8 {
    return load<u8>(changetype<usize>(this) + i);
  }
}
export type string = String;
