import { PageKind, Region, State, TlbBit } from "./layout.ts";

const WASM_PAGE = 0x10000;

/**
 * All machine state that matters for speed, in one WebAssembly.Memory of fixed size: CPU state block, software TLB,
 * guest RAM (layout.ts). It never grows, so its typed-array views stay valid for its life. Memory the guest never
 * touches costs the host nothing.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly buffer: ArrayBuffer;
  /** Size of guest RAM in bytes, a multiple of 4096. */
  readonly memoryBytes: number;
  /** The whole arena: words for the processor (Region.*_WORD, State), halves and bytes for memory accesses. */
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  readonly bytes: Uint8Array;
  /** Architectural state outside guest RAM: registers, TLB, page kinds. With `ram8` this is a whole snapshot. */
  readonly architectural: Uint8Array;
  /** `PageKind` of each physical page below memoryBytes. Change it through Cpu.mapPages. */
  readonly pageKinds: Uint8Array;
  /** Guest RAM, indexed by physical address (ram8), half of it (ram16), a quarter of it (ram32). */
  readonly ram8: Uint8Array;
  readonly ram16: Uint16Array;
  readonly ram32: Int32Array;

  /**
   * @param memoryBytes guest RAM, 4 KiB .. 1984 MiB; rounded down to whole pages
   * @throws RangeError when the size is out of range or the host has not that much memory
   */
  constructor(memoryBytes: number) {
    const size = Math.floor(memoryBytes / 4096) * 4096;
    if (!(size >= 4096 && size <= Region.RAM_MAX_BYTES)) {
      throw new RangeError(`guest memory of ${memoryBytes} bytes is not within 4 KiB .. 1984 MiB`);
    }
    const pages = Math.ceil((Region.RAM + size) / WASM_PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const buffer = this.memory.buffer;
    this.buffer = buffer;
    this.memoryBytes = size;
    this.words = new Int32Array(buffer);
    this.halves = new Uint16Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.architectural = new Uint8Array(buffer, 0, Region.ARCHITECTURAL_END);
    this.pageKinds = new Uint8Array(buffer, Region.PAGE_KINDS, size / 4096).fill(PageKind.RAM);
    this.ram8 = new Uint8Array(buffer, Region.RAM, size);
    this.ram16 = new Uint16Array(buffer, Region.RAM, size / 2);
    this.ram32 = new Int32Array(buffer, Region.RAM, size / 4);
    this.words.fill(TlbBit.EMPTY, Region.TLB_WORD, Region.TLB_WORD + Region.TLB_BYTES / 4);
    this.words[State.RAM_PAGES] = size / 4096;
  }
}
