// What crt0 does in TypeScript before main. Every program names this file with `import "../lib/start"`: the start-up code
// in crt0.asm calls `start_program` and `exit`, and the compiler finds them through this import.
import { Char } from "./ctype";
import { set_environ } from "./env";
import "./exit";
import { skip, strrchr } from "./string";

/** Types of entries of the auxiliary vector (elf.h). */
export const enum Auxiliary {
  NULL = 0,
  PHDR = 3,
  PHENT = 4,
  PHNUM = 5,
  PAGESZ = 6,
  ENTRY = 9,
  UID = 11,
  RANDOM = 25,
  EXECFN = 31,
}

let auxiliary_vector: usize = 0;

/** The last part of argv[0], for messages. */
export let program_name: string = "?";

/** `stack` is the stack pointer as the kernel left it: argc, argv, NULL, envp, NULL, auxiliary vector. */
export function start_program(stack: usize): void {
  const count = load<u32>(stack);
  const environment = stack + 4 + (count + 1) * 4;
  set_environ(changetype<Arr<string>>(environment));
  let end = environment;
  while (load<usize>(end) != 0) end += 4;
  auxiliary_vector = end + 4;
  if (count == 0) return;
  const path = changetype<string>(load<usize>(stack + 4));
  const slash = strrchr(path, Char.SLASH);
  program_name = slash ? skip(slash, 1) : path;
}

/** The value the kernel gave for `type`, or 0. */
export function getauxval(type: u32): u32 {
  for (let entry = auxiliary_vector; load<u32>(entry) != Auxiliary.NULL; entry += 8) {
    if (load<u32>(entry) == type) return load<u32>(entry + 4);
  }
  return 0;
}
