// The builtin `test EXPRESSION`, also `[ EXPRESSION ]`: 0 true, 1 false, 2 not an expression.
import { fprintf } from "../../lib/printf";
import { Mode, STAT_SIZE, Stat, lstat, stat } from "../../lib/stat";
import { stderr } from "../../lib/stdio";
import { strtol } from "../../lib/stdlib";
import { at, strchr, strlen } from "../../lib/string";
import { isatty } from "../../lib/termios";
import { Access, access } from "../../lib/unistd";

let words: Arr<string> = changetype<Arr<string>>(0);
let position: u32 = 0;
let count: u32 = 0;
let wrong: bool = false;

function complain_once(problem: string, word: string): void {
  if (!wrong) fprintf(stderr, "sh: test: %s%s\n", problem, word);
  wrong = true;
}

function left(): u32 {
  return count - position;
}

function is_unary(word: string): bool {
  return at(word, 0) == 0x2d && strlen(word) == 2 && strchr("nzefdrwxsLt", at(word, 1)) != null;
}

function is_binary(word: string): bool {
  if (word == "=" || word == "!=") return true;
  return number_operator(word) != null;
}

/** -eq and its kin: the part behind the dash, or null. */
function number_operator(word: string): string | null {
  if (word == "-eq" || word == "-ne" || word == "-lt" || word == "-le" || word == "-gt" || word == "-ge") {
    return changetype<string>(addr(word) + 1);
  }
  return null;
}

function number(text: string): i32 {
  const end = alloca(4);
  const value = strtol(text, end, 10);
  if (at(text, 0) == 0 || load<u8>(load<usize>(end)) != 0) complain_once("not a number: ", text);
  return value;
}

function test_file(operator: i32, path: string): bool {
  const status = changetype<Stat>(alloca(STAT_SIZE));
  if (operator == 0x4c) return lstat(path, status) == 0 && (status.st_mode & Mode.TYPE) == Mode.LINK; // L
  if (operator == 0x72) return access(path, Access.R_OK) == 0;
  if (operator == 0x77) return access(path, Access.W_OK) == 0;
  if (operator == 0x78) return access(path, Access.X_OK) == 0;
  if (stat(path, status) != 0) return false;
  const type = status.st_mode & Mode.TYPE;
  if (operator == 0x66) return type == Mode.REGULAR;
  if (operator == 0x64) return type == Mode.DIRECTORY;
  return operator == 0x73 ? status.st_size != 0 : true; // s, e
}

function test_unary(word: string, operand: string): bool {
  const operator = at(word, 1);
  if (operator == 0x6e) return at(operand, 0) != 0; // n
  if (operator == 0x7a) return at(operand, 0) == 0; // z
  if (operator == 0x74) return isatty(number(operand)); // t
  return test_file(operator, operand);
}

function test_binary(first: string, word: string, second: string): bool {
  if (word == "=") return first == second;
  if (word == "!=") return first != second;
  const a = number(first);
  const b = number(second);
  if (word == "-eq") return a == b;
  if (word == "-ne") return a != b;
  if (word == "-lt") return a < b;
  if (word == "-le") return a <= b;
  return word == "-gt" ? a > b : a >= b;
}

/** A comparison in the middle goes before everything else: `test ! = x` compares an exclamation mark. */
function primary(): bool {
  if (left() == 0) {
    complain_once("something is missing at the end", "");
    return false;
  }
  const word = words[position];
  if (left() >= 3 && is_binary(words[position + 1])) {
    position += 3;
    return test_binary(word, words[position - 2], words[position - 1]);
  }
  if (left() >= 2 && word == "!") {
    position++;
    return !primary();
  }
  if (left() >= 3 && word == "(") {
    position++;
    const inner = alternatives();
    if (left() == 0 || words[position] != ")") complain_once("missing )", "");
    position++;
    return inner;
  }
  if (left() >= 2 && is_unary(word)) {
    position += 2;
    return test_unary(word, words[position - 1]);
  }
  position++;
  return at(word, 0) != 0;
}

function conjunction(): bool {
  let result = primary();
  while (left() > 0 && words[position] == "-a") {
    position++;
    const other = primary();
    result = result && other;
  }
  return result;
}

function alternatives(): bool {
  let result = conjunction();
  while (left() > 0 && words[position] == "-o") {
    position++;
    const other = conjunction();
    result = result || other;
  }
  return result;
}

/** `argv` is what follows the name; `argc` its length. */
export function evaluate_test(argv: Arr<string>, argc: u32): i32 {
  words = argv;
  position = 0;
  count = argc;
  wrong = false;
  if (argc == 0) return 1;
  const result = alternatives();
  if (left() > 0) complain_once("unexpected ", words[position]);
  if (wrong) return 2;
  return result ? 0 : 1;
}
