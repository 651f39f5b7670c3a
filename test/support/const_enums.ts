import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * A vite plugin: puts the values of `const enum` members in place, across files, as esbuild does when it bundles.
 * Vitest compiles file by file, where they stay properties of objects, and V8 makes no jump table of a switch whose
 * labels are not literals: without this the emulator runs a hundred times slower in tests than in the bundle.
 */
export function inlineConstEnums(): {
  name: string;
  enforce: "pre";
  transform(code: string, id: string): string | null;
} {
  return {
    name: "inline-const-enums",
    enforce: "pre",
    transform(code, id) {
      const file = id.split("?")[0];
      if (!/\/emulator\/.*\.ts$/.test(file) && !/\/test\/.*\.ts$/.test(file)) return null;
      return inline(code, file);
    },
  };
}

type Enums = Map<string, Map<string, number | string>>;

const enumsByFile = new Map<string, Enums>();

/** The exported const enums of a file. */
function enumsOf(file: string): Enums {
  let enums = enumsByFile.get(file);
  if (enums === undefined) {
    enums = new Map();
    enumsByFile.set(file, enums);
    const code = readFileSync(file, "utf8");
    if (code.includes("const enum")) collect(inlineImported(code, file), enums);
  }
  return enums;
}

const ENUM = /(?:export )?const enum (\w+) \{([^}]*)\}/g;

function collect(code: string, enums: Enums): void {
  for (const [, name, body] of code.matchAll(ENUM)) {
    const members = new Map<string, number | string>();
    enums.set(name, members);
    let next: number | string = 0;
    const text = body.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    for (const part of text.split(",")) {
      const match = /^\s*(\w+)\s*(?:=([\s\S]*))?$/.exec(part);
      if (match === null) continue;
      if (match[2] !== undefined) next = evaluate(match[2], members, enums);
      members.set(match[1], next);
      if (typeof next === "number") next++;
    }
  }
}

/** A member's initialiser: constants, operators, members of this enum and of others. */
function evaluate(expression: string, members: Map<string, number | string>, enums: Enums): number | string {
  const scope: { [name: string]: unknown } = Object.fromEntries(members);
  for (const [name, values] of enums) scope[name] = Object.fromEntries(values);
  return new Function(...Object.keys(scope), `return (${expression});`)(...Object.values(scope)) as number | string;
}

const IMPORT = /import\s+(?:type\s+)?(?:\w+\s*,\s*)?\{([^}]*)\}\s*from\s*"(\.[^"]*\.ts)"/g;

function inlineImported(code: string, file: string): string {
  let result = code;
  for (const [, names, path] of code.matchAll(IMPORT)) {
    const from = resolve(dirname(file), path);
    if (!existsSync(from)) continue;
    for (const item of names.split(",")) {
      const [name, alias = name] = item
        .trim()
        .replace(/^type\s+/, "")
        .split(/\s+as\s+/);
      const members = enumsOf(from).get(name);
      if (members !== undefined) result = replaceMembers(result, alias, members);
    }
  }
  return result;
}

function replaceMembers(code: string, name: string, members: Map<string, number | string>): string {
  return code.replace(new RegExp(`(?<![\\w.])${name}\\.(\\w+)\\b`, "g"), (whole, member: string) => {
    const value = members.get(member);
    return value === undefined ? whole : typeof value === "number" ? `(${value})` : JSON.stringify(value);
  });
}

function inline(code: string, file: string): string {
  return inlineImported(code, file);
}
