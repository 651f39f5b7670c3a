// Intel 8254 programmable interval timer as wired in a PC: counter 0 to IRQ 0, counter 1 to memory refresh,
// counter 2 to the speaker, with its gate and output on port 61h (system control port B).
import { CLOCK_HZ } from "./bus.ts";
import type { Device, DeviceClock, DeviceState, InterruptLine, PortDevice, Timer } from "./bus.ts";
import { PitChannel } from "./pit_channel.ts";

/** Input clock of the counters in Hz: 14.31818 MHz / 12. */
export const PIT_HZ = 1_193_182;

/** Counter clocks that have passed at clock time `time`. Exact for all times below 2^53. */
export function pitClocks(time: number): number {
  const seconds = Math.floor(time / CLOCK_HZ);
  return seconds * PIT_HZ + Math.floor(((time - seconds * CLOCK_HZ) * PIT_HZ) / CLOCK_HZ);
}

/** The first clock time at which `clocks` counter clocks have passed: the inverse of pitClocks. */
export function timeOfPitClock(clocks: number): number {
  const seconds = Math.floor(clocks / PIT_HZ);
  return seconds * CLOCK_HZ + Math.ceil(((clocks - seconds * PIT_HZ) * CLOCK_HZ) / PIT_HZ);
}

export class Pit8254 implements Device, PortDevice {
  readonly name = "pit";
  readonly ports = [0x40, 0x41, 0x42, 0x43];
  private readonly channels = [new PitChannel(true), new PitChannel(true), new PitChannel(false)];
  private readonly timer: Timer;

  /** `irq0` follows OUT of counter 0. */
  constructor(
    private readonly clock: DeviceClock,
    private readonly irq0: InterruptLine,
  ) {
    this.timer = clock.createTimer("pit", () => this.outputChanged());
  }

  /** GATE of counter 2 (port 61h bit 0). */
  setGate2(level: boolean): void {
    this.channels[2].setGate(level, this.clocks());
  }

  get gate2(): boolean {
    return this.channels[2].gateLevel;
  }

  /** OUT of counter 2 (port 61h bit 5). */
  get output2(): boolean {
    return this.channels[2].output(this.clocks());
  }

  readPort(port: number): number {
    if (port === 0x43) return 0xff; // "no operation": the bus floats
    return this.channels[port & 3].read(this.clocks());
  }

  writePort(port: number, _size: number, value: number): void {
    const now = this.clocks();
    if (port !== 0x43) this.channels[port & 3].write(value, now);
    else if (value >> 6 < 3) this.channels[value >> 6].writeControl(value, now);
    else this.readBack(value, now);
    this.outputChanged();
  }

  reset(): void {
    for (const channel of this.channels) channel.reset();
    this.outputChanged();
  }

  saveState(): DeviceState {
    return { channels: this.channels.map((channel) => channel.saveState()) };
  }

  restoreState(state: DeviceState): void {
    (state.channels as DeviceState[]).forEach((saved, i) => this.channels[i].restoreState(saved));
    this.armTimer();
  }

  private readBack(value: number, now: number): void {
    this.channels.forEach((channel, i) => {
      if (!(value & (2 << i))) return;
      if (!(value & 0x20)) channel.latchCount(now);
      if (!(value & 0x10)) channel.latchStatus(now);
    });
  }

  private outputChanged(): void {
    this.irq0(this.channels[0].output(this.clocks()));
    this.armTimer();
  }

  private armTimer(): void {
    const edge = this.channels[0].nextEdge(this.clocks());
    if (edge === Infinity) this.timer.disarm();
    else this.timer.arm(timeOfPitClock(edge));
  }

  private clocks(): number {
    return pitClocks(this.clock.now());
  }
}
