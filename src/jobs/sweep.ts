import type { Database } from '../erp/database.ts';
import type { ReadyDelivery } from '../ledger/relay-store.ts';
import { freeBlocked, overdueDeliveries } from '../ledger/sweep-store.ts';

/** What sweeping works with. */
export type SweepContext = {
  readonly database: Database;
  readonly enqueue: (deliveries: readonly ReadyDelivery[]) => Promise<void>;
  /** Queues what is overdue, looking at each one's job; `orphaned`: also beside a job that is said to be at work. */
  readonly requeue: (deliveries: readonly ReadyDelivery[], orphaned: boolean) => Promise<void>;
  /** How many jobs of an interface wait to be taken. */
  readonly waiting: (name: string) => Promise<number>;
  /** From which lane on the next sweep looks at what is blocked. */
  readonly blocked: { after: string };
};

/** Looks at blocked deliveries in one sweep: where very many are blocked, the next sweep goes on. */
const BLOCKED_LOOKS = 10;

const PAGE = 500;
/** So many are looked at one by one in each sweep, since something of their jobs may stand in the way. */
const LOOKED_AT = 40;
/** Due for so long, a job that is said to be at work is not believed: its agent may have died with its clock ahead. */
const LONG_OVERDUE_MS = 30_000;

/**
 * Puts every delivery that is owed and due back into its queue, where its job is not there any more: after a crash
 * between the ledger and the queue, or when Redis came back empty. One that is queued still is left as it is.
 *
 * @param graceMs how long a delivery must have been due: time enough for its job to be taken in the usual way.
 */
export async function sweep(
  { database, enqueue, requeue, waiting, blocked }: SweepContext,
  graceMs: number,
): Promise<number> {
  for (let looks = 0; looks < BLOCKED_LOOKS; looks += 1) {
    const { ready, next } = await freeBlocked(database, blocked.after);
    await enqueue(ready);
    blocked.after = next ?? '';
    if (next === undefined) break;
  }
  if (graceMs > 0) {
    const long = await overdueDeliveries(database, { afterId: 0, limit: PAGE, graceMs: LONG_OVERDUE_MS });
    await requeue(long, true);
  }
  const putBack = async (lost: readonly ReadyDelivery[], lookedAt: number): Promise<void> => {
    await requeue(lost.slice(0, lookedAt), false);
    await enqueue(lost.slice(lookedAt));
  };
  let count = 0;
  for (let afterId = 0; ; ) {
    const page = await overdueDeliveries(database, { afterId, limit: PAGE, graceMs });
    if (graceMs === 0) await enqueue(page);
    else await putBack(await withoutQueue(page, waiting), afterId === 0 ? LOOKED_AT : 0);
    count += page.length;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return count;
    afterId = last.id;
  }
}

/**
 * Leaves out what probably waits in its queue still, in a batch, where its own job cannot be looked up. If it was lost
 * all the same it is put back when the queue has drained, or when it is long overdue.
 */
async function withoutQueue(
  page: readonly ReadyDelivery[],
  waiting: SweepContext['waiting'],
): Promise<ReadyDelivery[]> {
  const names = [...new Set(page.map((each) => each.interface))];
  const counts = await Promise.all(names.map(waiting));
  const empty = new Set(names.filter((_, index) => counts[index] === 0));
  return page.filter((each) => empty.has(each.interface));
}
