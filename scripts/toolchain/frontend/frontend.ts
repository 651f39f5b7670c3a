// Guest TypeScript to WebAssembly: the first half of the pipeline.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import binaryen from "assemblyscript/binaryen";
import type { File, Program } from "./assemblyscript.ts";
import {
  addGlobalAlias,
  features,
  initializeProgram,
  newOptions,
  newProgram,
  nextFile,
  parse,
  setDebugInfo,
  setExportMemory,
  setExportStart,
  setFeature,
  setImportMemory,
  setNoAssert,
  setRuntime,
  setSourceMap,
  setTarget,
  setUncheckedBehavior,
  SourceKind,
} from "./assemblyscript.ts";
import { type DataObject, GuestCompiler, isChecked } from "./compiler.ts";
import { Diagnostics } from "./diagnostics.ts";
import { checkDialect } from "./dialect.ts";
import { Layouts } from "./layout.ts";

/** Library files every program begins with; others (`~lib/cpu`) come by import. */
const LIBRARY = ["object", "builtins", "foundation", "string", "array", "memory", "va", "rt"];

/** The export that runs initialisers; its function is the symbol `_init`. */
export const START_EXPORT = "_init";

export interface FrontendResult {
  wasm: Uint8Array;
  sourceMap: string;
  /** Kept for the debug information: classes, enums, types of locals. */
  program: Program;
  layouts: Layouts;
  data: DataObject[];
  /** Locals that are not variables of the source, by function. */
  libraryLocals: Map<string, Set<number>>;
  /** Function table order: index in the wasm table is position + 1. */
  table: string[];
  /** Source files that took part, relative to the root, library excluded. */
  inputs: string[];
}

const libraryText = new Map<string, string | null>();

function readLibrary(path: string): string | null {
  let text = libraryText.get(path);
  if (text === undefined) {
    text = readText(new URL(`../std/${path}`, import.meta.url));
    libraryText.set(path, text);
  }
  return text;
}

function readText(path: string | URL): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Compiles `entry` and all it imports. Paths are relative to `root`; `wanted` are the names assembly code calls. */
export function compileToWasm(
  root: string,
  entry: string,
  wanted: ReadonlySet<string> = new Set(),
): FrontendResult | { errors: string[] } {
  const diagnostics = new Diagnostics();
  const options = newOptions();
  setTarget(options, 0);
  setRuntime(options, 0);
  setNoAssert(options, true);
  setImportMemory(options, true);
  setExportMemory(options, false);
  setDebugInfo(options, true);
  setSourceMap(options, true);
  setExportStart(options, START_EXPORT);
  setUncheckedBehavior(options, 2);
  for (const name of ["SIGN_EXTENSION", "BULK_MEMORY", "NONTRAPPING_F2I", "MUTABLE_GLOBALS"]) {
    setFeature(options, features[`FEATURE_${name}`], false);
  }
  for (const name of ["abort", "trace", "seed", "Math", "Mathf"]) addGlobalAlias(options, name, "");
  const program = newProgram(options);
  const inputs = parseAll(program, root, entry, diagnostics);
  if (diagnostics.failed) return { errors: diagnostics.errors };

  let compiler: GuestCompiler | null = null;
  try {
    const layouts = new Layouts(program, diagnostics);
    initializeProgram(program);
    for (const file of userFiles(program)) if (!isChecked(file)) checkDialect(file.source, diagnostics);
    diagnostics.drain(program);
    if (diagnostics.failed) return { errors: diagnostics.errors };
    compiler = new GuestCompiler(program, layouts, diagnostics, wanted);
    const module = compiler.compile();
    diagnostics.drain(program);
    if (diagnostics.failed) return { errors: diagnostics.errors };
    compiler.rememberChecked();
    if (!module.validate()) throw new Error("the generated module is not valid");
    // A setting of the whole library, not of the module: without it there is no name section.
    binaryen.setDebugInfo(true);
    const binary = module.toBinary(`${entry}.map`);
    return {
      wasm: binary.output,
      sourceMap: binary.sourceMap ?? "",
      program,
      layouts,
      data: compiler.data,
      libraryLocals: compiler.libraryLocals,
      table: compiler.functionTable.map((f) => f.internalName),
      inputs,
    };
  } catch (failure) {
    diagnostics.drain(program);
    if (!diagnostics.failed) {
      const message = failure instanceof Error ? failure.message : String(failure);
      diagnostics.add(
        compiler?.lastRange ?? null,
        `the compiler does not understand this (${message.split("\n")[0]}): write it more simply`,
      );
    }
    return { errors: diagnostics.errors };
  } finally {
    program.module.dispose();
  }
}

function parseAll(program: Program, root: string, entry: string, diagnostics: Diagnostics): string[] {
  const inputs: string[] = [];
  const read = (path: string): string | null => {
    const text = readText(join(root, path));
    if (text !== null) inputs.push(path);
    return text;
  };
  for (const name of LIBRARY) parse(program, readLibrary(`${name}.ts`), `~lib/${name}.ts`, false);
  const text = read(entry);
  if (text === null) {
    diagnostics.add(null, `${entry}: no such file`);
    return inputs;
  }
  parse(program, text, entry, true);
  for (let next = nextFile(program); next !== null; next = nextFile(program)) {
    const path = `${next}.ts`;
    parse(program, next.startsWith("~lib/") ? readLibrary(path.slice(5)) : read(path), path, false);
  }
  diagnostics.drain(program);
  if (!diagnostics.failed) program.parser.finish();
  return inputs.sort();
}

function userFiles(program: Program): File[] {
  return [...program.filesByName.values()].filter(
    (file) => file.source.sourceKind === SourceKind.User || file.source.sourceKind === SourceKind.UserEntry,
  );
}
