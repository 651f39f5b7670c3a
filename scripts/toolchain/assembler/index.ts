/** The i386 assembler: NASM syntax to an object for the linker or to flat bytes, and an encoder for compilers. */
export * from "./types.ts";
export * from "./operands.ts";
export { Encoder, Label, type EncodedCode } from "./encoder.ts";
export type { Fixup } from "./encode.ts";
