import type { CpuHooks, ExceptionKind } from "../../emulator/cpu/cpu.ts";
import type { PageWalk } from "../../emulator/cpu/inspect.ts";
import type { TracedCpu } from "../../emulator/debug/fault_trace.ts";
import type { LinearMemory } from "../../emulator/debug/guest_memory.ts";

/** One mapped range of linear memory. */
export class FakeMemory implements LinearMemory {
  readonly bytes: Uint8Array;
  mapped = true;

  constructor(
    readonly base: number,
    size: number,
  ) {
    this.bytes = new Uint8Array(size);
  }

  peek(linear: number, length: number): Uint8Array | null {
    const at = linear - this.base;
    if (!this.mapped || at < 0 || at + length > this.bytes.length) return null;
    return this.bytes.slice(at, at + length);
  }

  write(address: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, address - this.base);
  }

  write32(address: number, value: number): void {
    new DataView(this.bytes.buffer).setUint32(address - this.base, value >>> 0, true);
  }
}

/** A processor that raises the faults it is told to. */
export class FakeCpu implements TracedCpu {
  readonly hooks: CpuHooks = { onException: null, onUnimplemented: null, onAddressSpace: null };
  instructionCount = 0;
  eip = 0;
  cpl = 0;
  cr2 = 0;

  constructor(readonly memory: FakeMemory) {}

  peek(linear: number, length: number): Uint8Array | null {
    return this.memory.peek(linear, length);
  }

  readRegister(name: "cs" | "cr2"): number {
    return name === "cr2" ? this.cr2 : this.cpl === 3 ? 0x1b : 8;
  }

  walk(linear: number): PageWalk {
    return {
      linear,
      paging: true,
      directoryAddress: 0x1000,
      directoryEntry: 0x2067,
      tableAddress: 0x2000,
      tableEntry: 0,
      large: false,
      present: false,
      writable: false,
      user: false,
      physical: -1,
    };
  }

  raise(vector: number, errorCode: number, kind: ExceptionKind): void {
    this.hooks.onException?.(vector, errorCode, true, kind);
  }
}
