// The part of `@std/testing/time` that sheepop's tests use, for machines where JSR does not answer:
// a clock that stands still until a test moves it, behind `Date`, `setTimeout` and `setInterval`.

/** A misuse of {@link FakeTime}. */
export class TimeError extends Error {
  override name = "TimeError";
}

interface Timer {
  readonly id: number;
  dueMs: number;
  readonly intervalMs?: number;
  readonly run: () => void;
}

const real = {
  Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
};

let active: FakeTime | undefined;

/** Replaces the clock and the timers until {@link FakeTime.restore} or the end of a `using` block. */
export class FakeTime implements Disposable {
  readonly #start: number;
  #now: number;
  #nextId = 1;
  readonly #timers = new Map<number, Timer>();

  /**
   * @param start the time at which the clock stands; now, when not given
   */
  constructor(start?: number | string | Date | null) {
    if (active) throw new TimeError("Cannot construct FakeTime: time is already faked");
    this.#start = start === undefined || start === null ? real.Date.now() : new real.Date(start).valueOf();
    if (Number.isNaN(this.#start)) throw new TimeError(`Cannot construct FakeTime: invalid start "${start}"`);
    this.#now = this.#start;
    active = this;
    this.#install();
  }

  /** Puts the clock and the timers back, where they are replaced. */
  static restore(): void {
    if (!active) throw new TimeError("Cannot restore time: time is already restored");
    active.restore();
  }

  /** Milliseconds since 1970 at which the clock stands. Setting it runs what becomes due. */
  get now(): number {
    return this.#now;
  }

  set now(value: number) {
    if (value < this.#now) throw new TimeError("Cannot set time in the past, the time must not go backwards");
    for (let timer = this.#first(); timer && timer.dueMs <= value; timer = this.#first()) this.#fire(timer);
    this.#now = value;
  }

  /** The time at which the clock stood first. */
  get start(): number {
    return this.#start;
  }

  set start(_value: number) {
    throw new TimeError("Cannot change start time after initialization");
  }

  /** Moves the clock and runs what becomes due. */
  tick(ms = 0): void {
    this.now += ms;
  }

  /** Lets pending promises settle, then moves the clock. */
  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.now += ms;
  }

  /** Moves the clock to the next timer and runs it; `false` where there is none. */
  next(): boolean {
    const timer = this.#first();
    if (timer) this.#fire(timer);
    return timer !== undefined;
  }

  /** Lets pending promises settle, then does as {@link FakeTime.next}. */
  async nextAsync(): Promise<boolean> {
    await this.runMicrotasks();
    return this.next();
  }

  /** Runs timers until none is left. */
  runAll(): void {
    while (this.next());
  }

  /** Runs timers until none is left, letting promises settle between them. */
  async runAllAsync(): Promise<void> {
    do await this.runMicrotasks(); while (this.next());
  }

  /** Lets pending promises settle. */
  async runMicrotasks(): Promise<void> {
    await this.delay(0);
  }

  /** Waits by the real clock. */
  async delay(ms: number, options: { signal?: AbortSignal } = {}): Promise<void> {
    options.signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const id = real.setTimeout(resolve, ms);
      options.signal?.addEventListener("abort", () => {
        real.clearTimeout(id);
        reject(options.signal?.reason);
      }, { once: true });
    });
  }

  /** Puts the clock and the timers back. */
  restore(): void {
    if (active !== this) throw new TimeError("Cannot restore time: time is already restored");
    Object.assign(globalThis, real);
    active = undefined;
  }

  [Symbol.dispose](): void {
    if (active === this) this.restore();
  }

  #install(): void {
    const add = (run: unknown, ms: unknown, args: unknown[], repeats: boolean): number => {
      const delayMs = Math.max(repeats ? 1 : 0, Number(ms) || 0);
      const timer: Timer = {
        id: this.#nextId++,
        dueMs: this.#now + delayMs,
        intervalMs: repeats ? delayMs : undefined,
        run: () => (run as (...args: unknown[]) => void)(...args),
      };
      this.#timers.set(timer.id, timer);
      return timer.id;
    };
    const clear = (id?: number): void => void this.#timers.delete(Number(id));
    Object.assign(globalThis, {
      Date: fakeDate(() => this.#now),
      setTimeout: (run: unknown, ms?: number, ...args: unknown[]) => add(run, ms, args, false),
      setInterval: (run: unknown, ms?: number, ...args: unknown[]) => add(run, ms, args, true),
      clearTimeout: clear,
      clearInterval: clear,
    });
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) {
      if (!first || timer.dueMs < first.dueMs) first = timer;
    }
    return first;
  }

  #fire(timer: Timer): void {
    this.#now = Math.max(this.#now, timer.dueMs);
    // Behind every timer that is due at the same moment: a repeating timer is set anew.
    this.#timers.delete(timer.id);
    if (timer.intervalMs !== undefined) {
      timer.dueMs += timer.intervalMs;
      this.#timers.set(timer.id, timer);
    }
    timer.run();
  }
}

function fakeDate(now: () => number): DateConstructor {
  class FakeDate extends real.Date {
    constructor(...args: unknown[]) {
      super(...(args.length === 0 ? [now()] : args) as [number]);
    }
    static override now(): number {
      return now();
    }
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof real.Date;
    }
  }
  return FakeDate as unknown as DateConstructor;
}
