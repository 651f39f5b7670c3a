// Page runs for malloc. A span is a run of pages with one use. Everything known about it is kept in its descriptor, apart
// from the pages themselves: reserving memory touches bookkeeping only, and the first access to a page is the program's.
import { sbrk } from "./brk";
import { MAP_FAILED, PAGE_SIZE, map_pages } from "./mman";

export const PAGE_SHIFT: u32 = 12;

/** Pages asked from brk at least, so that not every malloc is a system call. */
const GROW_PAGES: u32 = 16;
/** A free run of this many pages at the end of the heap goes back to the kernel. */
const TRIM_PAGES: u32 = 32;
const POOL_PAGES: u32 = 16;
/** 2^20 pointers: one for every page of the 4 GiB address space. */
const TABLE_PAGES: u32 = 1024;

export const enum SpanUse {
  FREE,
  /** one page of equal slots */
  SLOTS,
  /** one block from the brk heap */
  BLOCK,
  /** one block with a mapping of its own */
  MAPPED,
}

@unmanaged
export class Span {
  page: u32; // number of the first page
  pages: u32;
  use: SpanUse;
  next: Span | null;
  prev: Span | null;
  fresh: bool; // straight from the kernel, so what was not handed out yet reads as zero
  slot_size: u32; // SLOTS: bytes each
  slots: u32; // SLOTS: how many fit
  used: u32; // SLOTS: how many are handed out
  touched: u32; // SLOTS: slots at and above this index were never handed out
  @array(8) bitmap: Arr<u32>; // SLOTS: bit set = handed out; 256 bits, enough for 16-byte slots

  get address(): usize {
    return this.page << PAGE_SHIFT;
  }
}

/**
 * From page number to span, set for the first and the last page of each. It covers the whole address space in a flat array
 * that is reserved once: the kernel gives frames only to the parts that are used, a page or two in most programs.
 */
let table: usize = 0;

let free_spans: Span | null = null;
let unused_descriptors: Span | null = null;
let pool_next: usize = 0;
let pool_end: usize = 0;
/** Page number where the heap ends for us, or 0. */
let heap_end: u32 = 0;

function table_set(page: u32, span: usize): void {
  store<usize>(table + page * 4, span);
}

/** The span that begins or ends at `page`, or null. */
export function span_at(page: u32): Span | null {
  if (table == 0) return null;
  return changetype<Span | null>(load<usize>(table + page * 4));
}

function span_record(span: Span): void {
  table_set(span.page, addr(span));
  table_set(span.page + span.pages - 1, addr(span));
}

/** Forgets the span and gives its descriptor back. */
function span_forget(span: Span): void {
  table_set(span.page, 0);
  table_set(span.page + span.pages - 1, 0);
  span.next = unused_descriptors;
  unused_descriptors = span;
}

function span_create(page: u32, pages: u32, use: SpanUse, fresh: bool): Span | null {
  if (table == 0) {
    const memory = map_pages(TABLE_PAGES);
    if (memory == MAP_FAILED) return null;
    table = memory;
  }
  let memory: usize;
  const recycled = unused_descriptors;
  if (recycled) {
    unused_descriptors = recycled.next;
    memory = addr(recycled);
  } else {
    if (pool_next + offsetof<Span>() > pool_end) {
      const pool = map_pages(POOL_PAGES);
      if (pool == MAP_FAILED) return null;
      pool_next = pool;
      pool_end = pool + POOL_PAGES * PAGE_SIZE;
    }
    memory = pool_next;
    pool_next += offsetof<Span>();
  }
  const span = changetype<Span>(memory);
  span.page = page;
  span.pages = pages;
  span.use = use;
  span.next = null;
  span.prev = null;
  span.fresh = fresh;
  span_record(span);
  return span;
}

/** Puts a span at the front of the list whose first element is returned. */
export function list_push(first: Span | null, span: Span): Span {
  span.prev = null;
  span.next = first;
  if (first) first.prev = span;
  return span;
}

/** Takes a span out of its list and returns the list's new first element. */
export function list_remove(first: Span | null, span: Span): Span | null {
  const next = span.next;
  const prev = span.prev;
  if (next) next.prev = prev;
  if (prev) {
    prev.next = next;
    return first;
  }
  return next;
}

/** Joins `second` to `first`, which ends where it begins; both are out of the list. */
function join(first: Span, second: Span): Span {
  const pages = first.pages + second.pages;
  const fresh = first.fresh && second.fresh;
  span_forget(second);
  table_set(first.page + first.pages - 1, 0);
  first.pages = pages;
  first.fresh = fresh;
  span_record(first);
  return first;
}

/** Makes a run free and joins it with free neighbours. */
function release_run(span: Span): Span {
  span.use = SpanUse.FREE;
  let run = span;
  const before = span_at(run.page - 1);
  if (before && before.use == SpanUse.FREE) {
    free_spans = list_remove(free_spans, before);
    run = join(before, run);
  }
  const after = span_at(run.page + run.pages);
  if (after && after.use == SpanUse.FREE) {
    free_spans = list_remove(free_spans, after);
    run = join(run, after);
  }
  free_spans = list_push(free_spans, run);
  return run;
}

/** Gives the pages behind the first `pages` of a span back; false when there is no memory for the descriptor. */
export function span_shrink(span: Span, pages: u32): bool {
  const rest = span.pages - pages;
  if (rest == 0) return true;
  table_set(span.page + span.pages - 1, 0);
  span.pages = pages;
  span_record(span);
  const tail = span_create(span.page + pages, rest, SpanUse.FREE, span.fresh);
  if (tail) {
    span_release(tail);
    return true;
  }
  table_set(span.page + span.pages - 1, 0);
  span.pages += rest;
  span_record(span);
  return false;
}

/** Makes the heap longer by at least `pages` pages. */
function grow_heap(pages: u32): bool {
  if (pages < GROW_PAGES) pages = GROW_PAGES;
  const odd = sbrk(0) & (PAGE_SIZE - 1); // the heap begins where .bss ended, in the middle of a page
  if (odd != 0 && sbrk(PAGE_SIZE - odd) == <usize>-1) return false;
  const start = sbrk(pages << PAGE_SHIFT);
  if (start == <usize>-1) return false;
  const span = span_create(start >> PAGE_SHIFT, pages, SpanUse.FREE, true);
  if (!span) {
    sbrk(-(pages << PAGE_SHIFT));
    return false;
  }
  heap_end = (start >> PAGE_SHIFT) + pages;
  release_run(span);
  return true;
}

/** The smallest free run with at least `pages` pages. */
function best_fit(pages: u32): Span | null {
  let best: Span | null = null;
  let best_pages: u32 = 0xffffffff;
  let span = free_spans;
  while (span) {
    if (span.pages >= pages && span.pages < best_pages) {
      best = span;
      best_pages = span.pages;
    }
    span = span.next;
  }
  return best;
}

/** A run of exactly `pages` pages out of the heap, or null when the heap cannot grow. */
export function span_allocate(pages: u32, use: SpanUse): Span | null {
  let span = best_fit(pages);
  if (!span && grow_heap(pages)) span = best_fit(pages);
  if (!span) return null;
  free_spans = list_remove(free_spans, span);
  span.next = null;
  span.prev = null;
  span.use = use;
  if (!span_shrink(span, pages)) {
    release_run(span);
    return null;
  }
  return span;
}

/** Gives a run of the heap back, and what is free at the end of a long heap to the kernel. */
export function span_release(span: Span): void {
  span.fresh = span.fresh && span.use == SpanUse.FREE;
  const run = release_run(span);
  if (run.pages < TRIM_PAGES || run.page + run.pages != heap_end) return;
  if (sbrk(0) != heap_end << PAGE_SHIFT) return; // somebody else moved the break: what lies behind it is theirs
  if (sbrk(-(run.pages << PAGE_SHIFT)) == <usize>-1) return;
  heap_end = run.page;
  free_spans = list_remove(free_spans, run);
  span_forget(run);
}

/** Takes `extra` pages from the free run right behind the span; false when it is not there or too short. */
export function span_extend(span: Span, extra: u32): bool {
  const after = span_at(span.page + span.pages);
  if (!after || after.use != SpanUse.FREE || after.pages < extra) return false;
  free_spans = list_remove(free_spans, after);
  after.use = span.use; // no longer free, or its own rest would join it again
  if (!span_shrink(after, extra)) {
    release_run(after);
    return false;
  }
  const fresh = span.fresh;
  join(span, after);
  span.fresh = fresh;
  return true;
}

/** A mapping of its own for one large block. */
export function span_map(pages: u32): Span | null {
  const memory = map_pages(pages);
  if (memory == MAP_FAILED) return null;
  return span_create(memory >> PAGE_SHIFT, pages, SpanUse.MAPPED, true);
}

/** Forgets a mapping that was unmapped, or records where it was moved to. */
export function span_unmapped(span: Span): void {
  span_forget(span);
}

export function span_moved(span: Span, address: usize, pages: u32): void {
  table_set(span.page, 0);
  table_set(span.page + span.pages - 1, 0);
  span.page = address >> PAGE_SHIFT;
  span.pages = pages;
  span_record(span);
}
