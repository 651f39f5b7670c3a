// Classes AssemblyScript insists on finding before it compiles anything. Guest code has no managed objects: nothing here
// has a body that could run.
@final export abstract class ArrayBuffer {}
export abstract class ArrayBufferView {}
@final export abstract class Function<T> {}

@final @unmanaged export abstract class I8 {}
@final @unmanaged export abstract class I16 {}
@final @unmanaged export abstract class I32 {}
@final @unmanaged export abstract class I64 {}
@final @unmanaged export abstract class Isize {}
@final @unmanaged export abstract class U8 {}
@final @unmanaged export abstract class U16 {}
@final @unmanaged export abstract class U32 {}
@final @unmanaged export abstract class U64 {}
@final @unmanaged export abstract class Usize {}
@final @unmanaged export abstract class Bool {}
@final @unmanaged export abstract class F32 {}
@final @unmanaged export abstract class F64 {}
