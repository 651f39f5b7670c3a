// A stack machine's bytecode, interpreted: a jump through a table for each operation.
const enum Op {
  HALT,
  PUSH,
  LOAD,
  STORE,
  ADD,
  SUBTRACT,
  MULTIPLY,
  AND,
  XOR,
  SHIFT_RIGHT,
  JUMP,
  JUMP_IF,
  DUPLICATE,
  DROP,
}

const enum Local {
  X,
  SUM,
  N,
}

/**
 * do { X = X * 1664525 + 1013904223; SUM = (SUM + (X >> 16)) ^ N; if (X & 4096) SUM += 7; N -= 1 } while (N)
 * One word for each operation and each operand.
 */
const program: StaticArray<u32> = [
  Op.LOAD,
  Local.X,
  Op.PUSH,
  1664525,
  Op.MULTIPLY,
  Op.PUSH,
  1013904223,
  Op.ADD,
  Op.DUPLICATE,
  Op.STORE,
  Local.X, // 0..10
  Op.PUSH,
  16,
  Op.SHIFT_RIGHT,
  Op.LOAD,
  Local.SUM,
  Op.ADD,
  Op.LOAD,
  Local.N,
  Op.XOR,
  Op.STORE,
  Local.SUM, // 11..21
  Op.LOAD,
  Local.X,
  Op.PUSH,
  4096,
  Op.AND,
  Op.JUMP_IF,
  31,
  Op.JUMP,
  38, // 22..30
  Op.LOAD,
  Local.SUM,
  Op.PUSH,
  7,
  Op.ADD,
  Op.STORE,
  Local.SUM, // 31..37
  Op.LOAD,
  Local.N,
  Op.PUSH,
  1,
  Op.SUBTRACT,
  Op.DUPLICATE,
  Op.STORE,
  Local.N,
  Op.JUMP_IF,
  0, // 38..47
  Op.HALT, // 48
];

const stack = changetype<Arr<u32>>(memory.data(64 * 4, 4));
const locals = changetype<Arr<u32>>(memory.data(4 * 4, 4));

/** The program with N = count. */
export function vm(count: u32): u32 {
  locals[Local.X] = 1;
  locals[Local.SUM] = 0;
  locals[Local.N] = count;
  interpret();
  return locals[Local.SUM];
}

function interpret(): void {
  let pc: u32 = 0;
  let top: u32 = 0;
  for (;;) {
    switch (program[pc++]) {
      case Op.HALT:
        return;
      case Op.PUSH:
        stack[top++] = program[pc++];
        break;
      case Op.LOAD:
        stack[top++] = locals[program[pc++]];
        break;
      case Op.STORE:
        locals[program[pc++]] = stack[--top];
        break;
      case Op.ADD:
        top--;
        stack[top - 1] += stack[top];
        break;
      case Op.SUBTRACT:
        top--;
        stack[top - 1] -= stack[top];
        break;
      case Op.MULTIPLY:
        top--;
        stack[top - 1] *= stack[top];
        break;
      case Op.AND:
        top--;
        stack[top - 1] &= stack[top];
        break;
      case Op.XOR:
        top--;
        stack[top - 1] ^= stack[top];
        break;
      case Op.SHIFT_RIGHT:
        top--;
        stack[top - 1] >>= stack[top];
        break;
      case Op.JUMP:
        pc = program[pc];
        break;
      case Op.JUMP_IF:
        pc = stack[--top] ? program[pc] : pc + 1;
        break;
      case Op.DUPLICATE:
        stack[top] = stack[top - 1];
        top++;
        break;
      case Op.DROP:
        top--;
        break;
    }
  }
}
