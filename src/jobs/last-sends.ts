import type { Settled } from '../ledger/settle.ts';
import type { Settlement } from '../ledger/settlement.ts';

/** Until when a send may have run whose claim was never settled, by the clock that only goes forward (`performance.now()`). */
export type LastSends = {
  /** Writes what a send came to; where the ledger cannot be told, this process remembers when that send ended. */
  settle(settlement: Settlement): Promise<Settled>;
  /** When the last send of an unsettled delivery ended: this process's own, or else any before this process began. */
  endedAt(deliveryId: number): number;
};

/** Remembers from now on; `write` tells the ledger. */
export function watchLastSends(write: (settlement: Settlement) => Promise<Settled>): LastSends {
  const begunAt = performance.now();
  const unwritten = new Map<number, number>();
  return {
    settle: async (settlement) => {
      const { id } = settlement.claim;
      unwritten.set(id, performance.now());
      const settled = await write(settlement);
      unwritten.delete(id);
      return settled;
    },
    endedAt: (deliveryId) => unwritten.get(deliveryId) ?? begunAt,
  };
}
