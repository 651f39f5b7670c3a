import { describe, expect, it } from "vitest";
import { differences, runCase, runCases, runKernelCase, type UserCase, whyNoNative, Window } from "./driver.ts";
import { hasTool } from "./tools.ts";

const why = whyNoNative();
const { CODE, DATA, READ_ONLY, STACK } = Window;

/** Cases whose results are known, for the drivers themselves. */
const samples: Record<string, UserCase & { vector: number; errorCode?: number; cr2?: number }> = {
  "falls off its end": { code: "nop", vector: 3 },
  "changes registers, flags and memory": {
    code: `add eax, ecx\n mov [${DATA + 16}], eax\n push ebx\n inc dword [${DATA + 3}]`,
    memory: [{ address: DATA + 3, value: 0xdeadbeef }],
    vector: 3,
  },
  "reads unmapped memory": { code: "mov eax, [0x50000000]", vector: 14, errorCode: 4, cr2: 0x50000000 },
  "writes beyond its data": { code: `mov [${DATA + 0x1ffe}], eax`, vector: 14, errorCode: 6, cr2: DATA + 0x2000 },
  "writes read-only memory": { code: `inc byte [${READ_ONLY + 5}]`, vector: 14, errorCode: 7, cr2: READ_ONLY + 5 },
  "jumps to nowhere": { code: "jmp 0x40000000", vector: 14, errorCode: 4, cr2: 0x40000000 },
  "divides by zero": { code: "xor ecx, ecx\n div ecx", vector: 0 },
  "executes what is none": { code: "ud2", vector: 6 },
  "executes what is not for ring 3": { code: "cli", vector: 13, errorCode: 0 },
  "calls a system gate": { code: "int 0x55", vector: 13, errorCode: 0x55 * 8 + 2 },
  "loads a bad selector": { code: "mov ax, 0x1234\n mov fs, ax", vector: 13, errorCode: 0x1234 },
  "overflows with into": { code: "mov al, 127\n inc al\n into", vector: 4 },
  "is traced": { code: "pushfd\n or dword [esp], 0x100\n popfd\n nop\n nop", vector: 1 },
  "faults on its stack": { code: "push eax", registers: { esp: STACK }, vector: 14, errorCode: 6, cr2: STACK - 4 },
  "crosses into the second page of its code": {
    code: "mov eax, 5\n jmp $+2\n mov ebx, 6",
    codeAddress: CODE + 0xffd,
    vector: 3,
  },
  "does not end": { code: "jmp $", vector: -1 },
};

describe("the user-mode drivers", () => {
  for (const [name, { vector, errorCode = 0, cr2 = 0, ...test }] of Object.entries(samples)) {
    it(`reports a case that ${name} on the emulator`, () => {
      const result = runCase("emulator", test);
      expect([result.vector, result.errorCode, result.cr2]).toEqual([vector, errorCode, cr2]);
    });
  }

  it.skipIf(why)(`reports the same on the host's processor${why ? ` (${why})` : ""}`, () => {
    const cases = Object.values(samples);
    const native = runCases("native", cases);
    const emulated = runCases("emulator", cases);
    Object.keys(samples).forEach((name, i) => expect([name, ...differences(native[i], emulated[i])]).toEqual([name]));
  });

  it("puts memory back after a case", () => {
    const dirty: UserCase = {
      code: `mov ecx, 0x800\n mov edi, ${DATA}\n rep stosd\n mov byte [$+20], 0x90\n push eax`,
      memory: [{ address: DATA + 0x1ffb, value: 1 }, { address: STACK + 1, value: 2 }], // prettier-ignore
    };
    const probe: UserCase = { code: `mov eax, [${DATA + 0x1ffc}]\n mov ebx, [${STACK}]\n mov ecx, [${DATA}]` };
    for (const driver of why ? (["emulator"] as const) : (["emulator", "native"] as const)) {
      const [before, , after] = runCases(driver, [probe, dirty, probe]);
      expect(after).toEqual(before);
      expect(runCase(driver, dirty).memory.length).toBeGreaterThan(0x7f0);
    }
  });

  it("refuses cases that do not fit their windows", () => {
    expect(() => runCase("emulator", { code: "nop", codeAddress: DATA })).toThrow("code does not fit in its window");
    expect(() => runCase("emulator", { code: "nop", memory: [{ address: READ_ONLY, value: 1 }] })).toThrow(
      "outside its windows",
    );
    expect(() => runCase("emulator", { code: "nopp" })).toThrow("case.asm:1: error: unknown instruction 'nopp'");
  });
});

describe("the kernel drivers", () => {
  const source = `main:
    attempt "nothing", nop
    attempt "an exception", ud2
    mov eax, user
    xor edx, edx
    call enter_user
    ret
    user: int 0x30`;
  const expected = [
    "nothing: ok",
    "an exception: #6 error 00000000 at 00000000 cs 00000008 flags 00000002 sp 00000000 ",
    "back",
    "end",
  ];

  it("reports what a kernel says, and its exit, on the emulator", () => {
    expect(runKernelCase("emulator", { source })).toEqual({ transcript: expected, exit: 0 });
  });

  it.skipIf(!hasTool("qemu-system-i386"))("reports the same on QEMU", () => {
    expect(runKernelCase("qemu", { source })).toEqual({ transcript: expected, exit: 0 });
  });

  it("tells an unexpected exception and a triple fault from a regular end", () => {
    const drivers = hasTool("qemu-system-i386") ? (["emulator", "qemu"] as const) : (["emulator"] as const);
    for (const driver of drivers) {
      const unexpected = runKernelCase(driver, { source: "main: ud2" });
      expect([unexpected.exit, unexpected.transcript.at(-1)!.endsWith("unexpected")]).toEqual([1, true]);
      const triple = runKernelCase(driver, { source: "main: lidt [none]\n ud2\nnone: dw 0\n dd 0" });
      expect(triple).toEqual({ transcript: ["(triple-fault)"], exit: -1 });
    }
  });

  it("names the line of a mistake in a case", () => {
    expect(() => runKernelCase("emulator", { source: "main:\n mvo eax, 1" })).toThrow("unknown instruction 'mvo'");
  });
});
