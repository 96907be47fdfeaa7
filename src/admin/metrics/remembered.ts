/** A reading that has not come back for so long is given up, and another one may start. */
const GIVEN_UP_MS = 30_000;

/**
 * Reads at most once in `keepMs`, and never twice at once: however often it is asked, a slow database has one question
 * to answer. A reading that failed is not kept.
 */
export function remembered<T>(read: () => Promise<T>, keepMs: number): () => Promise<T> {
  let last: { readonly value: T; readonly at: number } | undefined;
  let running: { readonly promise: Promise<T>; readonly since: number } | undefined;
  const start = (): Promise<T> => {
    const promise = read().then((value) => {
      last = { value, at: performance.now() };
      return value;
    });
    const mine = { promise, since: performance.now() };
    running = mine;
    const end = (): void => {
      if (running === mine) running = undefined;
    };
    promise.then(end, end);
    return promise;
  };
  return async () => {
    const now = performance.now();
    if (last && now - last.at < keepMs) return last.value;
    return running && now - running.since < GIVEN_UP_MS ? running.promise : start();
  };
}
