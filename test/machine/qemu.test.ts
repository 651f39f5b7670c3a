import { describe, expect, it } from "vitest";
import { hasTool } from "../support/tools.ts";
import * as chips from "./chips.ts";
import { guest } from "./guest.ts";
import { runHere, runQemu } from "./transcript.ts";

/** What the loader says: flags, memory, map, command line's last word, module. Names and addresses of loaders differ. */
const bootInformation = () =>
  guest(`
  call hex32 ; EAX survives? no: the prologue keeps every register but ESP
  call newline
  mov eax, [ebx + 4]
  call hex32
  mov eax, [ebx + 8]
  call hex32
  mov eax, [ebx + 12]
  call hex32
  call newline
  mov ecx, [ebx + 44]
  mov esi, [ebx + 48]
  shr ecx, 2
.map:
  lodsd
  call hex32
  mov al, ' '
  call putc
  loop .map
  call newline
  mov eax, cr0
  call hex32
  mov ax, cs
  call hex32
  pushfd
  pop eax
  and eax, 0xffffff2b
  call hex32
  call newline
  ; segments work after a reload from the loader's GDT
  mov ax, 0x10
  mov ds, ax
  mov es, ax
  mov ss, ax
  jmp 0x08:.flat
.flat:
  print "flat"
  exit 6`);

describe.skipIf(!hasTool("qemu-system-i386"))("the same transcript as QEMU (needs qemu-system-i386)", () => {
  it.each([...Object.entries(chips), ["bootInformation", bootInformation] as const])("%s", (_name, kernel) => {
    const image = kernel();
    const { text, status } = runHere(image);
    expect({ text, status }).toEqual(runQemu(image));
    expect(status).toBeGreaterThan(0);
  });
});
