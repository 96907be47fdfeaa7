import type { Settled } from '../ledger/settle.ts';
import type { Settlement } from '../ledger/settlement.ts';

/** What is known of sends whose claim was never settled, by the clock that only goes forward (`performance.now()`). */
export type LastSends = {
  /** Writes what a send came to; where the ledger cannot be told, this process remembers the pause that it asks for. */
  settle(settlement: Settlement): Promise<Settled>;
  /**
   * From when on an unsettled delivery may be asked for again: after the pause that this process remembers; else the claim is
   * from before this process, and the longest send's time must have passed since it began.
   */
  overAt(deliveryId: number): number;
};

/** Remembers from now on; `write` tells the ledger. */
export function watchLastSends(
  write: (settlement: Settlement) => Promise<Settled>,
  longestSendMs: number,
): LastSends {
  const begunOverAt = performance.now() + longestSendMs;
  const unwritten = new Map<number, number>();
  return {
    settle: async (settlement) => {
      const { id } = settlement.claim;
      unwritten.set(id, performance.now() + (settlement.retryInMs ?? 0));
      const settled = await write(settlement);
      unwritten.delete(id);
      return settled;
    },
    overAt: (deliveryId) => unwritten.get(deliveryId) ?? begunOverAt,
  };
}
