// Doubly linked circular lists. The entry sits inside the struct it links, as in uCore and Linux; the struct is found
// again by subtracting the entry's offset (the `le2...` functions beside each struct).

@unmanaged
export class list_entry_t {
  next: list_entry_t;
  prev: list_entry_t;
}

export function list_init(entry: list_entry_t): void {
  entry.next = entry;
  entry.prev = entry;
}

export function list_empty(head: list_entry_t): bool {
  return addr(head.next) == addr(head);
}

/** Puts `entry` right behind `place`: at the front when `place` is the head. */
export function list_add_after(place: list_entry_t, entry: list_entry_t): void {
  const next = place.next;
  entry.next = next;
  entry.prev = place;
  next.prev = entry;
  place.next = entry;
}

/** Puts `entry` right before `place`: at the end when `place` is the head. */
export function list_add_before(place: list_entry_t, entry: list_entry_t): void {
  list_add_after(place.prev, entry);
}

/** Unlinks `entry`. Its own links are left as they were. */
export function list_del(entry: list_entry_t): void {
  entry.prev.next = entry.next;
  entry.next.prev = entry.prev;
}
