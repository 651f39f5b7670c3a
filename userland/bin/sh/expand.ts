// From words as they were written to the arguments of a command: parameters, field splitting, paths, quotes (POSIX 2.6).
import { Char, isalnum, isalpha, isdigit, isspace } from "../../lib/ctype";
import { snprintf } from "../../lib/printf";
import { at, skip, strlen } from "../../lib/string";
import { getpid } from "../../lib/unistd";
import { glob, is_special } from "./glob";
import { braced_length, commands_length } from "./lexer";
import { Text, allocate, copy_text, new_text, text_put, text_string } from "./memory";
import { output_of } from "./substitute";
import { Word, append_word, new_word } from "./tree";
import { get_variable, last_background, last_status, positional, positional_count } from "./vars";

/** A word on its way to becoming fields. */
@unmanaged
class Expansion {
  field: Text; // as a pattern: bytes that mean themselves have a backslash where they would match others
  started: bool; // the field exists even if it stays empty, because of quotes
  split: bool; // blanks in unquoted parameters end the field
  depth: u32; // how many `${...}` deep: there, blanks as written end fields too
  fields: Word | null;
}

function put_literal(expansion: Expansion, byte: i32): void {
  if (is_special(byte) || byte == Char.BACKSLASH) text_put(expansion.field, Char.BACKSLASH);
  text_put(expansion.field, byte);
  expansion.started = true;
}

function end_field(expansion: Expansion): void {
  if (!expansion.started) return;
  const paths = glob(text_string(expansion.field));
  for (let i: u32 = 0; i < paths.count; i++) {
    expansion.fields = append_word(expansion.fields, new_word(paths.list[i]));
  }
  expansion.field = new_text();
  expansion.started = false;
}

/** Puts a parameter's value: quoted as it is, unquoted split at blanks and with its stars live. */
function put_value(expansion: Expansion, value: string, quoted: bool): void {
  for (let i: u32 = 0; at(value, i) != 0; i++) {
    const c = at(value, i);
    if (quoted || !expansion.split) put_literal(expansion, c);
    else if (isspace(c)) end_field(expansion);
    else {
      if (c == Char.BACKSLASH) text_put(expansion.field, Char.BACKSLASH);
      text_put(expansion.field, c);
      expansion.started = true;
    }
  }
}

/** $@ and $*: all arguments; "$@" keeps them apart. */
function put_arguments(expansion: Expansion, quoted: bool, joined: bool): void {
  for (let i: u32 = 1; i <= positional_count(); i++) {
    if (i > 1) {
      if (joined || !expansion.split) put_value(expansion, " ", quoted);
      else end_field(expansion);
    }
    if (quoted) expansion.started = true;
    put_value(expansion, positional(i)!, quoted);
  }
}

function number_text(value: i32): string {
  const memory = allocate(12);
  snprintf(memory, 12, "%d", value);
  return changetype<string>(memory);
}

/** Length of the parameter's name at the start of `text`; 0 when there is none. */
function name_length(text: string): u32 {
  const c = at(text, 0);
  if (!isalpha(c) && c != Char.UNDERSCORE) {
    const special = c == Char.QUESTION || c == Char.DOLLAR || c == Char.BANG || c == Char.HASH;
    return special || c == 0x40 || c == Char.STAR || isdigit(c) ? 1 : 0;
  }
  let length: u32 = 1;
  while (isalnum(at(text, length)) || at(text, length) == Char.UNDERSCORE) length++;
  return length;
}

/** The value of a parameter that is not $@ or $*; null when it is not set. */
function parameter_value(name: string): string | null {
  const c = at(name, 0);
  if (isdigit(c)) return positional(c - Char.ZERO);
  switch (c) {
    case Char.QUESTION:
      return number_text(last_status);
    case Char.DOLLAR:
      return number_text(getpid());
    case Char.HASH:
      return number_text(positional_count());
    case Char.BANG:
      return last_background == 0 ? null : number_text(last_background);
  }
  return get_variable(name);
}

function put_parameter(expansion: Expansion, name: string, quoted: bool): void {
  const c = at(name, 0);
  if (c == 0x40 || c == Char.STAR) put_arguments(expansion, quoted, quoted && c == Char.STAR);
  else {
    const value = parameter_value(name);
    if (value) put_value(expansion, value, quoted);
  }
}

/**
 * `${NAME}`, `${#NAME}`, `${NAME-WORD}`, `${NAME:-WORD}`, `${NAME+WORD}`, `${NAME:+WORD}` behind the brace. Returns the
 * text behind the closing brace. What it does not know it puts as it is written.
 */
function expand_braces(expansion: Expansion, text: string, quoted: bool): string {
  const counted = at(text, 0) == Char.HASH && at(text, 1) != Char.RIGHT_BRACE;
  let rest = counted ? skip(text, 1) : text;
  const length = name_length(rest);
  const name = copy_text(rest, length);
  rest = skip(rest, length);
  if (at(rest, 0) == Char.RIGHT_BRACE && length > 0) {
    if (counted) {
      const value = parameter_value(name);
      put_value(expansion, number_text(value ? strlen(value) : 0), quoted);
    } else put_parameter(expansion, name, quoted);
    return skip(rest, 1);
  }
  const empty_too = at(rest, 0) == Char.COLON;
  const operator = at(rest, empty_too ? 1 : 0);
  if (length == 0 || (operator != Char.MINUS && operator != Char.PLUS)) {
    put_literal(expansion, Char.DOLLAR);
    put_literal(expansion, Char.LEFT_BRACE);
    return text;
  }
  const word = skip(rest, empty_too ? 2 : 1);
  const end = braced_length(word);
  const value = parameter_value(name);
  const present = value ? !empty_too || at(value, 0) != 0 : false;
  if (operator == Char.MINUS && present) put_value(expansion, value!, quoted);
  else if (present == (operator == Char.PLUS)) {
    expansion.depth++;
    expand_text(expansion, copy_text(word, end), quoted);
    expansion.depth--;
  }
  return skip(word, end + 1);
}

/** Expands what is behind a dollar sign; returns the text behind it. */
function expand_dollar(expansion: Expansion, text: string, quoted: bool): string {
  if (at(text, 0) == Char.LEFT_BRACE) return expand_braces(expansion, skip(text, 1), quoted);
  if (at(text, 0) == Char.LEFT_PAREN) {
    const commands = skip(text, 1);
    const end = commands_length(commands);
    put_value(expansion, output_of(copy_text(commands, end)), quoted);
    return skip(commands, end + 1);
  }
  const length = name_length(text);
  if (length == 0) {
    put_literal(expansion, Char.DOLLAR);
    return text;
  }
  put_parameter(expansion, copy_text(text, length), quoted);
  return skip(text, length);
}

/** In double quotes a backslash means something before these only. */
function escapes_in_quotes(c: i32): bool {
  return c == Char.DOLLAR || c == Char.QUOTE || c == Char.BACKSLASH || c == 0x60;
}

/** Behind the opening quote; returns the text behind the closing one. */
function expand_double_quotes(expansion: Expansion, text: string): string {
  // "$@" with no arguments is no field at all, so the quotes alone do not start one there.
  if (!(at(text, 0) == Char.DOLLAR && at(text, 1) == 0x40 && at(text, 2) == Char.QUOTE)) expansion.started = true;
  while (at(text, 0) != 0 && at(text, 0) != Char.QUOTE) {
    const c = at(text, 0);
    text = skip(text, 1);
    if (c == Char.DOLLAR) text = expand_dollar(expansion, text, true);
    else if (c == Char.BACKSLASH && at(text, 0) == Char.NEWLINE) text = skip(text, 1);
    else if (c == Char.BACKSLASH && escapes_in_quotes(at(text, 0))) {
      put_literal(expansion, at(text, 0));
      text = skip(text, 1);
    } else put_literal(expansion, c);
  }
  return at(text, 0) == 0 ? text : skip(text, 1);
}

function expand_text(expansion: Expansion, text: string, quoted: bool): void {
  if (!quoted && at(text, 0) == 0x7e && (at(text, 1) == 0 || at(text, 1) == Char.SLASH)) {
    const home = get_variable("HOME"); // ~ and ~/...
    if (home) {
      put_value(expansion, home, true);
      text = skip(text, 1);
    }
  }
  while (at(text, 0) != 0) {
    const c = at(text, 0);
    text = skip(text, 1);
    if (c == Char.DOLLAR) text = expand_dollar(expansion, text, quoted);
    else if (quoted) put_literal(expansion, c);
    else if (c == Char.QUOTE) text = expand_double_quotes(expansion, text);
    else if (c == Char.APOSTROPHE) {
      expansion.started = true;
      for (; at(text, 0) != 0 && at(text, 0) != Char.APOSTROPHE; text = skip(text, 1))
        put_literal(expansion, at(text, 0));
      if (at(text, 0) != 0) text = skip(text, 1);
    } else if (c == Char.BACKSLASH && at(text, 0) != 0) {
      if (at(text, 0) != Char.NEWLINE) put_literal(expansion, at(text, 0));
      text = skip(text, 1);
    } else if (expansion.depth > 0 && expansion.split && isspace(c)) end_field(expansion);
    else {
      text_put(expansion.field, c);
      expansion.started = true;
    }
  }
}

function new_expansion(split: bool): Expansion {
  const expansion = changetype<Expansion>(allocate(offsetof<Expansion>()));
  expansion.field = new_text();
  expansion.started = false;
  expansion.split = split;
  expansion.depth = 0;
  expansion.fields = null;
  return expansion;
}

/** All fields that a list of words gives, which may be none. */
export function expand_words(words: Word | null): Word | null {
  const expansion = new_expansion(true);
  for (let word = words; word; word = word!.next) {
    expand_text(expansion, word.text, false);
    end_field(expansion);
  }
  return expansion.fields;
}

/** A word that stays one: the target of a redirection, the value of an assignment. Not split, no paths. */
export function expand_single(word: string): string {
  const expansion = new_expansion(false);
  expand_text(expansion, word, false);
  const pattern = text_string(expansion.field);
  const text = new_text();
  for (let i: u32 = 0; at(pattern, i) != 0; i++) {
    if (at(pattern, i) == Char.BACKSLASH && at(pattern, i + 1) != 0) i++;
    text_put(text, at(pattern, i));
  }
  return text_string(text);
}
