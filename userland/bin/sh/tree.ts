// What the parser makes of a command line.
import { allocate } from "./memory";

export const enum NodeKind {
  SIMPLE, // assignments, words, redirections
  PIPE, // left | right
  AND, // left && right
  OR, // left || right
  SEQUENCE, // left ; right
  NOT, // ! left
  BACKGROUND, // left &
  SUBSHELL, // ( left )
  GROUP, // { left }
  IF, // if left then right else third
  WHILE, // while left do right
  UNTIL,
  FOR, // for words.first in the rest do left
}

/** A word as it was written, with its quotes and dollars. */
@unmanaged
export class Word {
  text: string;
  next: Word | null;
}

export const enum RedirectKind {
  READ, // <
  WRITE, // >
  APPEND, // >>
  DUPLICATE, // >& <&
}

@unmanaged
export class Redirect {
  fd: i32;
  kind: RedirectKind;
  target: Word;
  next: Redirect | null;
}

@unmanaged
export class Node {
  kind: NodeKind;
  left: Node | null;
  right: Node | null;
  third: Node | null;
  assignments: Word | null;
  words: Word | null;
  redirects: Redirect | null;
}

export function new_node(kind: NodeKind, left: Node | null, right: Node | null): Node {
  const node = changetype<Node>(allocate(offsetof<Node>()));
  node.kind = kind;
  node.left = left;
  node.right = right;
  node.third = null;
  node.assignments = null;
  node.words = null;
  node.redirects = null;
  return node;
}

export function new_word(text: string): Word {
  const word = changetype<Word>(allocate(offsetof<Word>()));
  word.text = text;
  word.next = null;
  return word;
}

/** Appends to a list of words and returns its first. */
export function append_word(first: Word | null, word: Word): Word {
  if (!first) return word;
  let last: Word = first;
  for (let next = last.next; next; next = next!.next) last = next;
  last.next = word;
  return first;
}
