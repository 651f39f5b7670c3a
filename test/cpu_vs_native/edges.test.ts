/** Short sequences and corners that random cases rarely meet, against the host's own processor. */
import { describe, expect, it } from "vitest";
import { differences, runCases, type UserCase, whyNoNative, Window } from "../support/driver.ts";

const { DATA, READ_ONLY, STACK } = Window;
const MISSING = 0x50000000;
const trace = "pushfd\n or dword [esp], 0x100\n popfd\n";

const cases: Record<string, UserCase> = {
  // Page faults: what a read-modify-write reports, where CR2 points, what is undone
  "inc of a missing page": { code: `inc dword [${MISSING}]` },
  "add to a read-only page": { code: `add [${READ_ONLY}], eax` },
  "cmpxchg of a read-only page": { code: `cmpxchg [${READ_ONLY}], ecx` },
  "cmpxchg8b of a read-only page": { code: `cmpxchg8b [${READ_ONLY}]` },
  "xadd to a read-only page": { code: `xadd [${READ_ONLY}], ecx` },
  "xchg with a read-only page": { code: `xchg [${READ_ONLY}], eax` },
  "bt of a missing page": { code: `bt dword [${MISSING}], 1` },
  "bts of a missing page": { code: `bts dword [${MISSING}], 1` },
  "setc to a read-only page": { code: `setc [${READ_ONLY}]` },
  "pop to a read-only page": { code: `pop dword [${READ_ONLY}]` },
  "push of a missing page onto a missing page": { code: `push dword [${MISSING}]`, registers: { esp: STACK } },
  "call without a stack": { code: `call [${DATA}]`, registers: { esp: STACK } },
  "enter that runs out of stack": { code: "enter 8, 2", registers: { esp: STACK + 8, ebp: STACK + 0x800 } },
  "leave across the end": { code: "leave", registers: { ebp: STACK + 0xffe } },
  "movsd from a missing to a read-only page": { code: "movsd", registers: { esi: MISSING, edi: READ_ONLY } },
  "shld across the end": { code: `shld [${DATA + 0x1ffe}], eax, 5` },
  "bound whose second limit is missing": { code: `bound eax, [${DATA + 0x1ffc}]` },
  "les across the end": { code: `les eax, [${DATA + 0x1ffe}]` },
  "null into ss": { code: "xor eax, eax\n mov ss, ax" },
  "use of a null segment": { code: "xor eax, eax\n mov ds, ax\n mov eax, [ebx]" },
  // REP CMPS and SCAS that fault have their flags back
  "repne scasd into a missing page": {
    code: "xor eax, eax\n repne scasd",
    registers: { edi: DATA + 0x1ff8, ecx: 0x20 },
  },
  "repe scasd into a missing page": {
    code: "cmp eax, 0x99\n repe scasd",
    registers: { edi: DATA + 0x1ff8, ecx: 0x20 },
    memory: [0x1ff8, 0x1ffc].map((offset) => ({ address: DATA + offset, value: 0x11111111 })),
  },
  "repne cmpsb into a missing page": {
    code: "stc\n repne cmpsb",
    registers: { edi: DATA + 0x1ff8, esi: DATA, ecx: 0x20 },
  },
  // The trap flag
  "a trap after the popf that clears TF": { code: `push dword 0x202\n ${trace} popfd\n nop` },
  "no trap after the popf that sets it": { code: `${trace} nop\n nop` },
  "no trap after mov ss": { code: `mov eax, ss\n ${trace} mov ss, eax\n nop\n nop` },
  "no trap after pop ss": { code: `push dword 0x2b\n ${trace} lea esp, [esp]\n pop ss\n nop` },
  "a trap after one iteration": { code: `${trace} rep movsb`, registers: { ecx: 5, esi: DATA, edi: DATA + 0x100 } },
  "a fault instead of a trap": { code: `${trace} ud2` },
  "int3 instead of a trap": { code: `${trace} int3` },
  "TF in the flags that are pushed": { code: `${trace} pushfd\n nop` },
  icebp: { code: "db 0xf1" },
  // Prefixes and encodings
  "lock of a move": { code: `lock mov [${DATA}], eax` },
  "lock of a register": { code: "db 0xf0, 0x01, 0xc8" },
  "lock of a comparison": { code: "db 0xf0, 0x39, 0x03", registers: { ebx: DATA } },
  "fifteen bytes": { code: "times 14 db 0x66\n nop" },
  "sixteen bytes": { code: "times 15 db 0x66\n nop" },
  "lea of a register": { code: "db 0x8d, 0xc0" },
  "mov to cs": { code: "db 0x8e, 0xc8" },
  "a seventh segment register": { code: "db 0x8e, 0xf0" },
  "a code page that ends inside an instruction": { code: "mov eax, 5", codeAddress: Window.CODE + 0x1ffa },
  "code that changes the next instruction": { code: "mov byte [$ + 8], 0x43\n nop\n inc eax" },
  "aam by zero": { code: "aam 0" },
  "daa of a carry": { code: "daa", registers: { eax: 0x9a } },
  "idiv of the least number by -1": { code: "idiv ecx", registers: { eax: 0x80000000, edx: -1, ecx: -1 } },
  "div whose quotient does not fit": { code: "div ecx", registers: { eax: 0, edx: 5, ecx: 5 } },
  "in and out": { code: "in al, 0x61" },
  "int 0x21": { code: "int 0x21" },
};

const why = whyNoNative();

describe.skipIf(why)(`corners against the host's processor${why ? ` (${why})` : ""}`, () => {
  const all = Object.values(cases);
  const native = why ? [] : runCases("native", all);
  Object.entries(cases).forEach(([name, test], i) => {
    it(name, () => {
      expect(differences(native[i], runCases("emulator", [test])[0])).toEqual([]);
    });
  });
});
