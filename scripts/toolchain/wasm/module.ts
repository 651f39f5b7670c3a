// Reader for the WebAssembly modules our front end produces: one memory, one table, i32 and i64 only.
import { ByteReader } from "./bytes.ts";

export const enum ValueType {
  None = 0x40,
  I32 = 0x7f,
  I64 = 0x7e,
}

export interface FunctionType {
  params: ValueType[];
  /** ValueType.None for a function without result. */
  result: ValueType;
}

export interface WasmFunction {
  index: number;
  name: string;
  type: FunctionType;
  /** Set for an import. */
  from: { module: string; name: string } | null;
  /** Parameters first. */
  locals: ValueType[];
  localNames: (string | undefined)[];
  /** The code, without the local declarations; positions count from the start of the module. */
  code: ByteReader | null;
}

export interface WasmGlobal {
  name: string;
  type: ValueType;
  mutable: boolean;
  from: { module: string; name: string } | null;
  /** Initial value as a 64-bit integer; null when it is that of another global. */
  init: bigint | null;
  initGlobal: number | null;
}

export interface WasmModule {
  types: FunctionType[];
  functions: WasmFunction[];
  globals: WasmGlobal[];
  exports: Map<string, number>;
  /** Table index to function index. */
  elements: Map<number, number>;
}

const enum Section {
  Custom = 0,
  Type = 1,
  Import = 2,
  Function = 3,
  Global = 6,
  Export = 7,
  Element = 9,
  Code = 10,
}

export function readModule(bytes: Uint8Array): WasmModule {
  const module: WasmModule = { types: [], functions: [], globals: [], exports: new Map(), elements: new Map() };
  const reader = new ByteReader(bytes, 8);
  while (!reader.done) {
    const id = reader.byte();
    const size = reader.u32();
    const end = reader.position + size;
    readSection(module, id, new ByteReader(bytes, reader.position, end));
    reader.position = end;
  }
  return module;
}

function readSection(module: WasmModule, id: number, r: ByteReader): void {
  switch (id) {
    case Section.Type:
      for (let n = r.u32(); n > 0; n--) module.types.push(readType(r));
      break;
    case Section.Import:
      for (let n = r.u32(); n > 0; n--) readImport(module, r);
      break;
    case Section.Function:
      for (let n = r.u32(); n > 0; n--) addFunction(module, module.types[r.u32()], null);
      break;
    case Section.Global:
      for (let n = r.u32(); n > 0; n--) module.globals.push(readGlobal(r));
      break;
    case Section.Export:
      for (let n = r.u32(); n > 0; n--) {
        const name = r.name();
        const kind = r.byte();
        const index = r.u32();
        if (kind === 0) module.exports.set(name, index);
      }
      break;
    case Section.Element:
      for (let n = r.u32(); n > 0; n--) readElements(module, r);
      break;
    case Section.Code:
      readCode(module, r);
      break;
    case Section.Custom:
      if (r.name() === "name") readNames(module, r);
      break;
  }
}

function readType(r: ByteReader): FunctionType {
  r.byte();
  const params: ValueType[] = [];
  for (let n = r.u32(); n > 0; n--) params.push(r.byte());
  const results = r.u32();
  if (results > 1) throw new Error("function with more than one result");
  return { params, result: results ? r.byte() : ValueType.None };
}

function addFunction(module: WasmModule, type: FunctionType, from: WasmFunction["from"]): void {
  const index = module.functions.length;
  const name = from ? `${from.module}.${from.name}` : `function${index}`;
  module.functions.push({ index, name, type, from, locals: [...type.params], localNames: [], code: null });
}

function readImport(module: WasmModule, r: ByteReader): void {
  const from = { module: r.name(), name: r.name() };
  switch (r.byte()) {
    case 0:
      addFunction(module, module.types[r.u32()], from);
      break;
    case 1:
      r.byte();
      readLimits(r);
      break;
    case 2:
      readLimits(r);
      break;
    default: {
      const type = r.byte();
      const mutable = r.byte() === 1;
      module.globals.push({ name: from.name, type, mutable, from, init: null, initGlobal: null });
    }
  }
}

function readLimits(r: ByteReader): void {
  const flags = r.byte();
  r.u32();
  if (flags & 1) r.u32();
}

function readGlobal(r: ByteReader): WasmGlobal {
  const type = r.byte();
  const mutable = r.byte() === 1;
  let init: bigint | null = null;
  let initGlobal: number | null = null;
  const op = r.byte();
  if (op === 0x41) init = BigInt(r.i32());
  else if (op === 0x42) init = r.i64();
  else if (op === 0x23) initGlobal = r.u32();
  else throw new Error(`global initialiser 0x${op.toString(16)}`);
  r.byte();
  return { name: "", type, mutable, from: null, init, initGlobal };
}

function readElements(module: WasmModule, r: ByteReader): void {
  if (r.u32() !== 0) throw new Error("element segment of an unknown kind");
  r.byte();
  const start = r.i32();
  r.byte();
  const count = r.u32();
  for (let i = 0; i < count; i++) module.elements.set(start + i, r.u32());
}

function readCode(module: WasmModule, r: ByteReader): void {
  const bodies = module.functions.filter((f) => !f.from);
  const count = r.u32();
  for (let i = 0; i < count; i++) {
    const size = r.u32();
    const end = r.position + size;
    const body = new ByteReader(r.bytes, r.position, end);
    for (let groups = body.u32(); groups > 0; groups--) {
      const n = body.u32();
      const type = body.byte();
      for (let k = 0; k < n; k++) bodies[i].locals.push(type);
    }
    bodies[i].code = new ByteReader(r.bytes, body.position, end);
    r.position = end;
  }
}

function readNames(module: WasmModule, r: ByteReader): void {
  while (!r.done) {
    const kind = r.byte();
    const size = r.u32();
    const end = r.position + size;
    if (kind === 1) for (let n = r.u32(); n > 0; n--) module.functions[r.u32()].name = r.name();
    else if (kind === 2) {
      for (let n = r.u32(); n > 0; n--) {
        const names = module.functions[r.u32()].localNames;
        for (let k = r.u32(); k > 0; k--) {
          const index = r.u32();
          names[index] = r.name();
        }
      }
    } else if (kind === 7) for (let n = r.u32(); n > 0; n--) module.globals[r.u32()].name = r.name();
    r.position = end;
  }
}
