// The PC: processor, memory, chips and the wires between them. Synchronous; knows nothing of the host.
import { Arena } from "../cpu/arena.ts";
import type { CpuBus } from "../cpu/bus.ts";
import { Cpu, StopReason } from "../cpu/cpu.ts";
import { PageKind, State } from "../cpu/layout.ts";
import type { AccessSize, Device } from "../devices/bus.ts";
import { CoprocessorError } from "../devices/coprocessor_error.ts";
import { DebugConsole, DebugExit, PowerOff } from "../devices/debug_ports.ts";
import { I8042 } from "../devices/i8042.ts";
import { PicPair } from "../devices/pic_pair.ts";
import { Pit8254 } from "../devices/pit8254.ts";
import { Port61 } from "../devices/port61.ts";
import { Rtc } from "../devices/rtc.ts";
import { Uart16550 } from "../devices/uart16550.ts";
import { Clock } from "./clock.ts";
import { cmosContents, leaveFirmware } from "./firmware_state.ts";
import { type Input, type InputEvent, InputLog } from "./input.ts";
import { Physical } from "./memory_map.ts";
import { type MultibootRequest, startMultiboot } from "./multiboot.ts";
import type { RunOutcome, EndOutcome } from "./outcome.ts";
import { PortBus } from "./port_bus.ts";
import { type MachineSnapshot, restoreSnapshot, takeSnapshot } from "./snapshot.ts";

/** Where the machine's output goes; called in the middle of an instruction, so it must only take the byte. */
export interface MachineOutput {
  /** A byte sent by COM1 (port 0) or COM2 (port 1). */
  serial?(port: number, byte: number): void;
  /** A byte written to port E9h. */
  debugConsole?(byte: number): void;
}

export interface MachineOptions {
  /** Guest RAM in bytes, MIN_MEMORY .. MAX_MEMORY. */
  memoryBytes: number;
  /** What the real-time clock shows at power-on: seconds since 1970, UTC. Default DEFAULT_EPOCH. */
  epoch?: number;
  output?: MachineOutput;
  /** Input of another run, to be repeated at its times. */
  replay?: readonly InputEvent[];
}

/** 2026-01-01 00:00:00 UTC: a run does not depend on the day it is made. */
export const DEFAULT_EPOCH = 1_767_225_600;

const EFLAGS_IF = 0x200;

export class Machine {
  readonly arena: Arena;
  readonly cpu: Cpu;
  readonly clock: Clock;
  readonly ports = new PortBus();
  readonly pic: PicPair;
  readonly pit: Pit8254;
  readonly rtc: Rtc;
  readonly uarts: readonly [Uart16550, Uart16550];
  readonly keyboard: I8042;
  readonly coprocessorError: CoprocessorError;
  /** All chips, in the order in which they are reset and saved. */
  readonly devices: readonly Device[];
  readonly input: InputLog;

  /** Called when the processor is about to wait in HLT for an interrupt that is not there yet. */
  onIdle: (() => void) | null = null;
  /** Bytes that the guest has sent to its serial ports and port E9h. */
  outputCount = 0;

  private ended: EndOutcome | null = null;
  private running = false;

  constructor(readonly options: MachineOptions) {
    this.arena = new Arena(options.memoryBytes);
    this.cpu = new Cpu(this.arena, this.makeBus());
    this.clock = new Clock(this.cpu);
    this.pic = new PicPair((level) => {
      this.cpu.interruptLine = level;
    });
    this.pit = new Pit8254(this.clock, this.pic.line(0));
    const port61 = new Port61(this.clock, this.pit);
    this.rtc = new Rtc(this.clock, this.pic.line(8), {
      epoch: options.epoch ?? DEFAULT_EPOCH,
      ram: cmosContents(this.arena.memoryBytes),
    });
    this.uarts = [this.makeUart(0, 0x3f8, 4), this.makeUart(1, 0x2f8, 3)];
    this.keyboard = new I8042({
      irq1: this.pic.line(1),
      setA20: (enabled) => this.cpu.setA20(enabled),
      reset: () => this.end({ kind: "reset" }),
    });
    this.coprocessorError = new CoprocessorError({
      irq13: this.pic.line(13),
      setIgnore: (level) => {
        this.cpu.ignoreFloatingPointErrors = level;
      },
    });
    const { pic, pit, rtc, uarts, keyboard, coprocessorError } = this;
    const devices = [pic, pit, port61, rtc, ...uarts, keyboard, coprocessorError];
    for (const device of devices) this.ports.attach(device, device.ports);
    this.devices = devices;
    this.attachEmulatorPorts();
    this.mapMemory();
    this.input = new InputLog(this.clock, options.replay ?? [], (input) => this.applyInput(input));
  }

  /** Power-on, with the chips as a PC's firmware leaves them and the processor at its reset vector. RAM is not touched. */
  reset(): void {
    for (const device of this.devices) device.reset();
    leaveFirmware(this.ports);
    this.cpu.reset();
    this.ended = null;
  }

  /**
   * Resets and puts a multiboot kernel with its modules into memory; the processor stands at its entry point.
   * @throws UserError when the images are not what they should be or do not fit
   */
  loadMultiboot(request: MultibootRequest): void {
    this.reset();
    this.cpu.fpu.executeEscape(0xdb, 0xe3, 0, 0, 0, 0); // FNINIT: what the firmware's self-test leaves
    startMultiboot(this, request);
  }

  /** Input from outside, at the present time. */
  inject(input: Input): void {
    this.input.add(input);
  }

  /** True while the processor waits in HLT. */
  get halted(): boolean {
    return this.arena.words[State.HALTED] !== 0;
  }

  /**
   * Lets `ticks` clock units pass, or less when the machine ends or stops first. All that is due at the time it
   * returns has happened.
   * @param pauseWhenIdle return "idle" instead of skipping the time that the processor waits in HLT
   */
  run(ticks: number, pauseWhenIdle = false): RunOutcome {
    const end = this.clock.now() + ticks;
    this.input.replayDue();
    for (;;) {
      this.clock.fireDueTimers();
      if (this.ended) return this.ended;
      if (this.clock.now() >= end) return { kind: "time" };
      const until = Math.min(end, this.clock.next);
      this.running = true;
      const reason = this.cpu.run(until - this.clock.idleTicks);
      this.running = false;
      if (this.ended) continue;
      switch (reason) {
        case StopReason.Limit:
          break;
        case StopReason.Halt: {
          const outcome = this.waitForInterrupt(end, pauseWhenIdle);
          if (outcome) return outcome;
          break;
        }
        case StopReason.Shutdown:
          this.end({ kind: "triple-fault", eip: this.cpu.eip });
          break;
        default:
          this.clock.fireDueTimers();
          return this.ended ?? { kind: "stopped", reason };
      }
    }
  }

  /** While halted: lets up to `ticks` units pass without running, not beyond the next event. */
  advanceIdle(ticks: number): void {
    const now = this.clock.now();
    const time = Math.min(now + ticks, this.clock.next);
    this.clock.idleTicks += Math.max(0, time - now);
    this.clock.fireDueTimers();
  }

  /** The machine is over: run() returns `outcome` from now on. */
  end(outcome: EndOutcome): void {
    if (this.ended) return;
    this.ended = outcome;
    if (this.running) this.cpu.requestStop();
  }

  get outcome(): EndOutcome | null {
    return this.ended;
  }

  /** Between runs: everything that decides the future, input excepted. */
  snapshot(): MachineSnapshot {
    return takeSnapshot(this);
  }

  /** Between runs: goes back (or on) to a snapshot of this machine or one with the same memory size. */
  restore(snapshot: MachineSnapshot): void {
    restoreSnapshot(this, snapshot);
    this.ended = snapshot.ended;
  }

  /** HLT: skips to the next event, or says why there is nothing to wait for. */
  private waitForInterrupt(end: number, pauseWhenIdle: boolean): RunOutcome | null {
    if (!(this.cpu.readRegister("eflags") & EFLAGS_IF)) {
      return { kind: "halted", eip: (this.cpu.eip - 1) >>> 0 };
    }
    this.onIdle?.();
    const until = Math.min(end, this.clock.next);
    if (pauseWhenIdle || until === Infinity) return { kind: "idle", until };
    this.clock.idleTicks += until - this.clock.now();
    return null;
  }

  private applyInput(input: Input): void {
    const uart = this.uarts[input.port];
    if (input.kind === "serial") uart.receive(input.byte);
    else uart.receiveBreak();
  }

  private makeBus(): CpuBus {
    return {
      readPort: (port, size) => this.ports.read(port, size),
      writePort: (port, size, value) => this.ports.write(port, size, value),
      // Nothing answers in the holes: the bus floats high.
      readPhysical: (_address, size) => OPEN_BUS[size],
      writePhysical: () => {},
      acknowledgeInterrupt: () => this.pic.acknowledge(),
      timestamp: () => this.clock.now(),
      floatingPointError: (level) => this.coprocessorError.setError(level),
    };
  }

  private makeUart(port: number, base: number, irq: number): Uart16550 {
    return new Uart16550(`com${port + 1}`, base, this.clock, this.pic.line(irq), {
      transmit: (byte) => {
        this.outputCount++;
        this.options.output?.serial?.(port, byte);
      },
    });
  }

  private attachEmulatorPorts(): void {
    const console = new DebugConsole((byte) => {
      this.outputCount++;
      this.options.output?.debugConsole?.(byte);
    });
    const exit = new DebugExit((value) => this.end({ kind: "debug-exit", value }));
    const power = new PowerOff(() => this.end({ kind: "power-off" }));
    this.ports.attach(console, console.ports);
    this.ports.attach(exit, exit.ports, 4);
    this.ports.attach(power, power.ports, 2);
  }

  /** Video memory and option ROMs: nothing there yet. The BIOS shadow is memory that only a loader writes. */
  private mapMemory(): void {
    const hole = Physical.HOLE / 4096;
    const shadow = Physical.BIOS_SHADOW / 4096;
    this.cpu.mapPages(hole, shadow - hole, PageKind.BUS);
    this.cpu.mapPages(shadow, Physical.EXTENDED / 4096 - shadow, PageKind.ROM);
  }
}

const OPEN_BUS: Record<AccessSize, number> = { 1: 0xff, 2: 0xffff, 4: 0xffffffff };
