import { z } from 'zod';

/** What reading a text gave: its value, or what is wrong with it. A fault never repeats the text: it may be a secret. */
export type Reading<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'fault'; readonly problem: string; readonly fix: string };

/** A text that was understood. */
export function understood<T>(value: T): Reading<T> {
  return { kind: 'value', value };
}

/** A text that was not understood, and what to write instead. */
export function misread(problem: string, fix: string): Reading<never> {
  return { kind: 'fault', problem, fix };
}

/** The schema of a text that `read` understands; its fault travels in the issue, the fix as `params.fix`. */
export function readText<T>(read: (text: string) => Reading<T>) {
  return z.string().transform((text, context) => {
    const reading = read(text);
    if (reading.kind === 'value') return reading.value;
    context.addIssue({ code: 'custom', message: reading.problem, params: { fix: reading.fix } });
    return z.NEVER;
  });
}

/** The fix that a custom issue carries, if it carries one. */
export function fixOf(issue: z.core.$ZodIssue): string | undefined {
  const fix: unknown = issue.code === 'custom' ? issue.params?.fix : undefined;
  return typeof fix === 'string' ? fix : undefined;
}
