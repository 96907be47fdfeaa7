/** One thing that is wrong with the settings, and what to do about it. Never holds a secret's value. */
export type Fault = {
  /** The variable, or the path inside a file: `CONCURRENCY`, `accounts[1].password`. */
  readonly name: string;
  readonly problem: string;
  readonly fix: string;
  /** `file:line`, for a fault inside a file. */
  readonly where?: string;
};

/** Thrown with every fault that was found, so that one reading of the message is enough to repair them all. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'SETTINGS_INVALID';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[], options?: ErrorOptions) {
    super(faults.map(describeFault).join('\n'), options);
    this.faults = faults;
  }
}

/** One line for an operator: `NAME (file:line): problem. Fix: …`. */
function describeFault({ name, where, problem, fix }: Fault): string {
  const place = where === undefined ? name : `${name} (${where})`;
  return `${place}: ${problem}. Fix: ${fix}`;
}

/** Throws one {@link SettingsError} with all the faults, if there are any. */
export function throwFaults(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new SettingsError(faults);
}
