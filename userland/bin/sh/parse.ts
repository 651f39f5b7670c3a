// Recursive descent over the shell grammar (POSIX 2.10, without functions, case, here-documents and command substitution).
import { Char, isalnum, isalpha, isdigit } from "../../lib/ctype";
import { at } from "../../lib/string";
import { Lexer, Token, next_token } from "./lexer";
import { allocate } from "./memory";
import { Node, NodeKind, Redirect, RedirectKind, append_word, new_node, new_word } from "./tree";

export const enum Outcome {
  DONE,
  EMPTY, // only blanks and comments before the newline
  END, // nothing before the end of the text
  UNFINISHED, // the text ends in the middle: another line may complete it
  ERROR,
}

@unmanaged
export class Parse {
  outcome: Outcome;
  node: Node | null;
  rest: string; // the text behind what was parsed
  unexpected: string; // for ERROR: the token that does not fit
}

const lexer = changetype<Lexer>(memory.data(16, 4));
let outcome: Outcome = Outcome.DONE;

function token(): Token {
  return lexer.token;
}

function fail(): Node | null {
  // The end of the text may only mean that the rest of the command is still to be typed.
  if (outcome != Outcome.DONE) return null;
  const ended = token() == Token.END || token() == Token.UNFINISHED;
  outcome = ended ? Outcome.UNFINISHED : Outcome.ERROR;
  return null;
}

/** True at the reserved word `word`, which counts only where a command may begin. */
function at_word(word: string): bool {
  return token() == Token.WORD && lexer.text == word;
}

function expect_word(word: string): bool {
  if (!at_word(word)) {
    fail();
    return false;
  }
  next_token(lexer);
  return true;
}

function skip_newlines(): void {
  while (token() == Token.NEWLINE) next_token(lexer);
}

/** A name and an equals sign at the beginning. */
function is_assignment(text: string): bool {
  let i: u32 = 0;
  if (!isalpha(at(text, 0)) && at(text, 0) != Char.UNDERSCORE) return false;
  while (isalnum(at(text, i)) || at(text, i) == Char.UNDERSCORE) i++;
  return at(text, i) == Char.EQUALS;
}

function redirect_kind(token: Token): i32 {
  switch (token) {
    case Token.LESS:
      return RedirectKind.READ;
    case Token.GREATER:
      return RedirectKind.WRITE;
    case Token.APPEND:
      return RedirectKind.APPEND;
    case Token.GREATER_AND:
    case Token.LESS_AND:
      return RedirectKind.DUPLICATE;
  }
  return -1;
}

/** Takes one redirection if there is one; false when there is none or it is wrong. */
function parse_redirect(node: Node): bool {
  const kind = redirect_kind(token());
  if (kind < 0) return false;
  const reads = token() == Token.LESS || token() == Token.LESS_AND;
  const redirect = changetype<Redirect>(allocate(offsetof<Redirect>()));
  redirect.kind = kind;
  redirect.fd = lexer.fd >= 0 ? lexer.fd : reads ? 0 : 1;
  redirect.next = null;
  next_token(lexer);
  if (token() != Token.WORD) {
    fail();
    return false;
  }
  redirect.target = new_word(lexer.text);
  next_token(lexer);
  let last = node.redirects;
  if (!last) node.redirects = redirect;
  else {
    while (last.next) last = last.next!;
    last.next = redirect;
  }
  return true;
}

function parse_simple(): Node | null {
  const node = new_node(NodeKind.SIMPLE, null, null);
  let empty = true;
  for (;;) {
    if (token() == Token.WORD) {
      const word = new_word(lexer.text);
      if (!node.words && is_assignment(lexer.text)) node.assignments = append_word(node.assignments, word);
      else node.words = append_word(node.words, word);
      next_token(lexer);
    } else if (!parse_redirect(node)) break;
    empty = false;
  }
  if (empty || token() == Token.UNFINISHED || outcome != Outcome.DONE) return fail();
  return node;
}

/** `if LIST; then LIST; [elif ...] [else LIST;] fi`, behind its first word. */
function parse_if(): Node | null {
  const condition = parse_list();
  if (!condition || !expect_word("then")) return null;
  const consequence = parse_list();
  if (!consequence) return null;
  const node = new_node(NodeKind.IF, condition, consequence);
  if (at_word("elif")) {
    next_token(lexer);
    node.third = parse_if(); // which takes the common `fi`
    return node.third ? node : null;
  }
  if (at_word("else")) {
    next_token(lexer);
    node.third = parse_list();
    if (!node.third) return null;
  }
  return expect_word("fi") ? node : null;
}

function parse_loop(kind: NodeKind): Node | null {
  const condition = parse_list();
  if (!condition) return null;
  const body = parse_body();
  return body ? new_node(kind, condition, body) : null;
}

function parse_body(): Node | null {
  if (!expect_word("do")) return null;
  const body = parse_list();
  return body && expect_word("done") ? body : null;
}

/** `for NAME [in WORD...]; do LIST; done`, behind `for`. Without `in` the words are "$@". */
function parse_for(): Node | null {
  if (token() != Token.WORD) return fail();
  const name = new_word(lexer.text);
  next_token(lexer);
  skip_newlines();
  if (at_word("in")) {
    next_token(lexer);
    for (; token() == Token.WORD; next_token(lexer)) append_word(name, new_word(lexer.text));
  } else name.next = new_word('"$@"');
  if (token() == Token.SEMICOLON) next_token(lexer);
  skip_newlines();
  const body = parse_body();
  if (!body) return null;
  const node = new_node(NodeKind.FOR, body, null);
  node.words = name;
  return node;
}

function parse_enclosed(kind: NodeKind): Node | null {
  const list = parse_list();
  if (!list) return null;
  if (kind == NodeKind.SUBSHELL) {
    if (token() != Token.RIGHT_PAREN) return fail();
    next_token(lexer);
  } else if (!expect_word("}")) return null;
  return new_node(kind, list, null);
}

function parse_compound(): Node | null {
  const paren = token() == Token.LEFT_PAREN;
  const word = lexer.text;
  next_token(lexer);
  if (paren) return parse_enclosed(NodeKind.SUBSHELL);
  if (word == "{") return parse_enclosed(NodeKind.GROUP);
  if (word == "if") return parse_if();
  if (word == "while") return parse_loop(NodeKind.WHILE);
  if (word == "until") return parse_loop(NodeKind.UNTIL);
  return parse_for();
}

function at_compound(): bool {
  if (token() == Token.LEFT_PAREN) return true;
  return at_word("{") || at_word("if") || at_word("while") || at_word("until") || at_word("for");
}

/** Words that end a list and so cannot begin a command. */
function at_closing_word(): bool {
  if (at_word("then") || at_word("else") || at_word("elif") || at_word("fi")) return true;
  return at_word("do") || at_word("done") || at_word("}");
}

function parse_command(): Node | null {
  if (at_closing_word()) return fail();
  if (!at_compound()) return parse_simple();
  const node = parse_compound();
  if (!node) return null;
  while (parse_redirect(node)) {}
  return outcome == Outcome.DONE ? node : null;
}

function parse_pipeline(): Node | null {
  const inverted = at_word("!");
  if (inverted) next_token(lexer);
  let left = parse_command();
  while (left && token() == Token.BAR) {
    next_token(lexer);
    skip_newlines();
    const right = parse_command();
    left = right ? new_node(NodeKind.PIPE, left, right) : null;
  }
  return left && inverted ? new_node(NodeKind.NOT, left, null) : left;
}

function parse_and_or(): Node | null {
  let left = parse_pipeline();
  while (left && (token() == Token.AND || token() == Token.OR)) {
    const kind = token() == Token.AND ? NodeKind.AND : NodeKind.OR;
    next_token(lexer);
    skip_newlines();
    const right = parse_pipeline();
    left = right ? new_node(kind, left, right) : null;
  }
  return left;
}

/** Commands up to a closing word or parenthesis; at the top level also to the end of the line. */
function parse_commands(whole_line: bool): Node | null {
  let list: Node | null = null;
  for (;;) {
    let command = parse_and_or();
    if (!command) return null;
    const background = token() == Token.AMPERSAND;
    if (background) command = new_node(NodeKind.BACKGROUND, command, null);
    list = list ? new_node(NodeKind.SEQUENCE, list, command) : command;
    const newline = token() == Token.NEWLINE;
    if (!background && token() != Token.SEMICOLON && (!newline || whole_line)) return list;
    next_token(lexer);
    if (!whole_line) skip_newlines();
    else if (token() == Token.NEWLINE || token() == Token.END) return list;
    if (at_closing_word() || token() == Token.RIGHT_PAREN) return list;
  }
}

function parse_list(): Node | null {
  skip_newlines();
  return parse_commands(false);
}

/** Parses one complete command, which ends with its line. The tree lives in the shell's memory. */
export function parse(text: string, result: Parse): void {
  lexer.rest = text;
  outcome = Outcome.DONE;
  next_token(lexer);
  result.node = null;
  result.unexpected = "";
  if (token() == Token.END) result.outcome = Outcome.END;
  else if (token() == Token.NEWLINE) result.outcome = Outcome.EMPTY;
  else {
    result.node = parse_commands(true);
    if (result.node && token() != Token.NEWLINE && token() != Token.END) fail();
    result.outcome = outcome;
    result.unexpected = lexer.text;
  }
  result.rest = lexer.rest;
}

/** For `for`, `export` and `unset`: a letter or underscore, then letters, digits and underscores. */
export function is_name(text: string): bool {
  if (isdigit(at(text, 0)) || at(text, 0) == 0) return false;
  let i: u32 = 0;
  while (isalnum(at(text, i)) || at(text, i) == Char.UNDERSCORE) i++;
  return at(text, i) == 0;
}
