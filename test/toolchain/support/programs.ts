// Programs for the differential tests: what each is about, and its text.

export const PROGRAMS: Record<string, string> = {
  "expanded methods with loops and early returns": `
    @unmanaged
    class V {
      x: i32;
      y: i32;
      @inline add(o: V): i32 {
        if (this.x > 5) return o.x;
        for (let i = 0; i < 3; i++) this.y += i;
        return this.x + o.y;
      }
      @inline get sum(): i32 {
        return this.x + this.y;
      }
    }
    export function main(): void {
      const a = changetype<V>(alloca(8)),
        b = changetype<V>(alloca(8));
      a.x = 1;
      a.y = 2;
      b.x = 10;
      b.y = 20;
      show(a.add(b));
      show(b.add(a));
      show(a.sum);
      for (let i = 0; i < 3; i++) {
        a.x += 3;
        show(a.add(b));
      }
      done();
    }`,
  "generic structs and functions": `
    @unmanaged
    class Box<T> {
      v: T;
      next: Box<T> | null;
      get(): T {
        return this.v;
      }
    }
    function mk<T>(p: usize, v: T): Box<T> {
      const b = changetype<Box<T>>(p);
      b.v = v;
      b.next = null;
      return b;
    }
    export function main(): void {
      const a = mk<u8>(alloca(16), 200),
        b = mk<i64>(alloca(16), -5);
      show(a.get());
      show64(<u64>b.get());
      show(offsetof<Box<u8>>());
      show(offsetof<Box<i64>>());
      done();
    }`,
  "namespaces and their variables": `
    namespace N {
      export const K: u32 = 7;
      export let c: u32 = 1;
      export function inc(): u32 {
        return ++c;
      }
      export namespace M {
        export function f(x: u32): u32 {
          return x * K;
        }
      }
      export const enum E {
        A = 3,
      }
    }
    export function main(): void {
      N.inc();
      N.c += 5;
      show(N.c);
      show(N.M.f(6));
      show(N.E.A);
      done();
    }`,
  "switches on strings": `
    function kind(s: string): u32 {
      switch (s) {
        case "one":
          return 1;
        case "two":
          return 2;
        default:
          return 9;
      }
    }
    export function main(): void {
      show(kind("two"));
      show(kind("six"));
      const t: string | null = null;
      show(t == null ? 1 : 0);
      show("abc"[1]);
      done();
    }`,
  "bool and signed byte fields": `
    @unmanaged
    class F {
      a: bool;
      b: bool;
      c: i8;
    }
    let g: bool = true;
    function t(x: bool): bool {
      return !x;
    }
    export function main(): void {
      const f = changetype<F>(alloca(4));
      f.a = true;
      f.b = !f.a;
      f.c = -3;
      show(f.a);
      show(f.b);
      show(<u32>f.c);
      g = t(g);
      show(g);
      show(<u32>(f.a && !f.b));
      let n: u32 = f.a ? 4 : 5;
      show(n);
      show(f.c < 0 ? 1 : 0);
      done();
    }`,
  "pointers compared with each other and with null": `
    @unmanaged
    class P {
      a: u32;
    }
    export function main(): void {
      const m = memory.data(64);
      const p = changetype<P>(m),
        q = changetype<P>(m + 8);
      show(addr(p) < addr(q) ? 1 : 0);
      show(p == q ? 1 : 0);
      show(p != q ? 1 : 0);
      let r: P | null = p;
      if (r) show(2);
      r = null;
      if (!r) show(3);
      while (!r) {
        r = q;
      }
      show(addr(r) - m);
      done();
    }`,
  "function values in variables": `
    type B = (a: u32) => u32;
    type H = () => void;
    let hook: B | null = null;
    let cnt: u32 = 0;
    function up(): void {
      cnt++;
    }
    function twice(f: H): void {
      f();
      f();
    }
    function id(a: u32): u32 {
      return a;
    }
    export function main(): void {
      twice(up);
      show(cnt);
      hook = id;
      if (hook) show(hook!(5));
      hook = null;
      show(hook == null ? 1 : 0);
      const x = <B>((a: u32): u32 => a + 1);
      show(x(3));
      const raw = changetype<usize>(id);
      show(changetype<B>(raw)(77));
      done();
    }`,
  "large frame areas": `
    export function main(): void {
      const a = alloca(5000),
        b = alloca(100);
      memory.fill(a, 7, 5000);
      memory.fill(b, 9, 100);
      let s: u32 = 0;
      for (let i: u32 = 0; i < 5000; i++) s += load<u8>(a + i);
      show(s);
      show(b - a >= 5000 || a - b >= 100 ? 1 : 0);
      done();
    }`,
  "names that hide others": `
    function clz(x: u32): u32 {
      return x + 1;
    }
    function load2(x: u32): u32 {
      return x;
    }
    export function main(): void {
      show(clz(4));
      let x: u32 = 1;
      {
        let x: u32 = 2;
        show(x);
      }
      show(x);
      for (let i: u32 = 0; i < 2; i++) {
        let i2 = i;
        show(i2);
      }
      done();
    }`,
  "64-bit loops": `
    function f(a: i64, b: u64, c: i32): i64 {
      let r: i64 = a;
      for (let i: i64 = 0; i < 10; i++) {
        r = r * 31 + i;
        if (r < 0) r = -r;
        r ^= <i64>(b >> (<u64>(i & 63)));
      }
      return r / (c | 1) + (r % 1000003);
    }
    let gg: i64 = -3;
    export function main(): void {
      show64(<u64>f(-5, 0xfedcba9876543210, 7));
      gg = gg * gg;
      show64(<u64>gg);
      gg >>= 1;
      gg -= 100;
      show64(<u64>gg);
      show(gg < -50 ? 1 : 0);
      show64(<u64>max<i64>(gg, 5));
      show64(<u64>abs<i64>(gg));
      done();
    }`,
  "nested conditionals": `
    function f(a: i32): i32 {
      return a < 0 ? -1 : a == 0 ? 0 : a < 10 ? 1 : a < 100 ? 2 : 3;
    }
    function g(a: u32, b: u32): u32 {
      return (a > b ? a : b) - (a < b ? a : b) + min<u32>(a, b) + max<u32>(a, b);
    }
    export function main(): void {
      for (let i = -1; i < 200; i += 33) {
        show(<u32>f(i));
        show(g(<u32>i, 50));
      }
      done();
    }`,
  "structs that extend structs": `
    @unmanaged
    class A {
      x: u32;
      getX(): u32 {
        return this.x;
      }
    }
    @unmanaged
    class B extends A {
      y: u32;
      sum(): u32 {
        return this.getX() + this.y;
      }
    }
    export function main(): void {
      const b = changetype<B>(alloca(8));
      b.x = 3;
      b.y = 4;
      show(b.sum());
      const a: A = b;
      show(a.getX());
      done();
    }`,
  "static members": `
    @unmanaged
    class S {
      static n: u32 = 5;
      static readonly K: u32 = 6;
      static arr: usize = memory.data(16);
      static bump(): u32 {
        S.n++;
        return S.n + S.K;
      }
    }
    export function main(): void {
      show(S.bump());
      show(S.bump());
      store<u32>(S.arr, 9);
      show(load<u32>(S.arr));
      done();
    }`,
  "a variable polled in a loop": `
    let flag: u32 = 0;
    function poll(): u32 {
      let n: u32 = 0;
      while (!flag) {
        n++;
        if (n == 5) flag = 1;
      }
      return n;
    }
    export function main(): void {
      show(poll());
      done();
    }`,
  "a binary tree": `
    @unmanaged
    class T {
      l: T | null;
      r: T | null;
      k: i32;
    }
    let pool: usize = memory.data(2000);
    function nw(k: i32): T {
      const t = changetype<T>(pool);
      pool += offsetof<T>();
      t.k = k;
      t.l = null;
      t.r = null;
      return t;
    }
    function ins(t: T | null, k: i32): T {
      if (!t) return nw(k);
      if (k < t.k) t.l = ins(t.l, k);
      else t.r = ins(t.r, k);
      return t;
    }
    function walk(t: T | null): void {
      if (!t) return;
      walk(t.l);
      show(<u32>t.k);
      walk(t.r);
    }
    export function main(): void {
      let root: T | null = null;
      let x: u32 = 7;
      for (let i = 0; i < 20; i++) {
        x = x * 1103515245 + 12345;
        root = ins(root, <i32>((x >> 16) & 255));
      }
      walk(root);
      done();
    }`,
  "more values than registers": manyLocals(60),
  "a switch of 300 cases": largeSwitch(300),
  "deeply nested expressions": `
    function f(x: u32): u32 { return ${"(".repeat(200)}x${" * 3)".repeat(200)}; }
    export function main(): void { show(f(1)); done(); }`,
  "long chains of loads": `
    export function main(): void {
      const d = memory.data(64);
      for (let i: u32 = 0; i < 64; i++) store<u8>(d + i, <u8>(i * 5));
      show(${Array.from({ length: 150 }, (_, i) => `load<u8>(d + ${i % 60})`).join(" + ")});
      done();
    }`,
};

function manyLocals(n: number): string {
  const numbers = Array.from({ length: n }, (_, i) => i);
  const lines = numbers.map((i) => `let v${i}: u32 = load<u32>(addr("abcdefgh") + ${i % 4}) + ${i};`);
  lines.push(`show(0${numbers.map((i) => ` + v${i} * ${i + 1}`).join("")});`);
  lines.push(...numbers.map((i) => `show(v${n - 1 - i});`), "done();");
  return `export function main(): void {\n${lines.join("\n")}\n}`;
}

function largeSwitch(n: number): string {
  const cases = Array.from({ length: n }, (_, i) => `case ${i * 3}: return ${i * 7 + 1};`);
  return `
    function f(x: u32): u32 {\n switch (x) {\n ${cases.join("\n")}\n }\n return 0;\n }
    export function main(): void { for (let i: u32 = 0; i < ${3 * n + 5}; i++) show(f(i)); done(); }`;
}
