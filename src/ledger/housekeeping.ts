import { type Database, type Executor, fromNow } from '../erp/database.ts';
import { clearRates } from './rates.ts';
import { clearRuns } from './reconcile-store.ts';

const DAY_MS = 86_400_000;
/** How long an intake's `Idempotency-Key` is remembered. */
const INTAKE_DAYS = 7;
/** Rows of one transaction: short, so that nothing waits for it. */
const BATCH = 500;
/** How long sends are kept by the minute: what the console shows, and a day to compare it with. */
const RATE_DAYS = 2;

/** What was cleared away. */
export type Cleared = {
  readonly deliveries: number;
  readonly intakeKeys: number;
  readonly reconciles: number;
};

/**
 * Removes closed deliveries (with their attempts) that are older than `historyDays`, intake keys older than a week, sends by
 * the minute after two days, and all but the newest reports of comparisons. 0 days keeps every delivery. Bindings, counts
 * and the inbox stay: they are not history.
 */
export async function clearHistory(database: Database, historyDays: number): Promise<Cleared> {
  const { dialect, kysely } = database;
  const intake = await kysely
    .deleteFrom('ctg_intake')
    .where('received_at', '<', fromNow(dialect, -INTAKE_DAYS * DAY_MS))
    .executeTakeFirst();
  await clearRates(kysely, dialect, RATE_DAYS);
  const deliveries = historyDays > 0 ? await clearDeliveries(database, historyDays) : 0;
  const reconciles = await clearRuns(database);
  return { deliveries, intakeKeys: Number(intake.numDeletedRows), reconciles };
}

async function clearDeliveries(database: Database, historyDays: number): Promise<number> {
  for (let count = 0; ; ) {
    const removed = await database.transact((transaction) => clearBatch(transaction, database, historyDays));
    count += removed;
    if (removed < BATCH) return count;
  }
}

/** In the order of ids, the oldest are first: a batch reads little more than what it removes. */
async function clearBatch(executor: Executor, { dialect }: Database, historyDays: number): Promise<number> {
  const rows = await executor
    .selectFrom('ctg_delivery')
    .select('id')
    .where('closed_at', '<', fromNow(dialect, -historyDays * DAY_MS))
    .orderBy('id')
    .limit(BATCH)
    .execute();
  if (rows.length === 0) return 0;
  const ids = rows.map((row) => row.id);
  await executor.deleteFrom('ctg_attempt').where('delivery_id', 'in', ids).execute();
  await executor.deleteFrom('ctg_delivery').where('id', 'in', ids).where('open_lane', 'is', null).execute();
  return ids.length;
}
