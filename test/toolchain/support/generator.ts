// Random programs in the guest dialect. Choices come from a tape of numbers, so that fast-check can shrink a failure;
// an empty tape gives the simplest program.

type IntegerType = "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "i64" | "u64";
const TYPES: IntegerType[] = ["i32", "u32", "u8", "i8", "u16", "i16", "i64", "u64"];
const CONSTANTS = [0, 1, 2, 3, 5, 7, 8, 10, 16, 31, 32, 63, 100, 127, 128, 255, 256, 1000, 4096, 32767, 32768, 65535];
const LARGE = ["-1", "-2", "0x7fffffff", "-2147483648", "0x12345678", "-128", "-129", "-32768", "-100000"];
const LARGE64 = ["-1", "0x7fffffffffffffff", "0x123456789abcdef", "-9223372036854775807", "0x100000000", "0xffffffff"];

interface Variable {
  name: string;
  type: IntegerType;
}

interface Scope {
  variables: Variable[];
  /** Loops opened so far in this function: each gets its own counter. */
  loops: number;
  depth: number;
  inLoop: boolean;
  callable: number;
}

interface Signature {
  name: string;
  params: IntegerType[];
  result: IntegerType;
}

export class Generator {
  private position = 0;
  private readonly functions: Signature[] = [];
  private readonly globals: Variable[] = [];
  private counter = 0;

  constructor(private readonly tape: readonly number[]) {}

  private choose(n: number): number {
    const value = this.position < this.tape.length ? this.tape[this.position] : 0;
    this.position++;
    return value % n;
  }

  private pick<T>(items: readonly T[]): T {
    return items[this.choose(items.length)];
  }

  private get exhausted(): boolean {
    return this.position >= this.tape.length;
  }

  /** Text of main.ts without the printing helpers. */
  program(functions: number): string {
    const parts: string[] = ["const data = changetype<Arr<u8>>(memory.data(256, 16));"];
    for (let i = 0; i < 4; i++) {
      const global = { name: `g${i}`, type: this.pick(TYPES) };
      this.globals.push(global);
      parts.push(`let ${global.name}: ${global.type} = <${global.type}>${this.constant(global.type)};`);
    }
    parts.push("type Callback = (a: u32, b: i32) => u32;");
    parts.push("function cb0(a: u32, b: i32): u32 { return a + <u32>b; }");
    parts.push("function cb1(a: u32, b: i32): u32 { return a ^ (<u32>b << 3); }");
    parts.push("function cb2(a: u32, b: i32): u32 { return a * 3 - <u32>b; }");
    parts.push("const callbacks: StaticArray<Callback> = [cb0, cb1, cb2, cb1];");
    parts.push("@unmanaged class Node { a: u8; b: i16; c: u32; d: u64; @array(8) e: Arr<u16>; next: usize; }");
    parts.push("const nodes = changetype<StructArr<Node>>(memory.data(offsetof<Node>() * 4, 16));");
    for (let i = 0; i < functions; i++) parts.push(this.fn(i));
    parts.push(this.main());
    return parts.join("\n");
  }

  private constant(type: IntegerType): string {
    if (this.choose(3) === 2) {
      const wide = type.endsWith("64");
      return this.pick(wide ? LARGE64 : LARGE);
    }
    return `${this.pick(CONSTANTS)}`;
  }

  private fn(index: number): string {
    const params = Array.from({ length: this.choose(5) }, () => this.pick(TYPES));
    const signature = { name: `f${index}`, params, result: this.pick(TYPES) };
    const variables = params.map((type, i) => ({ name: `p${i}`, type }));
    const scope: Scope = { variables, loops: 0, depth: 0, inLoop: false, callable: this.functions.length };
    const body = this.block(scope, 4 + this.choose(5));
    const result = this.expression(signature.result, scope, 3);
    this.functions.push(signature);
    const list = variables.slice(0, params.length).map(({ name, type }) => `${name}: ${type}`);
    return `function ${signature.name}(${list.join(", ")}): ${signature.result} {\n${body}  return ${result};\n}`;
  }

  private main(): string {
    const lines: string[] = [];
    for (const { name, params, result } of this.functions) {
      for (let k = 0; k < 3; k++) {
        const args = params.map((type) => `<${type}>${this.constant(type)}`);
        const call = `${name}(${args.join(", ")})`;
        lines.push(result.endsWith("64") ? `  show64(<u64>${call});` : `  show(<u32>${call});`);
      }
    }
    for (const { name, type } of this.globals) {
      lines.push(type.endsWith("64") ? `  show64(<u64>${name});` : `  show(<u32>${name});`);
    }
    lines.push("  let sum: u32 = 0;");
    lines.push("  for (let i: u32 = 0; i < 256; i++) sum = sum * 31 + data[i];");
    lines.push("  for (let i: u32 = 0; i < 4 * offsetof<Node>(); i++) sum = sum * 31 + load<u8>(addr(nodes) + i);");
    lines.push("  show(sum);");
    return `export function main(): void {\n${lines.join("\n")}\n  done();\n}`;
  }

  // --- statements

  private block(scope: Scope, count: number): string {
    const before = scope.variables.length;
    let text = "";
    for (let i = 0; i < count; i++) text += this.statement(scope);
    scope.variables.length = before;
    return text;
  }

  private nested(scope: Scope, count: number, inLoop = scope.inLoop): string {
    const inner = { ...scope, variables: [...scope.variables], depth: scope.depth + 1, inLoop };
    const text = this.block(inner, count);
    scope.loops = inner.loops;
    return text;
  }

  private statement(scope: Scope): string {
    const kind = this.choose(scope.depth < 3 && !this.exhausted ? 14 : 5);
    switch (kind) {
      case 0:
      case 1: {
        const type = this.pick(TYPES);
        const value = this.expression(type, scope, 3);
        const name = `v${this.counter++}`;
        scope.variables.push({ name, type });
        return `let ${name}: ${type} = ${value};\n`;
      }
      case 2: {
        const target = this.variable(scope);
        if (!target) return "";
        return `${target.name} = ${this.expression(target.type, scope, 3)};\n`;
      }
      case 3:
        return this.memoryStore(scope);
      case 4: {
        const target = this.pick(this.globals);
        return `${target.name} = ${this.expression(target.type, scope, 2)};\n`;
      }
      case 5:
      case 6: {
        const condition = this.condition(scope, 2);
        const then = this.nested(scope, 1 + this.choose(3));
        if (this.choose(2) === 0) return `if (${condition}) {\n${then}}\n`;
        return `if (${condition}) {\n${then}} else {\n${this.nested(scope, 1 + this.choose(3))}}\n`;
      }
      case 7:
      case 8: {
        const counter = `i${this.counter++}`;
        scope.loops++;
        const limit = 1 + this.choose(6);
        const inner = { ...scope, variables: [...scope.variables, { name: `<u32>${counter}`, type: "u32" as const }] };
        const body = this.nested({ ...inner, depth: scope.depth + 1 }, 1 + this.choose(3), true);
        return `for (let ${counter}: u32 = 0; ${counter} < ${limit}; ${counter}++) {\n${body}}\n`;
      }
      case 9: {
        const counter = `w${this.counter++}`;
        const body = this.nested({ ...scope, depth: scope.depth + 1 }, 1 + this.choose(3), true);
        const condition = this.condition(scope, 1);
        if (this.choose(2) === 0)
          return `let ${counter}: i32 = 5;\nwhile (${counter}-- > 0 && ${condition}) {\n${body}}\n`;
        return `let ${counter}: i32 = 0;\ndo {\n${body}} while (${counter}++ < 4 && ${condition});\n`;
      }
      case 10:
        return this.switchStatement(scope);
      case 11: {
        const target = this.variable(scope);
        if (!target) return "";
        const op = this.pick(["+=", "-=", "*=", "&=", "|=", "^="]);
        return `${target.name} ${op} ${this.expression(target.type, scope, 2)};\n`;
      }
      case 12:
        if (scope.inLoop) return `if (${this.condition(scope, 1)}) ${this.pick(["break", "continue"])};\n`;
        return this.memoryStore(scope);
      default: {
        // Read, change, write.
        const index = `${this.expression("u32", scope, 1)} & 31`;
        const op = this.pick(["+=", "-=", "|=", "^=", "&="]);
        const place = this.pick([`data[${index}]`, "nodes[1].b", "nodes[2].c", "nodes[3].a", "nodes[0].d"]);
        const type =
          place.startsWith("data") || place.endsWith(".a")
            ? "u8"
            : place.endsWith("b")
              ? "i16"
              : place.endsWith("c")
                ? "u32"
                : "u64";
        return `${place} ${op} ${this.expression(type, scope, 1)};\n`;
      }
    }
  }

  /** A variable that may be assigned (loop counters are written with a cast and are not). */
  private variable(scope: Scope): Variable | null {
    const candidates = scope.variables.filter(({ name }) => !name.startsWith("<"));
    return candidates.length > 0 ? this.pick(candidates) : null;
  }

  private memoryStore(scope: Scope): string {
    const index = this.expression("u32", scope, 2);
    switch (this.choose(6)) {
      case 0:
        return `data[${index} & 255] = ${this.expression("u8", scope, 2)};\n`;
      case 1:
        return `store<u32>(addr(data) + (${index} & 60), ${this.expression("u32", scope, 2)}, 64);\n`;
      case 2:
        return `store<u16>(addr(data) + (${index} & 63), ${this.expression("u16", scope, 2)});\n`;
      case 3:
        return `nodes[${index} & 3].d = ${this.expression("u64", scope, 2)};\n`;
      case 4:
        return `nodes[${index} & 3].e[${this.expression("u32", scope, 1)} & 7] = ${this.expression("u16", scope, 2)};\n`;
      default:
        return `nodes[${index} & 3].b = ${this.expression("i16", scope, 2)};\n`;
    }
  }

  private switchStatement(scope: Scope): string {
    const cases = 2 + this.choose(7);
    let text = `switch (${this.expression("u32", scope, 2)} & ${this.pick([3, 7, 15])}) {\n`;
    for (let i = 0; i < cases; i++) {
      text += `case ${i}: {\n${this.nested(scope, 1, false)}${this.choose(4) === 3 ? "" : "break;\n"}}\n`;
    }
    if (this.choose(2) === 0) text += `default: {\n${this.nested(scope, 1, false)}}\n`;
    return `${text}}\n`;
  }

  // --- expressions

  private condition(scope: Scope, depth: number): string {
    const type = this.pick(TYPES);
    const kind = this.choose(8);
    if (depth > 0 && kind === 6) return `(${this.condition(scope, depth - 1)} && ${this.condition(scope, depth - 1)})`;
    if (depth > 0 && kind === 7) return `(${this.condition(scope, depth - 1)} || !${this.condition(scope, depth - 1)})`;
    const op = this.pick(["<", "==", ">", "!=", "<=", ">="]);
    return `(${this.expression(type, scope, depth)} ${op} ${this.expression(type, scope, depth)})`;
  }

  private expression(type: IntegerType, scope: Scope, depth: number): string {
    const kind = this.choose(depth > 0 && !this.exhausted ? 16 : 3);
    const sub = (t: IntegerType = type): string => this.expression(t, scope, depth - 1);
    switch (kind) {
      case 0:
        return `<${type}>${this.constant(type)}`;
      case 1:
      case 2: {
        const all = [...scope.variables, ...this.globals];
        const { name } = this.pick(all);
        return `<${type}>${name}`;
      }
      case 3:
      case 4:
      case 5:
        return `<${type}>(${sub()} ${this.pick(["+", "-", "*", "&", "|", "^"])} ${sub()})`;
      case 6: {
        const bits = Number(type.slice(1)) - 1;
        return `<${type}>(${sub()} ${this.pick(["<<", ">>", ">>>"])} (${sub()} & ${bits}))`;
      }
      case 7: {
        const unsigned = type.startsWith("u");
        if (unsigned) return `<${type}>(${sub()} ${this.pick(["/", "%"])} (${sub()} | 1))`;
        if (this.choose(2) === 0) return `<${type}>(${sub()} % (${sub()} | 1))`;
        return `<${type}>(${sub()} / ((${sub()} & 63) | 1))`;
      }
      case 8: {
        const from = this.pick(TYPES);
        return `<${type}>${this.paren(sub(from))}`;
      }
      case 9:
        return `(${this.condition(scope, depth - 1)} ? ${sub()} : ${sub()})`;
      case 10:
        return `<${type}>${this.condition(scope, depth - 1)}`;
      case 11:
        return this.memoryLoad(type, scope, depth);
      case 12:
        return `<${type}>(${this.pick(["-", "~"])}${sub()})`;
      case 13: {
        const narrow = type.endsWith("64") ? type : type.startsWith("u") ? "u32" : "i32";
        const call = this.pick(["clz", "ctz", "popcnt"]);
        if (this.choose(3) === 2) return `<${type}>rotl<${narrow}>(${sub(narrow)}, ${sub(narrow)} & 31)`;
        return `<${type}>${call}<${narrow}>(${sub(narrow)})`;
      }
      case 14: {
        if (scope.callable === 0)
          return `<${type}>select<u32>(${sub("u32")}, ${sub("u32")}, ${this.condition(scope, 0)})`;
        const { name, params } = this.functions[this.choose(scope.callable)];
        return `<${type}>${name}(${params.map((t) => this.expression(t, scope, depth - 1)).join(", ")})`;
      }
      default:
        return `<${type}>callbacks[${sub("u32")} & 3](${sub("u32")}, ${sub("i32")})`;
    }
  }

  private paren(text: string): string {
    return `(${text})`;
  }

  private memoryLoad(type: IntegerType, scope: Scope, depth: number): string {
    const index = this.expression("u32", scope, depth - 1);
    const of = this.pick(TYPES);
    switch (this.choose(5)) {
      case 0:
        return `<${type}>data[${index} & 255]`;
      case 1:
        return `<${type}>load<${of}>(addr(data) + (${index} & 127), 8)`;
      case 2:
        return `<${type}>nodes[${index} & 3].b`;
      case 3:
        return `<${type}>nodes[${index} & 3].e[${this.expression("u32", scope, 0)} & 7]`;
      default:
        return `<${type}>nodes[${index} & 3].${this.pick(["a", "c", "d"])}`;
    }
  }
}
