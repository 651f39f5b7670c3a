// The part of the WebAssembly JavaScript interface the core uses (the ES library has none, and the DOM's brings a page).
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
  }
}
