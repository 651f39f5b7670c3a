import { Operation } from "./operations.ts";

/** One row of the escape opcodes D8..DF (SDM vol. 2, appendix A.5, and the aliases of the silicon). */
export interface EscapeRow {
  /** D8h..DFh. */
  readonly opcode: number;
  /** First ModRM byte: reg << 3 for memory forms (any mod but 3, any rm), C0h..FFh for register forms. */
  readonly modrm: number;
  /** Register forms: how many ModRM bytes from `modrm` on it covers; memory forms: 0. */
  readonly count: number;
  /** As assemblers spell it; instructions that do not wait have their "n". */
  readonly mnemonic: string;
  /** Operands for the disassembler: "", "sti", "st0,sti", "sti,st0", "ax", or the memory operand's type. */
  readonly operands: string;
  readonly operation: Operation;
  /** A documented encoding, not an alias of one. */
  readonly documented: boolean;
}

const rows: EscapeRow[] = [];

function memory(opcode: number, reg: number, mnemonic: string, operands: string, operation: Operation): void {
  rows.push({ opcode, modrm: reg << 3, count: 0, mnemonic, operands, operation, documented: true });
}
function stack(opcode: number, modrm: number, mnemonic: string, operands: string, operation: Operation): void {
  rows.push({ opcode, modrm, count: 8, mnemonic, operands, operation, documented: true });
}
function single(opcode: number, modrm: number, mnemonic: string, operation: Operation, operands = ""): void {
  rows.push({ opcode, modrm, count: 1, mnemonic, operands, operation, documented: true });
}
function alias(opcode: number, modrm: number, count: number, mnemonic: string, operands: string, operation: Operation) {
  rows.push({ opcode, modrm, count, mnemonic, operands, operation, documented: false });
}

const arithmetic = ["add", "mul", "com", "comp", "sub", "subr", "div", "divr"];

arithmetic.forEach((name, reg) => {
  memory(0xd8, reg, `f${name}`, "m32fp", Operation.SINGLE + reg);
  memory(0xda, reg, `fi${name}`, "m32int", Operation.DWORD + reg);
  memory(0xdc, reg, `f${name}`, "m64fp", Operation.DOUBLE + reg);
  memory(0xde, reg, `fi${name}`, "m16int", Operation.WORD + reg);
  stack(0xd8, 0xc0 + reg * 8, `f${name}`, reg === 2 || reg === 3 ? "sti" : "st0,sti", Operation.TO_TOP + reg);
});
// With sti as the destination the reversed forms trade places: /4 is st0 - sti, which is FSUBR sti, st0.
["add", "mul", "", "", "subr", "sub", "divr", "div"].forEach((name, reg) => {
  if (name === "") return;
  stack(0xdc, 0xc0 + reg * 8, `f${name}`, "sti,st0", Operation.TO_REGISTER + reg);
  stack(0xde, 0xc0 + reg * 8, `f${name}p`, "sti,st0", Operation.TO_REGISTER_POP + reg);
});
alias(0xdc, 0xd0, 8, "fcom", "sti", Operation.TO_TOP + 2);
alias(0xdc, 0xd8, 8, "fcomp", "sti", Operation.TO_TOP + 3);
alias(0xde, 0xd0, 8, "fcomp", "sti", Operation.TO_TOP + 3);
single(0xde, 0xd9, "fcompp", Operation.FCOMPP);

memory(0xd9, 0, "fld", "m32fp", Operation.FLD_SINGLE);
memory(0xd9, 2, "fst", "m32fp", Operation.FST_SINGLE);
memory(0xd9, 3, "fstp", "m32fp", Operation.FSTP_SINGLE);
memory(0xd9, 4, "fldenv", "m14/28byte", Operation.FLDENV);
memory(0xd9, 5, "fldcw", "m16", Operation.FLDCW);
memory(0xd9, 6, "fnstenv", "m14/28byte", Operation.FNSTENV);
memory(0xd9, 7, "fnstcw", "m16", Operation.FNSTCW);
stack(0xd9, 0xc0, "fld", "sti", Operation.FLD_REGISTER);
stack(0xd9, 0xc8, "fxch", "sti", Operation.FXCH);
single(0xd9, 0xd0, "fnop", Operation.FNOP);
alias(0xd9, 0xd8, 8, "fstp", "sti", Operation.FSTP_QUIETLY);
single(0xd9, 0xe0, "fchs", Operation.FCHS);
single(0xd9, 0xe1, "fabs", Operation.FABS);
single(0xd9, 0xe4, "ftst", Operation.FTST);
single(0xd9, 0xe5, "fxam", Operation.FXAM);
["fld1", "fldl2t", "fldl2e", "fldpi", "fldlg2", "fldln2", "fldz"].forEach((name, index) => {
  single(0xd9, 0xe8 + index, name, Operation.CONSTANT);
});
single(0xd9, 0xf0, "f2xm1", Operation.F2XM1);
single(0xd9, 0xf1, "fyl2x", Operation.FYL2X);
single(0xd9, 0xf2, "fptan", Operation.FPTAN);
single(0xd9, 0xf3, "fpatan", Operation.FPATAN);
single(0xd9, 0xf4, "fxtract", Operation.FXTRACT);
single(0xd9, 0xf5, "fprem1", Operation.FPREM1);
single(0xd9, 0xf6, "fdecstp", Operation.FDECSTP);
single(0xd9, 0xf7, "fincstp", Operation.FINCSTP);
single(0xd9, 0xf8, "fprem", Operation.FPREM);
single(0xd9, 0xf9, "fyl2xp1", Operation.FYL2XP1);
single(0xd9, 0xfa, "fsqrt", Operation.FSQRT);
single(0xd9, 0xfb, "fsincos", Operation.FSINCOS);
single(0xd9, 0xfc, "frndint", Operation.FRNDINT);
single(0xd9, 0xfd, "fscale", Operation.FSCALE);
single(0xd9, 0xfe, "fsin", Operation.FSIN);
single(0xd9, 0xff, "fcos", Operation.FCOS);

stack(0xda, 0xc0, "fcmovb", "st0,sti", Operation.FCMOVB);
stack(0xda, 0xc8, "fcmove", "st0,sti", Operation.FCMOVE);
stack(0xda, 0xd0, "fcmovbe", "st0,sti", Operation.FCMOVBE);
stack(0xda, 0xd8, "fcmovu", "st0,sti", Operation.FCMOVU);
single(0xda, 0xe9, "fucompp", Operation.FUCOMPP);

memory(0xdb, 0, "fild", "m32int", Operation.FILD_DWORD);
memory(0xdb, 2, "fist", "m32int", Operation.FIST_DWORD);
memory(0xdb, 3, "fistp", "m32int", Operation.FISTP_DWORD);
memory(0xdb, 5, "fld", "m80fp", Operation.FLD_EXTENDED);
memory(0xdb, 7, "fstp", "m80fp", Operation.FSTP_EXTENDED);
stack(0xdb, 0xc0, "fcmovnb", "st0,sti", Operation.FCMOVNB);
stack(0xdb, 0xc8, "fcmovne", "st0,sti", Operation.FCMOVNE);
stack(0xdb, 0xd0, "fcmovnbe", "st0,sti", Operation.FCMOVNBE);
stack(0xdb, 0xd8, "fcmovnu", "st0,sti", Operation.FCMOVNU);
alias(0xdb, 0xe0, 1, "fneni", "", Operation.FN_IGNORED);
alias(0xdb, 0xe1, 1, "fndisi", "", Operation.FN_IGNORED);
single(0xdb, 0xe2, "fnclex", Operation.FNCLEX);
single(0xdb, 0xe3, "fninit", Operation.FNINIT);
alias(0xdb, 0xe4, 1, "fnsetpm", "", Operation.FN_IGNORED);
stack(0xdb, 0xe8, "fucomi", "st0,sti", Operation.FUCOMI);
stack(0xdb, 0xf0, "fcomi", "st0,sti", Operation.FCOMI);

memory(0xdd, 0, "fld", "m64fp", Operation.FLD_DOUBLE);
memory(0xdd, 2, "fst", "m64fp", Operation.FST_DOUBLE);
memory(0xdd, 3, "fstp", "m64fp", Operation.FSTP_DOUBLE);
memory(0xdd, 4, "frstor", "m94/108byte", Operation.FRSTOR);
memory(0xdd, 6, "fnsave", "m94/108byte", Operation.FNSAVE);
memory(0xdd, 7, "fnstsw", "m16", Operation.FNSTSW);
stack(0xdd, 0xc0, "ffree", "sti", Operation.FFREE);
alias(0xdd, 0xc8, 8, "fxch", "sti", Operation.FXCH);
stack(0xdd, 0xd0, "fst", "sti", Operation.FST_REGISTER);
stack(0xdd, 0xd8, "fstp", "sti", Operation.FSTP_REGISTER);
stack(0xdd, 0xe0, "fucom", "sti", Operation.FUCOM);
stack(0xdd, 0xe8, "fucomp", "sti", Operation.FUCOMP);

memory(0xdf, 0, "fild", "m16int", Operation.FILD_WORD);
memory(0xdf, 2, "fist", "m16int", Operation.FIST_WORD);
memory(0xdf, 3, "fistp", "m16int", Operation.FISTP_WORD);
memory(0xdf, 4, "fbld", "m80bcd", Operation.FBLD);
memory(0xdf, 5, "fild", "m64int", Operation.FILD_QWORD);
memory(0xdf, 6, "fbstp", "m80bcd", Operation.FBSTP);
memory(0xdf, 7, "fistp", "m64int", Operation.FISTP_QWORD);
alias(0xdf, 0xc0, 8, "ffreep", "sti", Operation.FFREEP);
alias(0xdf, 0xc8, 8, "fxch", "sti", Operation.FXCH);
alias(0xdf, 0xd0, 8, "fstp", "sti", Operation.FSTP_REGISTER);
alias(0xdf, 0xd8, 8, "fstp", "sti", Operation.FSTP_REGISTER);
single(0xdf, 0xe0, "fnstsw", Operation.FNSTSW_AX, "ax");
stack(0xdf, 0xe8, "fucomip", "st0,sti", Operation.FUCOMIP);
stack(0xdf, 0xf0, "fcomip", "st0,sti", Operation.FCOMIP);

/** Every defined escape opcode. What is not here is #UD. */
export const ESCAPE_ROWS: readonly EscapeRow[] = rows;

/** Operation by escape number * 256 + ModRM byte, for every ModRM byte. */
export const OPERATIONS = new Uint8Array(8 * 256).fill(Operation.UNDEFINED);
const ROW_NUMBERS = new Int16Array(8 * 256).fill(-1);

rows.forEach((row, number) => {
  const base = (row.opcode & 7) << 8;
  for (let modrm = 0; modrm < 256; modrm++) {
    const matches =
      row.count === 0
        ? modrm < 0xc0 && (modrm & 0x38) === row.modrm
        : modrm >= row.modrm && modrm < row.modrm + row.count;
    if (!matches) continue;
    OPERATIONS[base + modrm] = row.operation;
    ROW_NUMBERS[base + modrm] = number;
  }
});

/** The row of an escape opcode and its ModRM byte; undefined if the encoding is reserved (#UD). */
export function escapeRow(opcode: number, modrm: number): EscapeRow | undefined {
  return rows[ROW_NUMBERS[((opcode & 7) << 8) + modrm]];
}
