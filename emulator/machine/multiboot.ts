// Multiboot 1 boot loader (Multiboot Specification 0.6.96): places kernel and modules, writes the boot information,
// sets the machine state of section 3.2. Addresses are those QEMU's loader uses, so that both give a kernel the same.
import type { Cpu } from "../cpu/cpu.ts";
import { isElf, type LoadSegment, readElfImage } from "./elf_image.ts";
import { formatSize, Physical } from "./memory_map.ts";
import { findMultibootHeader, type MultibootHeader } from "./multiboot_header.ts";
import { buildBootInfo, INFO_AREA, type PlacedModule } from "./multiboot_info.ts";
import { UserError } from "./user_error.ts";

const BOOT_MAGIC = 0x2badb002;
const PAGE = 4096;
const MIB = 1024 * 1024;

export interface MultibootModule {
  bytes: Uint8Array;
  /** What the kernel sees as the module's string: by custom its file name and arguments. */
  string: string;
}

export interface MultibootRequest {
  kernel: Uint8Array;
  /** Name of the kernel for messages. */
  name: string;
  modules?: readonly MultibootModule[];
  /** The whole command line: by custom it begins with the kernel's file name. */
  commandLine: string;
}

/** What the loader needs of a machine. */
export interface BootTarget {
  readonly cpu: Cpu;
  readonly arena: { readonly memoryBytes: number };
}

/** What is to be in memory: the kernel's segments and where its code begins. */
interface Kernel {
  segments: LoadSegment[];
  entry: number;
  sections: ReturnType<typeof readElfImage>["sections"];
}

/** @throws UserError when an image is not what it should be or memory is too small */
export function startMultiboot(target: BootTarget, request: MultibootRequest): void {
  const { cpu } = target;
  const memoryBytes = target.arena.memoryBytes;
  const kernel = readKernel(request);
  for (const segment of kernel.segments) checkSegment(segment, request.name, memoryBytes);

  const kernelEnd = Math.max(...kernel.segments.map((segment) => segment.physical + segment.memorySize));
  const stringsAt = roundUp(Math.max(kernelEnd, Physical.EXTENDED), PAGE);
  const modules = request.modules ?? [];
  // The addresses of modules depend on the length of the strings before them, not on their own: two passes.
  const dry = buildBootInfo(request, kernel, memoryBytes, stringsAt, placeModules(modules, 0));
  const placed = placeModules(modules, roundUp(stringsAt + dry.strings.length, PAGE));
  const info = buildBootInfo(request, kernel, memoryBytes, stringsAt, placed);
  const infoAt = kernel.segments.some(touchesInfoArea) ? roundUp(info.symbolsEnd, PAGE) : INFO_AREA;
  const end = Math.max(info.symbolsEnd, infoAt === INFO_AREA ? 0 : infoAt + info.area(0).length);
  if (end > memoryBytes - Physical.FIRMWARE_TOP) throw tooSmall(request.name, end, memoryBytes);

  for (const { physical, bytes, memorySize } of kernel.segments) {
    cpu.writePhysicalMemory(physical, bytes);
    if (memorySize > bytes.length)
      cpu.writePhysicalMemory(physical + bytes.length, new Uint8Array(memorySize - bytes.length));
  }
  for (const { start, bytes } of placed) cpu.writePhysicalMemory(start, bytes);
  cpu.writePhysicalMemory(stringsAt, info.strings);
  if (info.symbols.length > 0) cpu.writePhysicalMemory(info.symbolsAt, info.symbols);
  cpu.writePhysicalMemory(infoAt, info.area(infoAt));
  setMachineState(cpu, kernel.entry, infoAt + info.structOffset, infoAt + info.gdtOffset);
}

function readKernel(request: MultibootRequest): Kernel {
  const { kernel: file, name } = request;
  const header = findMultibootHeader(file, name);
  if (header?.addresses) return readAddressed(file, name, header);
  const image = readElfImage(file, name); // says so if this is no ELF file at all
  if (!header) {
    throw new UserError(`${name}: no multiboot header in the first 8 KiB; this is not a multiboot kernel`);
  }
  return image;
}

/** "Address fields of Multiboot header" (3.1.3): the file is placed as it is. */
function readAddressed(file: Uint8Array, name: string, header: MultibootHeader): Kernel {
  const { header: headerAddress, load, loadEnd, bssEnd, entry } = header.addresses!;
  const start = header.offset - (headerAddress - load);
  if (load > headerAddress || start < 0) {
    throw new UserError(`${name}: the multiboot header's load address does not fit the file`);
  }
  const length = loadEnd === 0 ? file.length - start : loadEnd - load;
  if (length < 0 || start + length > file.length) {
    throw new UserError(
      `${name}: truncated: the multiboot header asks for ${start + length} bytes, the file has ${file.length}`,
    );
  }
  const memorySize = bssEnd === 0 ? length : Math.max(length, bssEnd - load);
  const segment: LoadSegment = {
    physical: load,
    virtual: load,
    bytes: file.subarray(start, start + length),
    memorySize,
    executable: true,
  };
  return { segments: [segment], entry, sections: isElf(file) ? readElfImage(file, name).sections : null };
}

function checkSegment({ physical, memorySize }: LoadSegment, name: string, memoryBytes: number): void {
  const end = physical + memorySize;
  const range = `${hex(physical)}-${hex(end)}`;
  // The BIOS shadow is allowed: linkers that are told only where .text goes put the ELF header a page below 1 MiB.
  if (physical < Physical.BIOS_SHADOW && end > Physical.CONVENTIONAL_END) {
    throw new UserError(`${name}: segment ${range} lies in the video and firmware area below 1 MiB`);
  }
  const top = memoryBytes - Physical.FIRMWARE_TOP;
  if (physical >= top) {
    throw new UserError(`${name}: segment ${range} lies outside of memory (${formatSize(memoryBytes)})`);
  }
  if (end > top) throw tooSmall(name, end, memoryBytes);
}

function tooSmall(name: string, end: number, memoryBytes: number): UserError {
  const least = Math.ceil((end + Physical.FIRMWARE_TOP) / MIB);
  return new UserError(`${name}: does not fit in ${formatSize(memoryBytes)} of memory; it needs --memory ${least}M`);
}

function touchesInfoArea({ physical, memorySize }: LoadSegment): boolean {
  return physical < INFO_AREA + PAGE && physical + memorySize > INFO_AREA;
}

function placeModules(modules: readonly MultibootModule[], start: number): PlacedModule[] {
  return modules.map(({ bytes, string }) => {
    const at = start;
    start = roundUp(at + bytes.length, PAGE);
    return { start: at, bytes, string };
  });
}

/** "Machine state" (3.2). The GDT is one that works, though a kernel must not count on it. */
function setMachineState(cpu: Cpu, entry: number, info: number, gdt: number): void {
  cpu.writeRegister("cr0", 0x11); // PE, ET
  cpu.writeRegister("gdtr.base", gdt);
  cpu.writeRegister("gdtr.limit", 0x17);
  cpu.writeRegister("idtr.base", 0);
  cpu.writeRegister("idtr.limit", 0x3ff);
  cpu.setSegment("cs", { selector: 0x08, base: 0, limit: 0xffffffff, access: 0xc09b });
  for (const name of ["ds", "es", "fs", "gs", "ss"] as const) {
    cpu.setSegment(name, { selector: 0x10, base: 0, limit: 0xffffffff, access: 0xc093 });
  }
  cpu.writeRegister("eflags", 0x02);
  cpu.writeRegister("eax", BOOT_MAGIC);
  cpu.writeRegister("ebx", info);
  for (const name of ["ecx", "edx", "esi", "edi", "ebp"] as const) cpu.writeRegister(name, 0);
  cpu.writeRegister("esp", 0x7000); // undefined by the specification; conventional memory is better than nothing
  cpu.writeRegister("eip", entry);
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function hex(value: number): string {
  return `${value.toString(16).toUpperCase().padStart(8, "0")}h`;
}
