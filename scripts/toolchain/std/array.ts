// Pointers to arrays, C style: no length, no bounds check.

/** Pointer to T[]: `a[i]` reads and writes the element. */
@unmanaged export class Arr<T> {
  @inline @operator("[]") get(i: usize): T {
    return load<T>(changetype<usize>(this) + i * sizeof<T>());
  }
  @inline @operator("[]=") set(i: usize, value: T): void {
    store<T>(changetype<usize>(this) + i * sizeof<T>(), value);
  }
}

/** Pointer to an array of structs: `a[i]` is the address of element i. */
@unmanaged export class StructArr<T> {
  @inline @operator("[]") get(i: usize): T {
    return changetype<T>(changetype<usize>(this) + i * offsetof<T>());
  }
}

/** Constant table: the element count as u32 at offset -4, then the elements. */
@final @unmanaged export abstract class StaticArray<T> {
  @inline get length(): i32 {
    return load<i32>(changetype<usize>(this) - 4);
  }
  @inline @operator("[]") private __get(i: usize): T {
    return load<T>(changetype<usize>(this) + i * sizeof<T>());
  }
  @inline @operator("[]=") private __set(i: usize, value: T): void {
    store<T>(changetype<usize>(this) + i * sizeof<T>(), value);
  }
}

// Only the type of a rest parameter (`...args: va[]`); there are no other arrays.
@final @unmanaged export abstract class Array<T> {}
