import { decodeText } from "./bytes.ts";
import { type EnumType, type Field, type StructType, sizeOf } from "./dwarf/types.ts";
import type { GuestMemory, LinearMemory } from "./guest_memory.ts";
import type { SymbolTable } from "./symbols.ts";

/** What the kernel wrote down about one page fault. Words are the kernel's own, as its debug info names them. */
export interface KernelFault {
  readonly sequence: number;
  readonly pid: number;
  /** Name of the process, possibly cut by the kernel. */
  readonly comm: string;
  readonly eip: number;
  readonly cr2: number;
  readonly errorCode: number;
  readonly vma: { readonly kind: string; readonly start: number; readonly end: number; readonly flags: number } | null;
  /** `minor`, `major`, `invalid`. */
  readonly class: string;
  /** `demand-zero`, `cow-copy`, `SIGSEGV MAPERR`, ...; `none` while the handler is still at work. */
  readonly action: string;
  /** Physical frame number that answered the fault, null when none did. */
  readonly frame: number | null;
  readonly pteBefore: number;
  readonly pteAfter: number;
  /** Disk sectors read to answer it. */
  readonly sectors: number;
}

const NO_FRAME = 0xffff_ffff;
const WORD_FIELDS = [
  ...["sequence", "pid", "eip", "cr2", "error_code", "vma_start", "vma_end", "vma_flags", "vma_kind"],
  ...["class", "action", "frame", "pte_before", "pte_after", "sectors"],
] as const;

/**
 * The kernel's `fault_ring` and `fault_seq`, found and laid out by its debug info. Reading has no effect on the guest.
 */
export class FaultRing {
  readonly #memory: LinearMemory;
  readonly #base: number;
  readonly #counter: number;
  readonly #recordSize: number;
  readonly #fields = new Map<string, number>();
  readonly #comm: Field | undefined;
  readonly #enums: Record<"class" | "action" | "kind", EnumType | undefined>;
  /** Records the ring holds. */
  readonly capacity: number;

  private constructor(guest: GuestMemory, place: RingPlace) {
    this.#memory = guest.memory;
    this.#base = place.base;
    this.#counter = place.counter;
    this.#recordSize = place.record.size;
    this.capacity = place.capacity;
    for (const name of WORD_FIELDS) {
      const field = place.record.field(name);
      if (field) this.#fields.set(name, field.offset);
    }
    this.#comm = place.record.field("comm");
    const { info } = guest;
    this.#enums = {
      class: info.enumeration("FaultClass"),
      action: info.enumeration("FaultAction"),
      kind: info.enumeration("VmaKind"),
    };
  }

  /** The ring of the kernel that `symbols` describes; undefined when that kernel keeps none. */
  static find(guest: GuestMemory, symbols: SymbolTable): FaultRing | undefined {
    const place = findRing(guest, symbols);
    return place && new FaultRing(guest, place);
  }

  /** Faults the kernel has begun to handle so far; -1 while its memory is not mapped (early boot). */
  count(): number {
    const bytes = this.#memory.peek(this.#counter, 4);
    return bytes ? word(bytes, 0) : -1;
  }

  /** The record of fault number `index` (from 0), null when unreadable. The caller sees to it that it is still in the ring. */
  read(index: number): KernelFault | null {
    const slot = index & (this.capacity - 1);
    const bytes = this.#memory.peek((this.#base + slot * this.#recordSize) >>> 0, this.#recordSize);
    if (!bytes) return null;
    const get = (name: (typeof WORD_FIELDS)[number], absent = 0): number => {
      const offset = this.#fields.get(name);
      return offset === undefined ? absent : word(bytes, offset);
    };
    const end = get("vma_end");
    const frame = get("frame", NO_FRAME);
    return {
      sequence: get("sequence"),
      pid: get("pid"),
      comm: this.#comm ? commOf(bytes, this.#comm) : "",
      eip: get("eip"),
      cr2: get("cr2"),
      errorCode: get("error_code"),
      vma:
        end === 0
          ? null
          : {
              kind: words(this.#enums.kind, get("vma_kind")),
              start: get("vma_start"),
              end,
              flags: get("vma_flags"),
            },
      class: words(this.#enums.class, get("class")),
      action: words(this.#enums.action, get("action")),
      frame: frame === NO_FRAME ? null : frame,
      pteBefore: get("pte_before"),
      pteAfter: get("pte_after"),
      sectors: get("sectors"),
    };
  }
}

interface RingPlace {
  readonly base: number;
  readonly counter: number;
  readonly record: StructType;
  readonly capacity: number;
}

function findRing(guest: GuestMemory, symbols: SymbolTable): RingPlace | undefined {
  const { info } = guest;
  const record = info.struct("fault_record");
  const base = symbols.address("fault_ring");
  const counter = symbols.address("fault_seq");
  if (!record || record.size === 0 || base === undefined || counter === undefined) return undefined;
  // The array's own type says how long it is; `memory.data` leaves that to the symbol's size.
  const type = info.global("fault_ring")?.type;
  const bytes = type?.kind === "array" && type.size > 0 ? type.size : (symbols.size("fault_ring") ?? 0);
  const capacity = Math.floor(bytes / record.size);
  if (capacity === 0 || (capacity & (capacity - 1)) !== 0) return undefined;
  return { base, counter, record, capacity };
}

function commOf(record: Uint8Array, field: Field): string {
  const bytes = record.subarray(field.offset, field.offset + sizeOf(field.type));
  const stop = bytes.indexOf(0);
  return decodeText(bytes, 0, stop < 0 ? bytes.length : stop);
}

/** An enumerator as prose: DEMAND_ZERO is `demand-zero`, SIGSEGV_MAPERR stays the name that signal(7) knows: `SIGSEGV MAPERR`. */
function words(type: EnumType | undefined, value: number): string {
  const name = type?.nameOf(value);
  if (name === undefined) return String(value);
  return name.startsWith("SIG") ? name.replaceAll("_", " ") : name.toLowerCase().replaceAll("_", "-");
}

function word(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24)) >>> 0;
}
