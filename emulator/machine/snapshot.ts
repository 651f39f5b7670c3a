// A machine's state as plain data: the arena without its empty pages, and what each device keeps outside of it.
import type { DeviceState } from "../devices/bus.ts";
import type { Machine } from "./machine.ts";
import type { EndOutcome } from "./outcome.ts";

const PAGE = 4096;

/** Memory as pages: those of one repeated word (empty pages, mostly) as that word, the others as they are. */
export interface PagedBytes {
  /** Pairs of page number and word; pages that are not mentioned at all are zero. */
  uniform: Int32Array;
  /** Numbers of the other pages, and their bytes one after the other. */
  pages: Uint32Array;
  bytes: Uint8Array;
}

export interface MachineSnapshot {
  memoryBytes: number;
  instructionCount: number;
  idleTicks: number;
  outputCount: number;
  /** Input events that had happened. */
  inputPosition: number;
  ended: EndOutcome | null;
  /** The processor: registers, TLB, page kinds. */
  architectural: PagedBytes;
  ram: PagedBytes;
  devices: Record<string, DeviceState>;
}

export function takeSnapshot(machine: Machine): MachineSnapshot {
  const devices: Record<string, DeviceState> = {};
  for (const device of machine.devices) devices[device.name] = device.saveState();
  return {
    memoryBytes: machine.arena.memoryBytes,
    instructionCount: machine.cpu.instructionCount,
    idleTicks: machine.clock.idleTicks,
    outputCount: machine.outputCount,
    inputPosition: machine.input.position,
    ended: machine.outcome,
    architectural: packPages(machine.arena.architectural),
    ram: packPages(machine.arena.ram8),
    devices,
  };
}

export function restoreSnapshot(machine: Machine, snapshot: MachineSnapshot): void {
  if (snapshot.memoryBytes !== machine.arena.memoryBytes) throw new Error("snapshot of a machine with other memory");
  unpackPages(snapshot.architectural, machine.arena.architectural);
  unpackPages(snapshot.ram, machine.arena.ram8);
  machine.cpu.stateReplaced();
  machine.cpu.instructionCount = snapshot.instructionCount;
  machine.clock.idleTicks = snapshot.idleTicks;
  machine.outputCount = snapshot.outputCount;
  for (const device of machine.devices) device.restoreState(snapshot.devices[device.name]);
  machine.input.rewind(snapshot.inputPosition);
  machine.cpu.interruptLine = machine.pic.intr;
}

/** `memory`: whole pages, aligned to words. */
export function packPages(memory: Uint8Array): PagedBytes {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4);
  const perPage = PAGE / 4;
  const uniform: number[] = [];
  const pages: number[] = [];
  for (let first = 0; first < words.length; first += perPage) {
    const word = words[first];
    let i = first + 1;
    while (i < first + perPage && words[i] === word) i++;
    if (i < first + perPage) pages.push(first / perPage);
    else if (word !== 0) uniform.push(first / perPage, word);
  }
  const bytes = new Uint8Array(pages.length * PAGE);
  pages.forEach((page, i) => bytes.set(memory.subarray(page * PAGE, (page + 1) * PAGE), i * PAGE));
  return { uniform: Int32Array.from(uniform), pages: Uint32Array.from(pages), bytes };
}

export function unpackPages({ uniform, pages, bytes }: PagedBytes, memory: Uint8Array): void {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4);
  words.fill(0);
  for (let i = 0; i < uniform.length; i += 2) {
    words.fill(uniform[i + 1], (uniform[i] * PAGE) / 4, ((uniform[i] + 1) * PAGE) / 4);
  }
  pages.forEach((page, i) => memory.set(bytes.subarray(i * PAGE, (i + 1) * PAGE), page * PAGE));
}
