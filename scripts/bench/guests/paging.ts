// 4 KiB pages for all guests, as under a real kernel: memory onto itself, open to ring 3, and a window for the paging guests.
import { lcr0, lcr3, rcr0 } from "~lib/cpu";

export const enum Page {
  PRESENT = 1,
  WRITE = 2,
  USER = 4,
  SIZE = 4096,
}

const MAPPED_TABLES: u32 = 16;
const CR0_PG_WP: u32 = 0x80010000;
const ALL: u32 = Page.PRESENT | Page.WRITE | Page.USER;

/** The directory of 4 MiB from which the paging guests take their window. */
export const WINDOW: usize = 0x40000000;
export const WINDOW_PAGES: u32 = 1024;
const SPACES: u32 = 4;

const tables = changetype<Arr<u32>>(memory.data(16 * 4096, 4096));
const directories = changetype<Arr<u32>>(memory.data(4 * 4096, 4096));
const windows = changetype<Arr<u32>>(memory.data(4 * 4096, 4096));

/** Builds the address spaces, alike but for their window, and turns paging on in space 0. */
export function paging_on(): void {
  for (let i: u32 = 0; i < MAPPED_TABLES * 1024; i++) tables[i] = i * Page.SIZE + ALL;
  for (let space: u32 = 0; space < SPACES; space++) {
    const directory = changetype<Arr<u32>>(directory_of(space));
    for (let i: u32 = 0; i < MAPPED_TABLES; i++) directory[i] = addr(tables) + i * Page.SIZE + ALL;
    directory[WINDOW >> 22] = addr(window_of(space)) + ALL;
  }
  lcr3(directory_of(0));
  lcr0(rcr0() | CR0_PG_WP);
}

/** What goes into CR3. */
export function directory_of(space: u32): usize {
  return addr(directories) + space * Page.SIZE;
}

/** The page table of the window in an address space. */
export function window_of(space: u32): Arr<u32> {
  return changetype<Arr<u32>>(addr(windows) + space * Page.SIZE);
}

/** Entry that maps a page frame for everyone. */
export function entry(frame: usize): u32 {
  return frame + ALL;
}
