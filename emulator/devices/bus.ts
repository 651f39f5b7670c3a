// What a chip sees of the machine around it. Devices import this file and nothing else, so that each can be tested alone.

/** An interrupt request wire. The receiver decides whether it looks at the level or at the edge. */
export type InterruptLine = (level: boolean) => void;

/** Width of a port or memory access in bytes. */
export type AccessSize = 1 | 2 | 4;

/** Something that answers in I/O space. Values are unsigned and no wider than `size`. */
export interface PortDevice {
  readPort(port: number, size: AccessSize): number;
  writePort(port: number, size: AccessSize, value: number): void;
}

/** Clock units per second: one unit is one retired instruction, nominally 10 ns (DESIGN 1.2). */
export const CLOCK_HZ = 100_000_000;

/** One pending event of a device. Times are absolute clock units. */
export interface Timer {
  /** The time the timer will fire, Infinity when it is not armed. */
  readonly deadline: number;
  /** Sets the time to fire; a time that is not in the future means the next clock unit. */
  arm(time: number): void;
  disarm(): void;
}

/** The machine's clock as a device sees it. */
export interface DeviceClock {
  /** Clock units since power-on, exact at every port access and in every timer callback. */
  now(): number;
  /** Makes a timer. Timers due at one time fire in the order they were made. */
  createTimer(name: string, fire: () => void): Timer;
}

/** Plain data that survives JSON (bytes aside): the part of a device that the arena does not hold. */
export type StateValue = number | boolean | string | null | Uint8Array | StateValue[] | { [key: string]: StateValue };
export type DeviceState = { [key: string]: StateValue };

/** A chip as the machine holds it. */
export interface Device {
  readonly name: string;
  /** The RESET pin: power-on state by the data sheet. */
  reset(): void;
  saveState(): DeviceState;
  /** Accepts what saveState gave, also from another instance. Re-arms the device's timers. */
  restoreState(state: DeviceState): void;
}
