import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until `condition` gives something true, and gives it. Fails with `what` and the last thing seen when it takes
 * too long; how long it takes is never what a test is about.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  patienceMs = 60_000,
): Promise<NonNullable<T>> {
  const begun = performance.now();
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    const waited = performance.now() - begun;
    if (waited > patienceMs)
      throw new Error(`Waited in vain until ${what}. Last seen: ${JSON.stringify(value)}`);
    // A look costs the processor that the awaited needs too: the longer it takes, the fewer there are.
    await pause(Math.min(Math.max(15, waited / 10), 100));
  }
}
