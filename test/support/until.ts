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
  const end = performance.now() + patienceMs;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (performance.now() > end)
      throw new Error(`Waited in vain until ${what}. Last seen: ${JSON.stringify(value)}`);
    await pause(15);
  }
}
