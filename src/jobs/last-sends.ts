import type { ClaimedDelivery } from '../ledger/claims.ts';
import type { Settled } from '../ledger/settle.ts';
import type { Settlement } from '../ledger/settlement.ts';

/** What this process knows of lost answers, by the clock that only goes forward, whatever the ledger could be told and its clock says. */
export type LastSends = {
  /** Writes what a send came to, and remembers how long the platform may be at work on it. */
  settle(settlement: Settlement): Promise<Settled>;
  /**
   * How long the platform may be at work still on what was sent for this delivery, milliseconds. Of a claim from before this
   * process nothing is remembered: the longest send's time must have passed since it began. An agent that takes over from
   * another has waited long enough. What has a key may be sent again at any time.
   */
  quietMs(claim: Pick<ClaimedDelivery, 'id' | 'frozen' | 'abandoned'>): number;
};

/** So many are remembered before those that are over are forgotten. */
const MANY = 10_000;

/** Remembers from now on; `write` tells the ledger. */
export function watchLastSends(
  write: (settlement: Settlement) => Promise<Settled>,
  longestSendMs: number,
): LastSends {
  const begunOverAt = performance.now() + longestSendMs;
  const overAt = new Map<number, number>();
  const remember = (id: number, quietMs: number): void => {
    if (overAt.size >= MANY) {
      for (const [known, at] of overAt) if (at <= performance.now()) overAt.delete(known);
    }
    overAt.set(id, performance.now() + quietMs);
  };
  return {
    settle: async (settlement) => {
      const { id } = settlement.claim;
      const { quietMs = 0 } = settlement;
      remember(id, quietMs);
      const settled = await write(settlement);
      if (quietMs === 0) overAt.delete(id);
      return settled;
    },
    quietMs: ({ id, frozen, abandoned }) => {
      if (frozen !== undefined) return 0;
      const over = overAt.get(id) ?? (abandoned ? begunOverAt : 0);
      return Math.max(0, over - performance.now());
    },
  };
}
