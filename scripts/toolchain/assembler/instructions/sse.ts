/** SSE and SSE2. Notation: forms.ts. */
import { packed, packedShifts } from "./mmx.ts";

/** Opcodes with the four types: none = ps, 66 = pd, F3 = ss, F2 = sd. */
const fourTypes: Record<string, string> = {
  SQRT: "51",
  ADD: "58",
  MUL: "59",
  SUB: "5C",
  MIN: "5D",
  DIV: "5E",
  MAX: "5F",
};
/** Packed only. */
const twoTypes: Record<string, string> = { UNPCKL: "14", UNPCKH: "15", AND: "54", ANDN: "55", OR: "56", XOR: "57" };
const comparisons = ["EQ", "LT", "LE", "UNORD", "NEQ", "NLT", "NLE", "ORD"];

const arithmetic = [
  ...Object.entries(fourTypes).flatMap(([name, opcode]) => [
    `${name}PS xmm, xmm/m128 | 0F ${opcode} /r`,
    `${name}PD xmm, xmm/m128 | 66 0F ${opcode} /r`,
    `${name}SS xmm, xmm/m32 | F3 0F ${opcode} /r`,
    `${name}SD xmm, xmm/m64 | F2 0F ${opcode} /r`,
  ]),
  ...Object.entries(twoTypes).flatMap(([name, opcode]) => [
    `${name}PS xmm, xmm/m128 | 0F ${opcode} /r`,
    `${name}PD xmm, xmm/m128 | 66 0F ${opcode} /r`,
  ]),
];

const compares = [
  ["PS", "", "m128"],
  ["PD", "66 ", "m128"],
  ["SS", "F3 ", "m32"],
  ["SD", "F2 ", "m64"],
].flatMap(([type, prefix, memory]) => [
  ...comparisons.map((name, n) => `CMP${name}${type} xmm, xmm/${memory} | ${prefix}0F C2 /r 0${n}:ib`),
  `CMP${type} xmm, xmm/${memory}, imm8 | ${prefix}0F C2 /r ib`,
]);

export const sseRows: readonly string[] = [
  ...arithmetic,
  ...compares,
  ...Object.entries(packed).map(([name, opcode]) => `${name} xmm, xmm/m128 | 66 0F ${opcode} /r`),
  ...Object.entries(packedShifts).map(([name, opcode]) => `${name} xmm, imm8 | 66 0F ${opcode} ib`),
  "PSRLDQ xmm, imm8 | 66 0F 73 /3 ib",
  "PSLLDQ xmm, imm8 | 66 0F 73 /7 ib",
  "PUNPCKLQDQ xmm, xmm/m128 | 66 0F 6C /r",
  "PUNPCKHQDQ xmm, xmm/m128 | 66 0F 6D /r",
  "PSHUFD xmm, xmm/m128, imm8 | 66 0F 70 /r ib",
  "PSHUFHW xmm, xmm/m128, imm8 | F3 0F 70 /r ib",
  "PSHUFLW xmm, xmm/m128, imm8 | F2 0F 70 /r ib",
  "PINSRW xmm, r32/m16, imm8 | 66 0F C4 /r ib",
  "PEXTRW r32, xmm, imm8 | 66 0F C5 /r ib",
  "PMOVMSKB r32, xmm | 66 0F D7 /r",
  "MASKMOVDQU xmm, xmm | 66 0F F7 /r",

  // Moves
  "MOVUPS xmm, xmm/m128 | 0F 10 /r",
  "MOVUPS xmm/m128, xmm | 0F 11 /r",
  "MOVUPD xmm, xmm/m128 | 66 0F 10 /r",
  "MOVUPD xmm/m128, xmm | 66 0F 11 /r",
  "MOVSS xmm, xmm/m32 | F3 0F 10 /r",
  "MOVSS xmm/m32, xmm | F3 0F 11 /r",
  "MOVSD xmm, xmm/m64 | F2 0F 10 /r",
  "MOVSD xmm/m64, xmm | F2 0F 11 /r",
  "MOVHLPS xmm, xmm | 0F 12 /r",
  "MOVLHPS xmm, xmm | 0F 16 /r",
  "MOVLPS xmm, m64 | 0F 12 /r",
  "MOVLPS m64, xmm | 0F 13 /r",
  "MOVLPD xmm, m64 | 66 0F 12 /r",
  "MOVLPD m64, xmm | 66 0F 13 /r",
  "MOVHPS xmm, m64 | 0F 16 /r",
  "MOVHPS m64, xmm | 0F 17 /r",
  "MOVHPD xmm, m64 | 66 0F 16 /r",
  "MOVHPD m64, xmm | 66 0F 17 /r",
  "MOVAPS xmm, xmm/m128 | 0F 28 /r",
  "MOVAPS xmm/m128, xmm | 0F 29 /r",
  "MOVAPD xmm, xmm/m128 | 66 0F 28 /r",
  "MOVAPD xmm/m128, xmm | 66 0F 29 /r",
  "MOVDQA xmm, xmm/m128 | 66 0F 6F /r",
  "MOVDQA xmm/m128, xmm | 66 0F 7F /r",
  "MOVDQU xmm, xmm/m128 | F3 0F 6F /r",
  "MOVDQU xmm/m128, xmm | F3 0F 7F /r",
  "MOVD xmm, r/m32 | 66 0F 6E /r",
  "MOVD r/m32, xmm | 66 0F 7E /r",
  "MOVQ xmm, xmm/m64 | F3 0F 7E /r",
  "MOVQ xmm/m64, xmm | 66 0F D6 /r",
  "MOVMSKPS r32, xmm | 0F 50 /r",
  "MOVMSKPD r32, xmm | 66 0F 50 /r",
  "MOVDQ2Q mm, xmm | F2 0F D6 /r",
  "MOVQ2DQ xmm, mm | F3 0F D6 /r",
  "MOVNTPS m128, xmm | 0F 2B /r",
  "MOVNTPD m128, xmm | 66 0F 2B /r",
  "MOVNTDQ m128, xmm | 66 0F E7 /r",
  "MOVNTI m32, r32 | 0F C3 /r",

  // Odd arithmetic
  "RSQRTPS xmm, xmm/m128 | 0F 52 /r",
  "RSQRTSS xmm, xmm/m32 | F3 0F 52 /r",
  "RCPPS xmm, xmm/m128 | 0F 53 /r",
  "RCPSS xmm, xmm/m32 | F3 0F 53 /r",
  "UCOMISS xmm, xmm/m32 | 0F 2E /r",
  "UCOMISD xmm, xmm/m64 | 66 0F 2E /r",
  "COMISS xmm, xmm/m32 | 0F 2F /r",
  "COMISD xmm, xmm/m64 | 66 0F 2F /r",
  "SHUFPS xmm, xmm/m128, imm8 | 0F C6 /r ib",
  "SHUFPD xmm, xmm/m128, imm8 | 66 0F C6 /r ib",

  // Conversions
  "CVTPI2PS xmm, mm/m64 | 0F 2A /r",
  "CVTPI2PD xmm, mm/m64 | 66 0F 2A /r",
  "CVTSI2SS xmm, r/m32 | F3 0F 2A /r",
  "CVTSI2SD xmm, r/m32 | F2 0F 2A /r",
  "CVTTPS2PI mm, xmm/m64 | 0F 2C /r",
  "CVTTPD2PI mm, xmm/m128 | 66 0F 2C /r",
  "CVTTSS2SI r32, xmm/m32 | F3 0F 2C /r",
  "CVTTSD2SI r32, xmm/m64 | F2 0F 2C /r",
  "CVTPS2PI mm, xmm/m64 | 0F 2D /r",
  "CVTPD2PI mm, xmm/m128 | 66 0F 2D /r",
  "CVTSS2SI r32, xmm/m32 | F3 0F 2D /r",
  "CVTSD2SI r32, xmm/m64 | F2 0F 2D /r",
  "CVTPS2PD xmm, xmm/m64 | 0F 5A /r",
  "CVTPD2PS xmm, xmm/m128 | 66 0F 5A /r",
  "CVTSS2SD xmm, xmm/m32 | F3 0F 5A /r",
  "CVTSD2SS xmm, xmm/m64 | F2 0F 5A /r",
  "CVTDQ2PS xmm, xmm/m128 | 0F 5B /r",
  "CVTPS2DQ xmm, xmm/m128 | 66 0F 5B /r",
  "CVTTPS2DQ xmm, xmm/m128 | F3 0F 5B /r",
  "CVTTPD2DQ xmm, xmm/m128 | 66 0F E6 /r",
  "CVTDQ2PD xmm, xmm/m64 | F3 0F E6 /r",
  "CVTPD2DQ xmm, xmm/m128 | F2 0F E6 /r",

  // State and caches
  "LDMXCSR m32 | 0F AE /2",
  "STMXCSR m32 | 0F AE /3",
  "LFENCE | 0F AE E8",
  "MFENCE | 0F AE F0",
  "SFENCE | 0F AE F8",
  "CLFLUSH m | 0F AE /7",
  "PREFETCHNTA m | 0F 18 /0",
  "PREFETCHT0 m | 0F 18 /1",
  "PREFETCHT1 m | 0F 18 /2",
  "PREFETCHT2 m | 0F 18 /3",
];
