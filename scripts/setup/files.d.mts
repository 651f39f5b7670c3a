export function hashInputs(root: string, paths: readonly string[]): string;
export function hashBytes(bytes: Uint8Array): string;
export function hashFile(path: string): string;
export function writeFilesAtomically(files: Iterable<readonly [path: string, contents: string | Uint8Array]>): void;
