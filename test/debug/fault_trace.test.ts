import { beforeEach, describe, expect, it } from "vitest";
import { ExceptionKind } from "../../emulator/cpu/cpu.ts";
import { ElfFile } from "../../emulator/debug/elf32.ts";
import { faultAsJson } from "../../emulator/debug/fault_json.ts";
import { faultRows } from "../../emulator/debug/fault_report.ts";
import { FaultRing } from "../../emulator/debug/fault_ring.ts";
import { formatFaultTable } from "../../emulator/debug/fault_table.ts";
import { FaultTrace } from "../../emulator/debug/fault_trace.ts";
import { GuestMemory } from "../../emulator/debug/guest_memory.ts";
import { SymbolTable } from "../../emulator/debug/symbols.ts";
import { FakeCpu, FakeMemory } from "./fake_machine.ts";
import { SAMPLE, sampleElf } from "./sample.ts";

const USER_EIP = 0x08048100;
const symbols = new SymbolTable(new ElfFile(sampleElf()));
let memory: FakeMemory;
let cpu: FakeCpu;

beforeEach(() => {
  memory = new FakeMemory(SAMPLE.data, 0x1000);
  cpu = new FakeCpu(memory);
});

const ring = (): FaultRing => FaultRing.find(new GuestMemory(cpu, symbols.info), symbols)!;

function userFault(cr2: number, errorCode = 6): void {
  Object.assign(cpu, { cr2, cpl: 3, eip: USER_EIP, instructionCount: cpu.instructionCount + 100 });
  cpu.raise(14, errorCode, ExceptionKind.Fault);
}

/** What the kernel writes for its fault number `index`. */
function kernelRecord(
  index: number,
  cr2: number,
  changes: { action?: number; errorCode?: number; frame?: number } = {},
) {
  const { action = 1, errorCode = 6, frame = 0x312 } = changes;
  const at = SAMPLE.ring + (index % SAMPLE.ringCapacity) * SAMPLE.recordSize;
  const page = cr2 & ~0xfff;
  const kind = 4;
  const record = [index, 2, USER_EIP, cr2, errorCode, page, page + 0x1000, 3, kind, 0, action, frame, 0, 0x312067, 0];
  record.forEach((value, field) => memory.write32(at + field * 4, value));
  memory.write(at + 60, new TextEncoder().encode("malloc\0\0"));
  memory.write32(SAMPLE.data, index + 1);
}

describe("the fault trace", () => {
  it("joins what the processor saw with what the kernel did", () => {
    const trace = new FaultTrace(cpu, ring());
    userFault(0x0804c000);
    kernelRecord(0, 0x0804c000);
    const [fault] = trace.finish();
    expect(fault.cpu).toEqual({
      instruction: 100,
      cs: 0x1b,
      eip: USER_EIP,
      cpl: 3,
      cr2: 0x0804c000,
      errorCode: 6,
      pde: 0x2067,
      pte: 0,
    });
    expect(fault.kernel).toMatchObject({ pid: 2, comm: "malloc", class: "minor", action: "demand-zero", frame: 0x312 });
    expect(fault.kernel?.vma).toEqual({ kind: "heap", start: 0x0804c000, end: 0x0804d000, flags: 3 });
  });

  it("loses no record although the ring holds only a few", () => {
    const trace = new FaultTrace(cpu, ring());
    const count = SAMPLE.ringCapacity * 5;
    for (let index = 0; index < count; index++) {
      userFault(0x0900_0000 + index * 0x1000);
      kernelRecord(index, 0x0900_0000 + index * 0x1000, { frame: index });
    }
    const faults = trace.finish();
    expect(faults.map(({ kernel }) => kernel?.frame)).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  it("takes the kernel's last word on a fault inside whose handler another fault happened", () => {
    const trace = new FaultTrace(cpu, ring());
    userFault(0x0804c000);
    kernelRecord(0, 0x0804c000, { action: 0, frame: -1 });
    userFault(0x0805c000);
    kernelRecord(1, 0x0805c000, { frame: 7 });
    kernelRecord(0, 0x0804c000, { frame: 8 });
    memory.write32(SAMPLE.data, 2);
    const faults = trace.finish();
    expect(faults.map(({ kernel }) => [kernel?.action, kernel?.frame])).toEqual([
      ["demand-zero", 8],
      ["demand-zero", 7],
    ]);
  });

  it("joins by address, instruction and error code when the kernel finishes in another order", () => {
    const trace = new FaultTrace(cpu, ring());
    userFault(0x0804c000);
    userFault(0x0805c000);
    kernelRecord(0, 0x0805c000, { frame: 5 });
    kernelRecord(1, 0x0804c000, { frame: 6 });
    expect(trace.finish().map(({ kernel }) => kernel?.frame)).toEqual([6, 5]);
  });

  it("keeps the processor's part of faults the kernel has no record of", () => {
    const trace = new FaultTrace(cpu);
    userFault(0x0804c000);
    const [fault] = trace.finish();
    expect(fault.kernel).toBeNull();
    expect(formatFaultTable(faultRows([fault], { program: () => undefined }))[1]).toBe(
      "1    100    -  08048100  0804c000  U/W, not present      -        -",
    );
  });

  it("waits for a kernel whose memory is not mapped yet", () => {
    const trace = new FaultTrace(cpu, ring());
    memory.mapped = false;
    userFault(0x1000);
    memory.mapped = true;
    kernelRecord(0, 0x1000);
    expect(trace.finish()[0].kernel?.cr2).toBe(0x1000);
  });

  it("starts over when the machine was reset", () => {
    const trace = new FaultTrace(cpu, ring());
    for (let index = 0; index < 3; index++) {
      userFault(0x1000 * index);
      kernelRecord(index, 0x1000 * index);
    }
    memory.write32(SAMPLE.data, 0);
    userFault(0x9000);
    kernelRecord(0, 0x9000, { frame: 9 });
    // What the kernel wrote about the last fault before the reset is gone with its memory.
    expect(trace.finish().map(({ kernel }) => kernel?.cr2)).toEqual([0, 0x1000, undefined, 0x9000]);
  });

  it("counts page faults only, not INT 14 or other exceptions, and stops when told", () => {
    const trace = new FaultTrace(cpu);
    cpu.raise(13, 0, ExceptionKind.Fault);
    cpu.raise(14, 0, ExceptionKind.Software);
    expect(trace.finish()).toEqual([]);
    userFault(0x1000);
    expect(trace.faults()).toEqual([]);
    expect(cpu.hooks.onException).toBeNull();
  });

  it("lets a hook that was there before go on", () => {
    const seen: number[] = [];
    cpu.hooks.onException = (vector) => seen.push(vector);
    const trace = new FaultTrace(cpu);
    cpu.raise(6, 0, ExceptionKind.Fault);
    trace.finish();
    cpu.raise(7, 0, ExceptionKind.Fault);
    expect(seen).toEqual([6, 7]);
  });
});

describe("the fault table", () => {
  function rows() {
    const trace = new FaultTrace(cpu, ring());
    userFault(0x0804c000);
    kernelRecord(0, 0x0804c000);
    Object.assign(cpu, { eip: SAMPLE.text + 0x14, cpl: 0, cr2: 4, instructionCount: 1234567 });
    cpu.raise(14, 0, ExceptionKind.Fault);
    return faultRows(trace.finish(), {
      kernel: symbols,
      program: (process) => {
        const place = { name: "main", offset: 0x1c, file: "userland/bin/malloc.ts", line: 12 };
        return process === "malloc" ? ({ lookup: () => place } as unknown as SymbolTable) : undefined;
      },
    });
  }

  it("tells each fault in one aligned line", () => {
    expect(formatFaultTable(rows())).toEqual([
      "#    instr  pid  eip                                     cr2       error, class, action                  vma                     frame",
      "1      100    2  main+0x1c userland/bin/malloc.ts:12     0804c000  U/W, not present, minor, demand-zero  heap 0804c000-0804d000  00312",
      "2  1234567    -  do_pgfault+0x4 kernel/mm/pgfault.ts:50  00000004  K/R, not present                      -                           -",
    ]);
  });

  it("leaves folders out where the terminal is too narrow", () => {
    const lines = formatFaultTable(rows(), 120);
    expect(lines[1]).toBe(
      "1      100    2  main+0x1c malloc.ts:12        0804c000  U/W, not present, minor, demand-zero  heap 0804c000+4K  00312",
    );
    expect(lines.every((line) => line.length <= 120)).toBe(true);
  });

  it("gives the same as data", () => {
    expect(faultAsJson(rows()[0])).toEqual({
      number: 1,
      instruction: 100,
      pid: 2,
      process: "malloc",
      eip: "0x08048100",
      symbol: "main",
      offset: 0x1c,
      file: "userland/bin/malloc.ts",
      line: 12,
      cpl: 3,
      cr2: "0x0804c000",
      errorCode: 6,
      error: "U/W, not present",
      vma: { kind: "heap", start: "0x0804c000", end: "0x0804d000", flags: 3 },
      class: "minor",
      action: "demand-zero",
      summary: "U/W, not present, minor, demand-zero",
      frame: 0x312,
      pde: "0x00002067",
      pte: "0x00000000",
      pteBefore: "0x00000000",
      pteAfter: "0x00312067",
      sectors: 0,
    });
  });
});
