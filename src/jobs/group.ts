/** Work that is worth more done for many at once: what comes in while a round runs makes the next round. */
export type Group<I, R> = {
  /** Adds one item; resolves with its own result, or rejects with the round's error. */
  add(item: I): Promise<R>;
  /** Resolves when nothing is under way or waiting. */
  settled(): Promise<void>;
};

type Waiting<I, R> = { item: I; resolve: (result: R) => void; reject: (error: unknown) => void };

/**
 * Groups single calls into rounds of at most `largest`. One round runs at a time: under load rounds fill by themselves,
 * and an idle call waits for nobody.
 */
export function createGroup<I, R>(
  work: (items: readonly I[]) => Promise<readonly R[]>,
  largest: number,
): Group<I, R> {
  const waiting: Waiting<I, R>[] = [];
  let running: Promise<void> | undefined;
  const round = async (): Promise<void> => {
    const taken = waiting.splice(0, largest);
    try {
      const results = await work(taken.map((each) => each.item));
      taken.forEach((each, index) => {
        const result = results[index];
        if (index < results.length) each.resolve(result as R);
        else each.reject(new Error('The group gave no result for this item.'));
      });
    } catch (error) {
      for (const each of taken) each.reject(error);
    }
  };
  const run = async (): Promise<void> => {
    // One turn of the event loop lets callers that became ready together share the first round.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) await round();
    running = undefined;
  };
  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        running ??= run();
      }),
    settled: async () => {
      while (running) await running;
    },
  };
}
