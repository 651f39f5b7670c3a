// Entry of the Linux program.
import { run_compute } from "./compute";
import { word_from_end, word_number } from "./report";

export function start(line: usize): void {
  run_compute(word_from_end(line, 1), word_number(word_from_end(line, 0)));
}
