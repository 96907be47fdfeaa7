import type { Balance } from '../../ledger/balance.ts';
import type { AlertFacts } from './rules.ts';

type Sample = { readonly at: number; readonly ended: number; readonly rejected: number };

/** How far is looked back for the rate of rejections. */
const WINDOW_MS = 15 * 60_000;

/** What the counts of the balance did lately, as the looks of this agent saw them. */
export type Recent = {
  /** Takes the counts of one look; `now` is a monotonic time in ms. */
  look(balance: Balance, now: number): Pick<AlertFacts, 'recent' | 'stillSeconds'>;
};

/** Remembers the counts of the last quarter of an hour. */
export function createRecent(): Recent {
  let samples: Sample[] = [];
  let moved = { total: -1, at: 0 };
  return {
    look: (balance, now) => {
      const { rejected } = balance;
      const ended = balance.accepted + rejected + balance.superseded + balance.unchanged + balance.dropped;
      // Changes that only come in are no progress.
      const total = balance.captured - balance.open - balance.inDoubt;
      if (total !== moved.total) moved = { total, at: now };
      samples = [...samples.filter(({ at }) => now - at <= WINDOW_MS), { at: now, ended, rejected }];
      const [first] = samples;
      return {
        recent: {
          ended: first ? Math.max(0, ended - first.ended) : 0,
          rejected: first ? Math.max(0, rejected - first.rejected) : 0,
          complete: first !== undefined && now - first.at > WINDOW_MS * 0.9,
        },
        stillSeconds: (now - moved.at) / 1000,
      };
    },
  };
}
