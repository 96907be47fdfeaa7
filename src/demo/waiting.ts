import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `holds` gives true. Throws the signal's reason when that comes first. */
export async function until(
  holds: () => Promise<boolean> | boolean,
  signal: AbortSignal,
  everyMs = 100,
): Promise<void> {
  signal.throwIfAborted();
  while (!(await holds())) {
    await pause(everyMs, signal);
  }
}

/** Waits; throws the signal's reason when that comes first. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}

/** A part of a second, as people read it. */
export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
