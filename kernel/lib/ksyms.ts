// Names for addresses of kernel code, from the .ksyms table that the linker appends: {address, name offset} pairs sorted
// by address, then the names.

declare const __ksyms_start: usize;
declare const __ksyms_count: usize;

@unmanaged
class ksym {
  address: usize;
  name_offset: u32;
}

/** The last symbol at or below `address`; 0 when there is none. */
function find(address: usize): usize {
  const table = changetype<StructArr<ksym>>(__ksyms_start);
  let low: u32 = 0;
  let high: u32 = __ksyms_count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table[middle].address <= address) low = middle + 1;
    else high = middle;
  }
  return low ? addr(table[low - 1]) : 0;
}

/** Name of the function that contains `address`. */
export function ksym_name(address: usize): usize {
  const symbol = find(address);
  return symbol ? __ksyms_start + changetype<ksym>(symbol).name_offset : addr("?");
}

/** How far `address` is into that function. */
export function ksym_offset(address: usize): u32 {
  const symbol = find(address);
  return symbol ? address - changetype<ksym>(symbol).address : 0;
}
