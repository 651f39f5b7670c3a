// Splits shell text into words and operators. Quotes stay in the words: what they mean is decided at expansion.
import { Char, isdigit } from "../../lib/ctype";
import { at, skip } from "../../lib/string";
import { copy_text } from "./memory";

export const enum Token {
  WORD,
  NEWLINE,
  END, // of the text
  SEMICOLON,
  AMPERSAND,
  AND,
  BAR,
  OR,
  LEFT_PAREN,
  RIGHT_PAREN,
  LESS,
  GREATER,
  APPEND,
  GREATER_AND,
  LESS_AND,
  UNFINISHED, // a quote or brace that the text does not close: more lines are needed
}

@unmanaged
export class Lexer {
  rest: string; // text behind the current token
  token: Token;
  text: string; // a word's text; how an operator is written
  fd: i32; // a redirection's number in front, or -1
}

function is_blank(c: i32): bool {
  return c == Char.SPACE || c == Char.TAB || c == Char.RETURN;
}

function ends_word(c: i32): bool {
  switch (c) {
    case 0:
    case Char.NEWLINE:
    case Char.SEMICOLON:
    case Char.AMPERSAND:
    case Char.BAR:
    case Char.LEFT_PAREN:
    case Char.RIGHT_PAREN:
    case Char.LESS:
    case Char.GREATER:
      return true;
  }
  return is_blank(c);
}

/** Index behind the quoted part that begins at `i`, or -1 when it does not end. */
function skip_quoted(text: string, i: u32): i32 {
  const quote = at(text, i++);
  for (;;) {
    const c = at(text, i);
    if (c == quote) return i + 1;
    if (c == 0) return -1;
    if (quote == Char.APOSTROPHE) i++;
    else {
      const end = c == Char.APOSTROPHE ? <i32>i + 1 : skip_part(text, i);
      if (end < 0) return -1;
      i = end;
    }
  }
}

/** Index behind what stands at `i` within a word: a byte, an escaped byte, a quoted part, an expansion. -1: unfinished. */
function skip_part(text: string, i: u32): i32 {
  const c = at(text, i);
  if (c == 0) return -1;
  if (c == Char.BACKSLASH) return at(text, i + 1) == 0 || joins_nothing(text, i) ? -1 : i + 2;
  if (c == Char.QUOTE || c == Char.APOSTROPHE) return skip_quoted(text, i);
  if (c == Char.DOLLAR && at(text, i + 1) == Char.LEFT_BRACE) return skip_braces(text, i + 2);
  if (c == Char.DOLLAR && at(text, i + 1) == Char.LEFT_PAREN) return skip_parentheses(text, i + 2);
  return i + 1;
}

/** Index behind the `}` that ends the text of `${...}` at `i`, or -1. */
function skip_braces(text: string, i: u32): i32 {
  while (at(text, i) != Char.RIGHT_BRACE) {
    const end = skip_part(text, i);
    if (end < 0) return -1;
    i = end;
  }
  return i + 1;
}

/** Index behind the `)` that ends the commands of `$(...)` at `i`, or -1. */
function skip_parentheses(text: string, i: u32): i32 {
  for (;;) {
    const c = at(text, i);
    if (c == Char.RIGHT_PAREN) return i + 1;
    const end = c == Char.LEFT_PAREN ? skip_parentheses(text, i + 1) : skip_part(text, i);
    if (end < 0) return -1;
    i = end;
  }
}

/** A backslash before the last newline: the line that it joins is not there yet. */
function joins_nothing(text: string, i: u32): bool {
  return at(text, i) == Char.BACKSLASH && at(text, i + 1) == Char.NEWLINE && at(text, i + 2) == 0;
}

/** Length of the word at the start of `text`, or -1 when it does not end within the text. */
function word_length(text: string): i32 {
  let i: i32 = 0;
  while (!ends_word(at(text, i))) {
    i = skip_part(text, i);
    if (i < 0) return -1;
  }
  return i;
}

/** Length of the commands at the start of `text` up to the `)` that ends their `$(...)`, which the lexer has seen. */
export function commands_length(text: string): u32 {
  return skip_parentheses(text, 0) - 1;
}

/** Length of the word at the start of `text` up to the `}` that ends its `${...}`, which the lexer has seen. */
export function braced_length(text: string): u32 {
  return skip_braces(text, 0) - 1;
}

/** How long the operator was that `operator_at` found. */
let operator_length: u32 = 0;

/** The operator at `i`; WORD when there is none. */
function operator_at(text: string, i: u32): Token {
  const c = at(text, i);
  const next = at(text, i + 1);
  operator_length = 2;
  if (c == Char.AMPERSAND && next == Char.AMPERSAND) return Token.AND;
  if (c == Char.BAR && next == Char.BAR) return Token.OR;
  if (c == Char.GREATER && next == Char.GREATER) return Token.APPEND;
  if (c == Char.GREATER && next == Char.AMPERSAND) return Token.GREATER_AND;
  if (c == Char.LESS && next == Char.AMPERSAND) return Token.LESS_AND;
  operator_length = 1;
  switch (c) {
    case Char.NEWLINE:
      return Token.NEWLINE;
    case Char.SEMICOLON:
      return Token.SEMICOLON;
    case Char.AMPERSAND:
      return Token.AMPERSAND;
    case Char.BAR:
      return Token.BAR;
    case Char.LEFT_PAREN:
      return Token.LEFT_PAREN;
    case Char.RIGHT_PAREN:
      return Token.RIGHT_PAREN;
    case Char.LESS:
      return Token.LESS;
    case Char.GREATER:
      return Token.GREATER;
  }
  return Token.WORD;
}

/** Moves on to the next token. */
export function next_token(lexer: Lexer): void {
  let text = lexer.rest;
  // Blanks, joined lines and comments.
  for (;;) {
    const c = at(text, 0);
    if (is_blank(c)) text = skip(text, 1);
    else if (c == Char.BACKSLASH && at(text, 1) == Char.NEWLINE && at(text, 2) != 0) text = skip(text, 2);
    else if (c == Char.HASH) while (at(text, 0) != 0 && at(text, 0) != Char.NEWLINE) text = skip(text, 1);
    else break;
  }
  lexer.fd = -1;
  if (joins_nothing(text, 0)) {
    lexer.token = Token.UNFINISHED;
    return;
  }
  if (at(text, 0) == 0) {
    lexer.token = Token.END;
    lexer.text = "end of file";
    lexer.rest = text;
    return;
  }
  // A digit right in front of < or > is the descriptor to redirect.
  if (isdigit(at(text, 0)) && (at(text, 1) == Char.LESS || at(text, 1) == Char.GREATER)) {
    lexer.fd = at(text, 0) - Char.ZERO;
    text = skip(text, 1);
  }
  lexer.token = operator_at(text, 0);
  let length: i32 = operator_length;
  if (lexer.token == Token.WORD) {
    length = word_length(text);
    if (length < 0) {
      lexer.token = Token.UNFINISHED;
      length = 0;
    }
  }
  lexer.text = lexer.token == Token.NEWLINE ? "newline" : copy_text(text, length);
  lexer.rest = skip(text, length);
}
