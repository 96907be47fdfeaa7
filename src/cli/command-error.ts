/** A command that cannot be done, in words for the person who typed it. `exitCode` 2 says that it was used wrongly. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly fix: string | undefined;
  readonly exitCode: 1 | 2;
  /** What `--json` shows beside the message. */
  readonly detail: unknown;

  constructor(message: string, options: { fix?: string; exitCode?: 1 | 2; detail?: unknown } = {}) {
    super(message);
    this.fix = options.fix;
    this.exitCode = options.exitCode ?? 1;
    this.detail = options.detail;
  }
}
