// Shell variables, and the environment that programs get from them.
import { Char } from "../../lib/ctype";
import { environ } from "../../lib/env";
import { free, malloc } from "../../lib/malloc";
import { printf } from "../../lib/printf";
import { strdup, strndup } from "../../lib/stdlib";
import { skip, stpcpy, strchr, strlen } from "../../lib/string";
import { allocate, out_of_memory } from "./memory";

@unmanaged
class Variable {
  name: string;
  value: string | null; // null: exported but never set
  exported: bool;
  next: Variable | null;
}

/** In order of creation, which is the order programs see. */
let first: Variable | null = null;

/** $0, then $1...; set by the shell's own arguments. */
let positionals: Arr<string> = changetype<Arr<string>>(0);
let argument_count: u32 = 0;

export let last_status: i32 = 0;
export let last_background: i32 = 0;

export function set_last_status(status: i32): void {
  last_status = status;
}

export function set_last_background(pid: i32): void {
  last_background = pid;
}

export function set_arguments(argv: Arr<string>, count: u32): void {
  positionals = argv;
  argument_count = count;
}

/** Number of arguments behind $0. */
export function positional_count(): u32 {
  return argument_count == 0 ? 0 : argument_count - 1;
}

export function positional(index: u32): string | null {
  return index < argument_count ? positionals[index] : null;
}

function find(name: string): Variable | null {
  for (let variable = first; variable; variable = variable!.next) if (variable.name == name) return variable;
  return null;
}

function create(name: string): Variable {
  const memory = malloc(offsetof<Variable>());
  const copy = strdup(name);
  if (memory == 0 || !copy) out_of_memory();
  const variable = changetype<Variable>(memory);
  variable.name = copy!;
  variable.value = null;
  variable.exported = false;
  variable.next = null;
  let last = first;
  if (!last) first = variable;
  else {
    while (last.next) last = last.next!;
    last.next = variable;
  }
  return variable;
}

export function get_variable(name: string): string | null {
  const variable = find(name);
  return variable ? variable.value : null;
}

export function set_variable(name: string, value: string): void {
  let variable = find(name);
  if (!variable) variable = create(name);
  const copy = strdup(value);
  if (!copy) out_of_memory();
  free(addr(variable.value));
  variable.value = copy;
}

export function export_variable(name: string): void {
  let variable = find(name);
  if (!variable) variable = create(name);
  variable.exported = true;
}

export function unset_variable(name: string): void {
  let previous: Variable | null = null;
  for (let variable = first; variable; variable = variable!.next) {
    if (variable.name == name) {
      if (previous) previous.next = variable.next;
      else first = variable.next;
      free(addr(variable.name));
      free(addr(variable.value));
      free(addr(variable));
      return;
    }
    previous = variable;
  }
}

/** Sets a variable from "NAME=value". */
export function set_from_text(text: string): void {
  const equals = strchr(text, Char.EQUALS);
  if (!equals) return;
  const name = strndup(text, addr(equals) - addr(text));
  if (!name) {
    out_of_memory();
    return;
  }
  set_variable(name, skip(equals, 1));
  free(addr(name));
}

/** Takes over the environment the shell was started with. */
export function import_environment(): void {
  for (let entry = addr(environ); load<usize>(entry) != 0; entry += 4) {
    const text = changetype<string>(load<usize>(entry));
    const equals = strchr(text, Char.EQUALS);
    if (!equals) continue;
    const name = strndup(text, addr(equals) - addr(text));
    if (!name) continue;
    set_variable(name, skip(equals, 1));
    export_variable(name);
    free(addr(name));
  }
}

/** The exported variables as execve wants them, in the shell's memory. */
export function make_environment(): Arr<string> {
  let count: u32 = 0;
  for (let variable = first; variable; variable = variable!.next) count++;
  const list = changetype<Arr<string>>(allocate((count + 1) * 4));
  let used: u32 = 0;
  for (let variable = first; variable; variable = variable!.next) {
    const value = variable.value;
    if (!variable.exported || !value) continue;
    const text = allocate(strlen(variable.name) + strlen(value) + 2);
    const equals = stpcpy(text, variable.name);
    store<u8>(equals, Char.EQUALS);
    stpcpy(equals + 1, value);
    list[used++] = changetype<string>(text);
  }
  store<usize>(addr(list) + used * 4, 0);
  return list;
}

/** What `export` alone prints. */
export function print_exported(): void {
  for (let variable = first; variable; variable = variable!.next) {
    const value = variable.value;
    if (!variable.exported) continue;
    if (value) printf('export %s="%s"\n', variable.name, value);
    else printf("export %s\n", variable.name);
  }
}
