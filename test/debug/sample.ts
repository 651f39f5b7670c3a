import { Bytes, buildElf } from "./elf_builder.ts";

/** A kernel-like image made by hand, as our compiler writes them: DWARF 4, one unit, two functions of 0x10 bytes. */
export const SAMPLE = {
  text: 0xc0100000,
  data: 0xc0102000,
  ring: 0xc0102040,
  ringCapacity: 4,
  recordSize: 68,
};

const WORDS = [
  ...["sequence", "pid", "eip", "cr2", "error_code", "vma_start", "vma_end", "vma_flags", "vma_kind"],
  ...["class", "action", "frame", "pte_before", "pte_after", "sectors"],
];
const ENUMS: Record<string, string[]> = {
  FaultClass: ["MINOR", "MAJOR", "INVALID"],
  FaultAction: ["NONE", "DEMAND_ZERO", "ZERO_PAGE", "FILE_READ", "COW_COPY", "SIGSEGV_MAPERR"],
  VmaKind: ["NONE", "TEXT", "DATA", "BSS", "HEAP", "STACK"],
};

const abbreviations = new Bytes()
  // 1 compile_unit: name comp_dir low_pc high_pc(data4) stmt_list
  .u8(1, 0x11, 1, 0x03, 8, 0x1b, 8, 0x11, 1, 0x12, 6, 0x10, 0x17, 0, 0)
  // 2 base_type: name encoding size
  .u8(2, 0x24, 0, 0x03, 8, 0x3e, 0x0b, 0x0b, 0x0b, 0, 0)
  // 3 subprogram: name low_pc high_pc(data4)
  .u8(3, 0x2e, 1, 0x03, 8, 0x11, 1, 0x12, 6, 0, 0)
  // 4 variable: name type location(exprloc)
  .u8(4, 0x34, 0, 0x03, 8, 0x49, 0x13, 0x02, 0x18, 0, 0)
  // 5 structure_type: name size(udata); 6 member: name type offset(udata)
  .u8(5, 0x13, 1, 0x03, 8, 0x0b, 0x0f, 0, 0)
  .u8(6, 0x0d, 0, 0x03, 8, 0x49, 0x13, 0x38, 0x0f, 0, 0)
  // 7 array_type: type; 8 subrange: upper_bound(udata)
  .u8(7, 0x01, 1, 0x49, 0x13, 0, 0)
  .u8(8, 0x21, 0, 0x2f, 0x0f, 0, 0)
  // 9 enumeration_type: name size; 10 enumerator: name value(sdata)
  .u8(9, 0x04, 1, 0x03, 8, 0x0b, 0x0b, 0, 0)
  .u8(10, 0x28, 0, 0x03, 8, 0x1c, 0x0d, 0, 0)
  // 11 pointer_type: size type
  .u8(11, 0x0f, 0, 0x0b, 0x0b, 0x49, 0x13, 0, 0)
  .u8(0);

function info(): Uint8Array {
  const out = new Bytes().u32(0).u16(4).u32(0).u8(4);
  out.uleb(1).text("kernel/main.ts").text("/src").u32(SAMPLE.text, 0x20, 0);
  const u32 = out.length;
  out.uleb(2).text("u32").u8(7, 4);
  const u8 = out.length;
  out.uleb(2).text("u8").u8(8, 1);
  const i32 = out.length;
  out.uleb(2).text("i32").u8(5, 4);
  const comm = out.length;
  out.uleb(7).u32(u8).uleb(8).uleb(7).u8(0);
  const record = out.length;
  out.uleb(5).text("fault_record").uleb(SAMPLE.recordSize);
  WORDS.forEach((name, index) =>
    out
      .uleb(6)
      .text(name)
      .u32(u32)
      .uleb(index * 4),
  );
  out.uleb(6).text("comm").u32(comm).uleb(60).u8(0);
  const node = out.length;
  const nodePointer = node + new Bytes().uleb(5).text("Node").uleb(8).length + 2 * (1 + 5 + 4 + 1) + 1;
  out.uleb(5).text("Node").uleb(8);
  out.uleb(6).text("next").u32(nodePointer).uleb(0);
  out.uleb(6).text("data").u32(i32).uleb(4).u8(0);
  if (out.length !== nodePointer) throw new Error("the sample is laid out wrong");
  out.uleb(11).u8(4).u32(node);
  const ring = out.length;
  out
    .uleb(7)
    .u32(record)
    .uleb(8)
    .uleb(SAMPLE.ringCapacity - 1)
    .u8(0);
  for (const [name, members] of Object.entries(ENUMS)) {
    out.uleb(9).text(name).u8(4);
    members.forEach((member, value) => out.uleb(10).text(member).u8(value));
    out.u8(0);
  }
  const variable = (name: string, type: number, address: number): Bytes =>
    out.uleb(4).text(name).u32(type).uleb(5).u8(3).u32(address);
  variable("fault_seq", u32, SAMPLE.data);
  variable("head", nodePointer, SAMPLE.data + 4);
  variable("node", node, SAMPLE.data + 8);
  variable("fault_ring", ring, SAMPLE.ring);
  for (const [name, offset] of [
    ["kmain", 0],
    ["do_pgfault", 0x10],
  ] as const) {
    out
      .uleb(3)
      .text(name)
      .u32(SAMPLE.text + offset, 0x10)
      .u8(0);
  }
  out.u8(0);
  const bytes = out.done();
  new DataView(bytes.buffer).setUint32(0, bytes.length - 4, true);
  return bytes;
}

function lines(): Uint8Array {
  const header = new Bytes().u8(1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1);
  header.text("kernel/mm").u8(0).text("kernel/main.ts").uleb(0).uleb(0).uleb(0);
  header.text("pgfault.ts").uleb(1).uleb(0).uleb(0).u8(0);
  const program = new Bytes();
  // kmain: line 10 at +0, 11 at +4, 12 at +8
  program.u8(0, 5, 2).u32(SAMPLE.text).u8(3, 9, 1).u8(2, 4, 3, 1, 1).u8(2, 4, 3, 1, 1).u8(2, 8, 0, 1, 1);
  // do_pgfault in file 2: line 40 at +0 and (after a line 50) at +8
  program
    .u8(0, 5, 2)
    .u32(SAMPLE.text + 0x10)
    .u8(4, 2, 3, 39, 1)
    .u8(2, 4, 3, 10, 1)
    .u8(2, 4, 3, 0x76, 1)
    .u8(2, 8, 0, 1, 1);
  const body = new Bytes().u16(4).u32(header.length).append(header.data).append(program.data);
  return new Bytes().u32(body.length).append(body.data).done();
}

export function sampleElf(): Uint8Array {
  const text = new Uint8Array(0x30).fill(0x90);
  const data = new Uint8Array(0x200);
  return buildElf({
    entry: SAMPLE.text,
    segments: [
      { address: SAMPLE.text, physical: 0x100000, bytes: text },
      { address: SAMPLE.data, physical: 0x102000, bytes: data },
    ],
    sections: [
      { name: ".text", bytes: text, flags: 6, address: SAMPLE.text },
      { name: ".data", bytes: data, flags: 3, address: SAMPLE.data },
      { name: ".debug_info", bytes: info() },
      { name: ".debug_abbrev", bytes: abbreviations.done() },
      { name: ".debug_line", bytes: lines() },
    ],
    symbols: [
      { name: "kmain", value: SAMPLE.text, size: 0x10, section: ".text" },
      { name: "entry", value: SAMPLE.text + 0x20, type: 0, section: ".text" },
      { name: "entry.again", value: SAMPLE.text + 0x24, type: 0, binding: 0, section: ".text" },
      { name: "kmain.loop", value: SAMPLE.text + 4, type: 0, binding: 0, section: ".text" },
      { name: "do_pgfault_pgfault", value: SAMPLE.text + 0x10, size: 0x10, section: ".text" },
      { name: "fault_seq", value: SAMPLE.data, size: 4, type: 1, section: ".data" },
      { name: "head", value: SAMPLE.data + 4, size: 4, type: 1, section: ".data" },
      { name: "node", value: SAMPLE.data + 8, size: 8, type: 1, section: ".data" },
      {
        name: "fault_ring",
        value: SAMPLE.ring,
        size: SAMPLE.ringCapacity * SAMPLE.recordSize,
        type: 1,
        section: ".data",
      },
      { name: "__data_end", value: SAMPLE.data + 0x200, type: 0, section: ".data" },
    ],
  });
}
