import { PageKind, Region } from "./layout.ts";

const WASM_PAGE = 0x10000;

/**
 * All machine state that matters for speed, in one WebAssembly.Memory of fixed size: CPU state block, software TLB,
 * guest RAM (layout.ts). It never grows, so its typed-array views stay valid for its life.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly buffer: ArrayBuffer;
  /** Size of guest RAM in bytes, a multiple of 4096. */
  readonly memoryBytes: number;
  /** Byte offset of guest RAM in the buffer. */
  readonly ramOffset: number;
  /** CPU state block as signed 32-bit words, indexed by `State`. */
  readonly state: Int32Array;
  /** The TLB, indexed by linear page number. */
  readonly tlb: Int32Array;
  /** TLB fill lists: ordinary pages, then global pages. */
  readonly tlbLists: Int32Array;
  /** `PageKind` of each physical page below memoryBytes. Change it through Cpu.mapPages. */
  readonly pageKinds: Uint8Array;
  /** Guest RAM, indexed by physical address (ram8), half of it (ram16), a quarter of it (ram32). */
  readonly ram8: Uint8Array;
  readonly ram16: Uint16Array;
  readonly ram32: Int32Array;

  /**
   * @param memoryBytes guest RAM, 4 KiB .. 3.5 GiB; rounded down to whole pages
   * @throws RangeError when the size is out of range or the host has not that much memory
   */
  constructor(memoryBytes: number) {
    const bytes = Math.floor(memoryBytes / 4096) * 4096;
    if (!(bytes >= 4096 && bytes <= 0xe0000000)) {
      throw new RangeError(`guest memory of ${memoryBytes} bytes is not within 4 KiB .. 3.5 GiB`);
    }
    const kindsEnd = Region.PAGE_KINDS + bytes / 4096;
    const ramOffset = Math.ceil(kindsEnd / WASM_PAGE) * WASM_PAGE;
    const pages = Math.ceil((ramOffset + bytes) / WASM_PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const buffer = this.memory.buffer;
    this.buffer = buffer;
    this.memoryBytes = bytes;
    this.ramOffset = ramOffset;
    this.state = new Int32Array(buffer, Region.STATE, Region.STATE_BYTES / 4);
    this.tlb = new Int32Array(buffer, Region.TLB, Region.TLB_BYTES / 4);
    this.tlbLists = new Int32Array(buffer, Region.TLB_LISTS, Region.TLB_LIST_ENTRIES * 2);
    this.pageKinds = new Uint8Array(buffer, Region.PAGE_KINDS, bytes / 4096).fill(PageKind.RAM);
    this.ram8 = new Uint8Array(buffer, ramOffset, bytes);
    this.ram16 = new Uint16Array(buffer, ramOffset, bytes / 2);
    this.ram32 = new Int32Array(buffer, ramOffset, bytes / 4);
  }
}
