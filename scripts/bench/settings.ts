/** Memory of every machine that is measured. */
export const MEMORY_MIB = 128;
