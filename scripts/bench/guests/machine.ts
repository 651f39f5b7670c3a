// Entry of the multiboot kernel. The last two words of its command line are the guest's name and its work size.
import { run_compute } from "./compute";
import { paging_on } from "./paging";
import { fault, init_traps, page_fault, switch_spaces, system_call, system_calls } from "./system";
import { measure, word_from_end, word_is, word_number } from "./report";

export { page_fault, system_call };

export function start(line: usize): void {
  const name = word_from_end(line, 1);
  const count = word_number(word_from_end(line, 0));
  paging_on();
  init_traps();
  if (word_is(name, "fault")) measure(name, fault, count);
  if (word_is(name, "syscall")) measure(name, system_calls, count);
  if (word_is(name, "switch")) measure(name, switch_spaces, count);
  run_compute(name, count);
}
