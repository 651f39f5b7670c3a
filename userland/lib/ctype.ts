// <ctype.h> for the C locale: ASCII only.

/** Character codes that programs compare with. */
export const enum Char {
  NUL = 0,
  TAB = 9,
  NEWLINE = 10,
  RETURN = 13,
  ESCAPE = 27,
  SPACE = 32,
  BANG = 33,
  QUOTE = 34,
  HASH = 35,
  DOLLAR = 36,
  PERCENT = 37,
  AMPERSAND = 38,
  APOSTROPHE = 39,
  LEFT_PAREN = 40,
  RIGHT_PAREN = 41,
  STAR = 42,
  PLUS = 43,
  COMMA = 44,
  MINUS = 45,
  DOT = 46,
  SLASH = 47,
  ZERO = 48,
  NINE = 57,
  COLON = 58,
  SEMICOLON = 59,
  LESS = 60,
  EQUALS = 61,
  GREATER = 62,
  QUESTION = 63,
  UPPER_A = 65,
  UPPER_X = 88,
  UPPER_Z = 90,
  BACKSLASH = 92,
  UNDERSCORE = 95,
  LOWER_A = 97,
  LOWER_X = 120,
  LOWER_Z = 122,
  LEFT_BRACE = 123,
  BAR = 124,
  RIGHT_BRACE = 125,
}

export function isdigit(c: i32): bool {
  return c >= Char.ZERO && c <= Char.NINE;
}

export function isalpha(c: i32): bool {
  return (c >= Char.LOWER_A && c <= Char.LOWER_Z) || (c >= Char.UPPER_A && c <= Char.UPPER_Z);
}

export function isalnum(c: i32): bool {
  return isalpha(c) || isdigit(c);
}

export function isspace(c: i32): bool {
  return c == Char.SPACE || (c >= Char.TAB && c <= Char.RETURN);
}

export function isprint(c: i32): bool {
  return c >= Char.SPACE && c < 127;
}

export function tolower(c: i32): i32 {
  return c >= Char.UPPER_A && c <= Char.UPPER_Z ? c + 32 : c;
}
