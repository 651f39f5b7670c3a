import { moveFromSegment } from "./emit_stack.ts";
import * as control from "./control_register.ts";
import { identify } from "./cpuid.ts";
import type { Decoder } from "./decode.ts";
import { emitInvalid } from "./emit_invalid.ts";
import {
  MOVE,
  plain,
  ending,
  emitHandler,
  emitMemoryHandler,
  partsCheck,
  onMemory,
  type Emitter,
  type EmitterMap,
} from "./emit_operands.ts";
import { wait } from "./fpu/escape.ts";
import { endingHandler, handler, type Handler } from "./handlers.ts";
import type { Instruction } from "./instructions.ts";
import { Segment, State } from "./layout.ts";
import { Op, Record } from "./operation.ts";
import * as segment from "./segment.ts";
import { operandAddress, segmentBase, SegmentCheck } from "./segment_access.ts";
import * as system from "./system.ts";

/* Segment registers, descriptor tables, control registers, the rest of system programming. */

const moveToSegment = handler(segment.moveToSegment);
const moveToStackSegment = endingHandler(segment.moveToSegment);

export function moveSegment(d: Decoder, row: Instruction): void {
  if (d.reg > Segment.GS || (row.operands[0] === "Sreg" && d.reg === Segment.CS)) {
    emitInvalid(d);
  } else if (row.operands[0] === "Sreg") {
    let field: number = d.rm;
    if (d.isMemory) {
      d.resolveAddress(2, false);
      d.emitMemory(Op.LOAD16, d.temp(2));
      field = State.TEMP;
    }
    emitHandler(d, d.reg === Segment.SS ? moveToStackSegment : moveToSegment, d.reg, field);
  } else if (d.isMemory) {
    d.emit(moveFromSegment, State.TEMP2, d.reg);
    d.resolveAddress(2, true);
    d.emitMemory(Op.STORE16, d.temp2(2));
  } else {
    d.emit(moveFromSegment, State.TEMP2, d.reg);
    d.emit(MOVE[d.operandSize], d.register(d.rm, d.operandSize), d.temp2(d.operandSize));
  }
}

const moveToControl = endingHandler(control.moveToControl);
const moveFromControl = handler(control.moveFromControl);
const moveToDebug = endingHandler(control.moveToDebug);
const moveFromDebug = handler(control.moveFromDebug);

export function moveControl(d: Decoder, row: Instruction): void {
  switch (row.operands.join()) {
    case "CRn,r32":
      emitHandler(d, moveToControl, d.reg, d.rm);
      break;
    case "r32,CRn":
      d.emit(moveFromControl, d.rm, d.reg);
      break;
    case "DRn,r32":
      emitHandler(d, moveToDebug, d.reg, d.rm);
      break;
    default:
      d.emit(moveFromDebug, d.rm, d.reg);
  }
}

const loadFarPointer = endingHandler(segment.loadFarPointer);

function farPointer(register: Segment): Emitter {
  return (d) => {
    emitMemoryHandler(d, loadFarPointer, d.segment, register | (d.reg << 3), partsCheck(d));
  };
}

const protectedOnly = handler(segment.protectedModeOnly);
const protectedAndPrivileged = handler(segment.protectedAndPrivileged);
const privilegedOnly = handler(segment.privilegedOnly);

/** Handlers that take a selector or word from r/m16 in dst. */
function fromWord(execute: Handler, check: number, endsBlock: boolean): Emitter {
  const op = endsBlock ? endingHandler(execute) : handler(execute);
  return (d) => {
    // #UD and the lack of privilege come before any fault of the operand.
    d.emit(check);
    let field: number = d.rm;
    if (d.isMemory) {
      d.resolveAddress(2, false);
      d.emitMemory(Op.LOAD16, d.temp(2));
      field = State.TEMP;
    }
    emitHandler(d, op, field);
  };
}

/** SLDT STR: a selector to r/m: 16 bits in memory, zero-extended in a register. `from`: the segment register. */
function storeSelector(from: Segment): Emitter {
  const op = handler(segment.storeSystemSegment);
  return (d) => {
    emitHandler(d, op, State.TEMP2, from);
    if (d.isMemory) {
      d.resolveAddress(2, true);
      d.emitMemory(Op.STORE16, d.temp2(2));
    } else {
      d.emit(MOVE[d.operandSize], d.register(d.rm, d.operandSize), d.temp2(d.operandSize));
    }
  };
}

const storeMachineStatusOp = handler(control.storeMachineStatus);
const storeMachineStatus: Emitter = (d) => {
  d.emit(storeMachineStatusOp, State.TEMP2);
  if (d.isMemory) {
    d.resolveAddress(2, true);
    d.emitMemory(Op.STORE16, d.temp2(2));
  } else {
    d.emit(MOVE[d.operandSize], d.register(d.rm, d.operandSize), d.temp2(d.operandSize));
  }
};

/** LAR LSL: selector from r/m16, a register of the operand size in dst. */
function inspectSelector(execute: Handler): Emitter {
  const op = handler(execute);
  return (d) => {
    d.emit(protectedOnly);
    let field: number = d.rm;
    if (d.isMemory) {
      d.resolveAddress(2, false);
      d.emitMemory(Op.LOAD16, d.temp(2));
      field = State.TEMP;
    }
    emitHandler(d, op, d.reg, field, d.operandSize);
  };
}

const adjustRpl = handler(segment.adjustRpl);
const adjustRplInMemory = handler(segment.adjustRplInMemory);

/** ARPL is #UD outside protected mode, before its operand is looked at. */
const adjustRplOperands: Emitter = (d) => {
  d.emit(protectedOnly);
  if (d.isMemory) {
    d.resolveAddress(2, false);
    emitMemoryHandler(d, adjustRplInMemory, d.segment, d.reg);
  } else {
    emitHandler(d, adjustRpl, d.rm, d.reg);
  }
};

/** LGDT LIDT: the lack of privilege comes before any fault of the operand. */
function loadTable(execute: Handler): Emitter {
  const load = onMemory(execute, 6, false, false);
  return (d, row) => {
    d.emit(privilegedOnly);
    load(d, row);
  };
}

const invalidatePageOp = endingHandler(system.invalidatePage);
const invalidatePage: Emitter = (d) => {
  // Only the base is added; the limit is not checked (SDM 2, INVLPG).
  if (!d.addressIsFlat) {
    d.emitMemory(invalidateAddress, d.segment, 0, d.address16 ? SegmentCheck.ADDRESS16 : 0);
    d.base = State.ADDRESS;
    d.index = State.ZERO;
    d.scale = 0;
    d.displacement = 0;
  }
  emitMemoryHandler(d, invalidatePageOp, 0);
};
const invalidateAddress = handler((cpu, w, p) => {
  const m = cpu.m;
  let offset = operandAddress(m, w, p);
  if ((m[p + Record.IMMEDIATE] & SegmentCheck.ADDRESS16) !== 0) offset &= 0xffff;
  m[State.ADDRESS] = (segmentBase(m, (w >>> Record.DST_SHIFT) & 63) + offset) | 0;
});

/** By mnemonic. */
export const systemInstructions: EmitterMap = {
  LES: farPointer(Segment.ES),
  LDS: farPointer(Segment.DS),
  LSS: farPointer(Segment.SS),
  LFS: farPointer(Segment.FS),
  LGS: farPointer(Segment.GS),
  SLDT: storeSelector(Segment.LDTR),
  STR: storeSelector(Segment.TR),
  LLDT: fromWord(segment.loadLdt, protectedAndPrivileged, false),
  LTR: fromWord(segment.loadTask, protectedAndPrivileged, false),
  VERR: fromWord(segment.verifyRead, protectedOnly, false),
  VERW: fromWord(segment.verifyWrite, protectedOnly, false),
  LAR: inspectSelector(segment.loadAccessRights),
  LSL: inspectSelector(segment.loadSegmentLimit),
  ARPL: adjustRplOperands,
  SGDT: onMemory(system.storeGdt, 6, true, false),
  SIDT: onMemory(system.storeIdt, 6, true, false),
  LGDT: loadTable(system.loadGdt),
  LIDT: loadTable(system.loadIdt),
  SMSW: storeMachineStatus,
  LMSW: fromWord(control.loadMachineStatus, privilegedOnly, true),
  INVLPG: invalidatePage,
  CLTS: plain(control.clearTaskSwitched),
  INVD: plain(system.flushCaches),
  WBINVD: plain(system.flushCaches),
  CLI: plain(system.clearInterruptFlag),
  STI: ending(system.setInterruptFlag),
  HLT: ending(system.halt),
  RDTSC: plain(system.readTimestampCounter),
  RDMSR: plain(system.readMsr),
  WRMSR: plain(system.writeMsr),
  CPUID: plain(identify),
  SYSENTER: ending(system.systemEnter),
  SYSEXIT: ending(system.systemExit),
  WAIT: plain(wait),
};
