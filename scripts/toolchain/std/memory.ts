import { rep_movsb, rep_stosb, rep_movsb_down } from "~lib/cpu";

export namespace memory {
  /** `size` bytes of zeroed static memory (.bss), aligned to `align` (default 16). Both are constants. */
  @builtin export declare function data(size: i32, align?: i32): usize;

  /** Copies `n` bytes; the areas may overlap. */
  export function copy(destination: usize, source: usize, n: usize): void {
    if (destination - source >= n) rep_movsb(destination, source, n);
    else rep_movsb_down(destination, source, n);
  }
  /** Sets `n` bytes to `value`. */
  export function fill(destination: usize, value: u8, n: usize): void {
    rep_stosb(destination, value, n);
  }
}
