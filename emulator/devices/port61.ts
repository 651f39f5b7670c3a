// Port 61h, NMI status and control (PIIX data sheet, 82371SB): gate and output of timer 2, the speaker, refresh.
import type { Device, DeviceClock, DeviceState, PortDevice } from "./bus.ts";
import { pitClocks, type Pit8254 } from "./pit8254.ts";

/** Counter clocks between two refresh requests: counter 1 is programmed to 18 by every BIOS (15.1 us). */
const REFRESH_CLOCKS = 18;

export class Port61 implements Device, PortDevice {
  readonly name = "port61";
  readonly ports = [0x61];
  /** Speaker data and the two check-enable bits, as written. */
  private control = 0;

  constructor(
    private readonly clock: DeviceClock,
    private readonly pit: Pit8254,
  ) {}

  readPort(): number {
    const refresh = Math.floor(pitClocks(this.clock.now()) / REFRESH_CLOCKS) & 1;
    return this.control | (this.pit.gate2 ? 1 : 0) | (refresh << 4) | (this.pit.output2 ? 0x20 : 0);
  }

  writePort(_port: number, _size: number, value: number): void {
    this.control = value & 0x0e;
    this.pit.setGate2((value & 1) !== 0);
  }

  reset(): void {
    this.control = 0;
    this.pit.setGate2(false);
  }

  saveState(): DeviceState {
    return { control: this.control };
  }

  restoreState(state: DeviceState): void {
    this.control = state.control as number;
  }
}
