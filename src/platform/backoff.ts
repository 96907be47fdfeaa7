/** The shortest wait, so that a queue never spins, whatever the dice say. */
const MIN_BACKOFF_MS = 50;

/** What a wait depends on. */
export type Backoff = {
  /** The attempt that has just failed, from 1. */
  readonly attempt: number;
  /** The longest wait after the first attempt. */
  readonly baseMs?: number;
  /** The longest wait after any. */
  readonly capMs: number;
  /** A number from 0 up to 1. */
  readonly random: () => number;
};

/** How long to wait before the next attempt, in ms: exponential with full jitter, at least 50 ms, at most `capMs`. */
export function backoffMs({ attempt, baseMs = 1000, capMs, random }: Backoff): number {
  const ceilingMs = Math.min(capMs, baseMs * 2 ** Math.max(0, attempt - 1));
  return Math.max(MIN_BACKOFF_MS, Math.round(random() * ceilingMs));
}
