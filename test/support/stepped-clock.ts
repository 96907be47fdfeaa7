const TrueDate = Date;
let offsetMs = 0;

class SteppedDate extends TrueDate {
  constructor(...parts: [] | ConstructorParameters<DateConstructor>) {
    if (parts.length === 0) super(SteppedDate.now());
    else super(...parts);
  }

  static override now(): number {
    return TrueDate.now() + offsetMs;
  }
}

globalThis.Date = SteppedDate as DateConstructor;

/**
 * Sets the clock of this process, from the import of this file on, so far from the true time, as `date -s` or a clock
 * daemon does to a machine. Timers and `performance.now()` go on undisturbed, as they do there.
 */
export function setClock(fromTrueMs: number): void {
  offsetMs = fromTrueMs;
}
