interface Alarm {
  at: number;
  ring: () => void;
}

/** The maximum delay of Node's timers; a later alarm is set again. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * The time that sandboxes live by: their timeouts, their idleness and their bill.
 *
 * It runs with the machine's clock until a test speeds it up or moves it forward.
 */
export class EmulatedClock {
  #emulatedAt = Date.now();
  #realAt = performance.now();
  #speed = 1;
  #timer: NodeJS.Timeout | undefined;
  readonly #alarms = new Set<Alarm>();

  /** Milliseconds since the epoch, as the emulated servers see them. */
  now(): number {
    return this.#emulatedAt + (performance.now() - this.#realAt) * this.#speed;
  }

  /** Emulated seconds per real second. */
  get speed(): number {
    return this.#speed;
  }

  set speed(speed: number) {
    if (!(speed > 0)) throw new RangeError(`speed must be positive, got ${speed}`);
    this.#settle(this.now());
    this.#speed = speed;
    this.#arm();
  }

  /** Moves the clock forward; alarms that become due are run in order before this returns. */
  advance(milliseconds: number): void {
    if (!(milliseconds >= 0)) throw new RangeError(`advance needs a positive duration, got ${milliseconds}`);
    const target = this.now() + milliseconds;
    for (let due = this.#nextAlarm(); due !== undefined && due.at <= target; due = this.#nextAlarm()) {
      this.#settle(Math.max(due.at, this.now()));
      this.#ring(due);
    }
    this.#settle(Math.max(target, this.now()));
    this.#arm();
  }

  /** Calls back at a moment of emulated time; the result cancels that. */
  setAlarm(at: number, ring: () => void): () => void {
    const alarm: Alarm = { at, ring };
    this.#alarms.add(alarm);
    this.#arm();
    return () => {
      this.#alarms.delete(alarm);
      this.#arm();
    };
  }

  /** Forgets every alarm, so that nothing keeps the process alive. */
  stop(): void {
    this.#alarms.clear();
    this.#arm();
  }

  #settle(emulated: number): void {
    this.#emulatedAt = emulated;
    this.#realAt = performance.now();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#nextAlarm();
    if (next === undefined) return;
    const wait = Math.max(0, (next.at - this.now()) / this.#speed);
    this.#timer = setTimeout(() => this.#ringDue(), Math.min(Math.ceil(wait), LONGEST_TIMEOUT_MS));
  }

  #ringDue(): void {
    for (let due = this.#nextAlarm(); due !== undefined && due.at <= this.now(); due = this.#nextAlarm()) {
      this.#ring(due);
    }
    this.#arm();
  }

  #ring(alarm: Alarm): void {
    this.#alarms.delete(alarm);
    alarm.ring();
  }

  #nextAlarm(): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (next === undefined || alarm.at < next.at) next = alarm;
    }
    return next;
  }
}
