import { Arena } from "../../emulator/cpu/arena.ts";

type View = Int32Array | Uint16Array | Uint8Array;

/**
 * An arena whose views throw on an index outside of them, where a typed array reads undefined and writes nothing. It is
 * a hundred times slower: for a sample of what runs on the real one.
 */
export function strictArena(memoryBytes: number): Arena {
  const arena = new Arena(memoryBytes);
  for (const name of ["words", "halves", "bytes", "ram8", "ram16", "ram32"] as const) {
    Object.defineProperty(arena, name, { value: strict(arena[name], name) });
  }
  return arena;
}

function strict<T extends View>(view: T, name: string): T {
  const check = (key: string | symbol): number => {
    if (typeof key === "symbol" || !/^-?[\d.]|^NaN|^undefined|^-?Infinity/.test(key)) return -1;
    const index = Number(key);
    if (Number.isInteger(index) && index >= 0 && index < view.length) return index;
    throw new RangeError(`${name}[${key}] is outside of the arena`);
  };
  return new Proxy(view, {
    get(target, key) {
      const index = check(key);
      if (index !== -1) return target[index];
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
    set(target, key, value: number) {
      const index = check(key);
      if (index !== -1) target[index] = value;
      return index !== -1;
    },
  });
}
