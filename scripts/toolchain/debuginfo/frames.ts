// Call frame information: .debug_frame (DWARF 4, section 6.4).
import type { CfiProcedure } from "../assembler/types.ts";
import type { DebugFrame } from "./model.ts";
import { ByteWriter } from "./writer.ts";

const ESP = 4;
const EBP = 5;
const EIP = 8;

const enum Cfa {
  AdvanceLoc = 0x40,
  Offset = 0x80,
  Restore = 0xc0,
  AdvanceLoc1 = 0x02,
  AdvanceLoc2 = 0x03,
  AdvanceLoc4 = 0x04,
  Undefined = 0x07,
  SameValue = 0x08,
  Register = 0x09,
  RememberState = 0x0a,
  RestoreState = 0x0b,
  DefCfa = 0x0c,
  DefCfaRegister = 0x0d,
  DefCfaOffset = 0x0e,
  OffsetExtendedSf = 0x11,
}

export class FrameWriter {
  readonly out = new ByteWriter();
  private readonly commonEntries = new Map<string, number>();
  private entryStart = 0;
  private at = 0;

  /** The CIE with this augmentation: after a call, CFA = esp + 4 and the return address is at CFA - 4. */
  private common(augmentation: string, simple: boolean): number {
    const key = `${augmentation}:${simple}`;
    let offset = this.commonEntries.get(key);
    if (offset === undefined) {
      offset = this.out.length;
      this.commonEntries.set(key, offset);
      const { out } = this;
      out.u32(0).u32(0xffffffff).u8(1).text(augmentation).uleb(1).sleb(-4).u8(EIP);
      if (!simple)
        out
          .u8(Cfa.DefCfa, ESP, 4)
          .u8(Cfa.Offset | EIP)
          .uleb(1);
      this.close(offset);
    }
    return offset;
  }

  private close(start: number): void {
    while ((this.out.length - start) % 4 !== 0) this.out.u8(0);
    this.out.patch32(start, this.out.length - start - 4);
  }

  private open(cie: number, address: number, size: number): void {
    this.entryStart = this.out.length;
    this.at = 0;
    this.out.u32(0).u32(cie).u32(address).u32(size);
  }

  private advance(offset: number): void {
    const delta = offset - this.at;
    this.at = offset;
    if (delta === 0) return;
    if (delta < 0x40) this.out.u8(Cfa.AdvanceLoc | delta);
    else if (delta < 0x100) this.out.u8(Cfa.AdvanceLoc1, delta);
    else if (delta < 0x10000) this.out.u8(Cfa.AdvanceLoc2).u16(delta);
    else this.out.u8(Cfa.AdvanceLoc4).u32(delta);
  }

  /** A function of ours. */
  compiled(address: number, size: number, frame: DebugFrame): void {
    const { out } = this;
    this.open(this.common("", false), address, size);
    this.advance(frame.afterPush);
    out
      .u8(Cfa.DefCfaOffset, 8)
      .u8(Cfa.Offset | EBP)
      .uleb(2);
    this.advance(frame.afterMove);
    out.u8(Cfa.DefCfaRegister, EBP);
    frame.saved.forEach(({ reg, after }, i) => {
      this.advance(after);
      out.u8(Cfa.Offset | reg).uleb(3 + i);
    });
    for (const { restored, end } of frame.epilogues) {
      this.advance(restored);
      out.u8(Cfa.RememberState);
      out.u8(Cfa.DefCfa, ESP, 4).u8(Cfa.Restore | EBP);
      for (const { reg } of frame.saved) out.u8(Cfa.Restore | reg);
      if (end < size) {
        this.advance(end);
        out.u8(Cfa.RestoreState);
      }
    }
    this.close(this.entryStart);
  }

  /** A procedure of an assembler source, as its cfi directives say. */
  assembled(address: number, procedure: CfiProcedure): void {
    const { out } = this;
    const size = procedure.end - procedure.start;
    this.open(this.common(procedure.signalFrame ? "S" : "", procedure.simple), address, size);
    let cfaRegister = ESP;
    let cfaOffset = 4;
    const saved: { cfaRegister: number; cfaOffset: number }[] = [];
    const offsetRule = (reg: number, offset: number): void => {
      if (offset <= 0 && offset % 4 === 0) out.u8(Cfa.Offset | reg).uleb(-offset / 4);
      else
        out
          .u8(Cfa.OffsetExtendedSf)
          .uleb(reg)
          .sleb(offset / -4);
    };
    for (const { offset, operation, register = 0, value = 0 } of procedure.instructions) {
      this.advance(offset - procedure.start);
      switch (operation) {
        case "def_cfa":
          cfaRegister = register;
          cfaOffset = value;
          out.u8(Cfa.DefCfa).uleb(register).uleb(value);
          break;
        case "def_cfa_offset":
          cfaOffset = value;
          out.u8(Cfa.DefCfaOffset).uleb(value);
          break;
        case "def_cfa_register":
          cfaRegister = register;
          out.u8(Cfa.DefCfaRegister).uleb(register);
          break;
        case "adjust_cfa_offset":
          cfaOffset += value;
          out.u8(Cfa.DefCfaOffset).uleb(cfaOffset);
          break;
        case "offset":
          offsetRule(register, value);
          break;
        case "rel_offset":
          offsetRule(register, value - cfaOffset);
          break;
        case "register":
          out.u8(Cfa.Register).uleb(register).uleb(value);
          break;
        case "restore":
          out.u8(Cfa.Restore | register);
          break;
        case "undefined":
          out.u8(Cfa.Undefined).uleb(register);
          break;
        case "same_value":
          out.u8(Cfa.SameValue).uleb(register);
          break;
        case "remember_state":
          saved.push({ cfaRegister, cfaOffset });
          out.u8(Cfa.RememberState);
          break;
        case "restore_state": {
          const state = saved.pop();
          if (state) ({ cfaRegister, cfaOffset } = state);
          out.u8(Cfa.RestoreState);
          break;
        }
      }
    }
    this.close(this.entryStart);
  }
}
