import { styleText } from 'node:util';

/** How much a finding matters: a fault keeps the agent from its work, a warning may become one. */
export type Level = 'fine' | 'warning' | 'fault';

/** One thing that was looked at, in words for the person who has to act. */
export type Finding = {
  readonly level: Level;
  /** What was looked at, for example `source map goods`. */
  readonly what: string;
  readonly detail: string;
  /** What to do about it; fine findings have none. */
  readonly fix?: string;
  /** Lines shown below, such as sample records; never a secret, personal data masked. */
  readonly samples?: readonly string[];
};

/** One independent look at something; all of them run at once. */
export type Check = {
  /** Named when the look itself fails or takes too long. */
  readonly what: string;
  readonly examine: () => Promise<readonly Finding[]>;
};

/** All is well. */
export function fine(what: string, detail: string): Finding {
  return { level: 'fine', what, detail };
}

/** Works, but should be seen to. */
export function warning(what: string, detail: string, fix: string): Finding {
  return { level: 'warning', what, detail, fix };
}

/** Does not work. */
export function fault(what: string, detail: string, fix: string): Finding {
  return { level: 'fault', what, detail, fix };
}

const SIGNS: Readonly<Record<Level, string>> = {
  fine: styleText('green', '✓', { stream: process.stdout }),
  warning: styleText('yellow', '!', { stream: process.stdout }),
  fault: styleText('red', '✗', { stream: process.stdout }),
};

/** One line for the finding, and the fix and the samples below it. */
export function describeFinding({ level, what, detail, fix, samples = [] }: Finding): string {
  return [
    `${SIGNS[level]} ${what}: ${detail}`,
    ...samples.map((sample) => `    ${sample}`),
    ...(fix === undefined ? [] : [`  Fix: ${fix}`]),
  ].join('\n');
}
