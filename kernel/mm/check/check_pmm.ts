// Frames: distinct, aligned, merged again when freed, counted.
import { buddy_nr_blocks, MAX_ORDER } from "../buddy";
import { Page, page2ppn, page_plus } from "../page";
import { alloc_page, alloc_pages, free_pages, nr_free_pages, page_get, page_put } from "../pmm";
import { check } from "./selfcheck";

function check_counts(): void {
  const before = nr_free_pages();
  const a = alloc_page();
  const b = alloc_page();
  const c = alloc_page();
  check(a != null && b != null && c != null, "three frames");
  check(a != b && b != c && a != c, "frames are distinct");
  check(a!.count == 1 && nr_free_pages() == before - 3, "frames are counted");
  page_get(b!);
  page_put(b!);
  check(nr_free_pages() == before - 3, "a frame with a reference stays");
  page_put(a!);
  page_put(b!);
  page_put(c!);
  check(nr_free_pages() == before, "the last reference frees");
}

/** Runs of frames of any length; what is cut off a block comes back at once. */
function check_runs(): void {
  const before = nr_free_pages();
  for (let n: u32 = 1; n <= 67; n += 11) {
    const run = alloc_pages(n);
    if (!run) continue; // a small machine has no run of this length
    check(nr_free_pages() == before - n, "a run takes exactly its length");
    check(page_plus(run!, n - 1).count == 1, "every frame of a run is owned");
    free_pages(run!, n);
    check(nr_free_pages() == before, "a run comes back");
  }
  check(alloc_pages((<u32>1) << MAX_ORDER) == null, "no block is larger than the largest");
}

/** Holes in every second place, then all freed: the blocks must be what they were. */
function check_merging(): void {
  const orders = changetype<Arr<u32>>(alloca(44));
  for (let i: u32 = 0; i < MAX_ORDER; i++) orders[i] = buddy_nr_blocks(i);
  const pages = changetype<Arr<usize>>(alloca(256));
  for (let i: u32 = 0; i < 64; i++) pages[i] = changetype<usize>(alloc_page());
  for (let i: u32 = 0; i < 64; i += 2) page_put(changetype<Page>(pages[i]));
  const again = alloc_page();
  check(again != null && page2ppn(again!) != page2ppn(changetype<Page>(pages[1])), "a used frame is not given out");
  page_put(again!);
  for (let i: u32 = 1; i < 64; i += 2) page_put(changetype<Page>(pages[i]));
  let same = true;
  for (let i: u32 = 0; i < MAX_ORDER; i++) same = same && orders[i] == buddy_nr_blocks(i);
  check(same, "free blocks merge again");
}

export function check_pmm(): void {
  check_counts();
  check_runs();
  check_merging();
}
