import { sql } from 'kysely';
import { type Database, type Dialect, type Executor, fromNow, now } from '../erp/database.ts';
import { noteWriteBacks } from './write-backs.ts';

/** Something to poll from now on. */
export type NewWatch = {
  readonly account: string;
  readonly poll: string;
  readonly key: string;
  readonly platformId: string;
  readonly reference: Record<string, unknown>;
};

/** A watch that is due. */
export type DueWatch = {
  readonly id: number;
  readonly account: string;
  readonly poll: string;
  readonly key: string;
  readonly platformId: string;
  readonly reference: string;
  readonly status: string | undefined;
  readonly quietPolls: number;
  readonly ageMs: number;
};

/** How soon a new watch is polled first. */
const FIRST_POLL_MS = 2000;

/** Starts watches. One that exists already is asked anew, also when it had ended: a second return of an order, say. */
export async function writeWatches(
  executor: Executor,
  dialect: Dialect,
  watches: readonly NewWatch[],
): Promise<void> {
  if (watches.length === 0) return;
  const values = sql.join(
    watches.map(
      (each) =>
        sql`(${each.account}, ${each.poll}, ${each.key}, ${each.platformId}, ${JSON.stringify(each.reference)}, ${fromNow(dialect, FIRST_POLL_MS)})`,
    ),
  );
  const merge =
    dialect === 'postgres'
      ? sql`ON CONFLICT (account, poll, platform_id) DO UPDATE SET entity_key = EXCLUDED.entity_key,
          reference = EXCLUDED.reference, next_at = EXCLUDED.next_at`
      : sql`ON DUPLICATE KEY UPDATE entity_key = VALUES(entity_key), reference = VALUES(reference),
          next_at = VALUES(next_at)`;
  await sql`INSERT INTO ctg_watch (account, poll, entity_key, platform_id, reference, next_at) VALUES ${values} ${merge}`.execute(
    executor,
  );
}

/** More are not counted: so the count reads no more of the index than this, however many are due. */
const MOST_COUNTED = 10_000;

/** How many watches are due and not taken, by poll; at most {@link MOST_COUNTED} of each. */
export async function countDueWatches(
  { kysely, dialect }: Database,
  polls: readonly string[],
): Promise<Record<string, number>> {
  const counts = polls.map(
    (poll) => sql`SELECT ${sql.lit(poll)} AS poll, count(*) AS due FROM (SELECT 1 AS one FROM ctg_watch
      WHERE poll = ${poll} AND next_at <= ${now(dialect)} LIMIT ${sql.lit(MOST_COUNTED)}) counted`,
  );
  const { rows } = await sql<{
    poll: string;
    due: number | string;
  }>`${sql.join(counts, sql` UNION ALL `)}`.execute(kysely);
  return Object.fromEntries(rows.map(({ poll, due }) => [poll, Number(due)]));
}

/** Which due watches to take. */
export type DueClaim = {
  /** The interface that asks for them. */
  readonly poll: string;
  readonly limit: number;
  readonly leaseMs: number;
};

/**
 * Takes up to `limit` due watches for polling, the longest overdue first. Their next time is moved `leaseMs` ahead at once, so no other agent takes
 * them meanwhile, and a poller that dies loses only that long.
 */
export async function claimDueWatches(
  database: Database,
  { poll, limit, leaseMs }: DueClaim,
): Promise<DueWatch[]> {
  const { dialect } = database;
  return database.transact(async (transaction) => {
    const rows = await dueWatches(transaction, dialect, { poll, limit }).execute();
    if (rows.length === 0) return [];
    await transaction
      .updateTable('ctg_watch')
      .set({ next_at: fromNow(dialect, leaseMs) })
      .where(
        'id',
        'in',
        rows.map((row) => row.id),
      )
      .execute();
    return rows.map(toWatch);
  });
}

/** The query for due watches of one interface, locked; its plan must be the index (poll, next_at), never all rows. */
export function dueWatches(
  executor: Executor,
  dialect: Dialect,
  { poll, limit }: Pick<DueClaim, 'poll' | 'limit'>,
) {
  return selectWatches(executor, dialect)
    .where('poll', '=', poll)
    .where('next_at', '<=', now(dialect))
    .orderBy('next_at')
    .limit(limit)
    .forUpdate()
    .skipLocked();
}

function selectWatches(executor: Executor, dialect: Dialect) {
  const age =
    dialect === 'postgres'
      ? sql<number>`(extract(epoch FROM now() - changed_at) * 1000)::float8`
      : sql<number>`TIMESTAMPDIFF(MICROSECOND, changed_at, NOW(3)) / 1000`;
  const columns = [
    'id',
    'account',
    'poll',
    'entity_key',
    'platform_id',
    'reference',
    'status',
    'quiet_polls',
  ] as const;
  return executor.selectFrom('ctg_watch').select([...columns, age.as('age_ms')]);
}

type WatchRow = Awaited<ReturnType<ReturnType<typeof selectWatches>['execute']>>[number];

function toWatch(row: WatchRow): DueWatch {
  return {
    id: row.id,
    account: row.account,
    poll: row.poll,
    key: row.entity_key,
    platformId: row.platform_id,
    reference: row.reference,
    status: row.status ?? undefined,
    quietPolls: row.quiet_polls,
    ageMs: Number(row.age_ms),
  };
}

/** One watch that is still open. */
export async function readWatch(database: Database, id: number): Promise<DueWatch | undefined> {
  const row = await selectWatches(database.kysely, database.dialect)
    .where('id', '=', id)
    .where('next_at', 'is not', null)
    .executeTakeFirst();
  return row && toWatch(row);
}

/** What a poll found for a watch; without `found` it is only asked again later. */
export type PollResult = {
  readonly watch: DueWatch;
  readonly shows: 'order' | 'logistics' | 'return';
  readonly found:
    | {
        readonly status: string;
        readonly message?: string | undefined;
        readonly detail: Record<string, unknown>;
        readonly terminal: boolean;
      }
    | undefined;
  readonly nextInMs: number;
  /** The entity whose source map shows a changed status in the ERP's own table (`writeBack.status`). */
  readonly writtenBackTo?: string | undefined;
};

/** What writing a poll's result did: whether the status changed. */
export type PollWritten = { readonly changed: boolean };

const STATUS_TABLE = {
  order: 'ctg_order_status',
  logistics: 'ctg_logistics_status',
  return: 'ctg_return_status',
} as const;

/**
 * Writes what a poll found, in one transaction: the current row, one inbox row if the status changed, and the watch's
 * next time.
 */
export async function writePollResult(database: Database, result: PollResult): Promise<PollWritten> {
  return database.transact((transaction) => writePoll(transaction, database.dialect, result));
}

async function writePoll(executor: Executor, dialect: Dialect, result: PollResult): Promise<PollWritten> {
  const { watch, shows, found, nextInMs } = result;
  // The status is compared with the row under lock, not with what the poll began with: two polls that overlap must
  // not both report the same change.
  const row = await executor
    .selectFrom('ctg_watch')
    .select(['status'])
    .where('id', '=', watch.id)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return { changed: false };
  const changed = found !== undefined && found.status !== row.status;
  await executor
    .updateTable('ctg_watch')
    .set({
      next_at: found?.terminal ? null : fromNow(dialect, nextInMs),
      ...(found ? { status: found.status, quiet_polls: changed ? 0 : watch.quietPolls + 1 } : {}),
      ...(changed ? { changed_at: now(dialect) } : {}),
    })
    .where('id', '=', watch.id)
    .execute();
  if (!changed || !found) return { changed: false };
  const message = found.message?.slice(0, 500) ?? null;
  const detail = JSON.stringify(found.detail);
  await executor
    .insertInto('ctg_inbox')
    .values({
      account: watch.account,
      kind: shows,
      entity_key: watch.key,
      platform_id: watch.platformId,
      status: found.status,
      previous_status: row.status,
      message,
      detail,
    })
    .execute();
  const table = sql.table(STATUS_TABLE[shows]);
  const merge =
    dialect === 'postgres'
      ? sql`ON CONFLICT (account, platform_id) DO UPDATE SET status = EXCLUDED.status, message = EXCLUDED.message, detail = EXCLUDED.detail, updated_at = EXCLUDED.updated_at`
      : sql`ON DUPLICATE KEY UPDATE status = VALUES(status), message = VALUES(message), detail = VALUES(detail), updated_at = VALUES(updated_at)`;
  await sql`INSERT INTO ${table} (account, platform_id, entity_key, status, message, detail, updated_at)
    VALUES (${watch.account}, ${watch.platformId}, ${watch.key}, ${found.status}, ${message}, ${detail}, ${now(dialect)}) ${merge}`.execute(
    executor,
  );
  if (result.writtenBackTo === undefined) return { changed };
  await noteWriteBacks(executor, [
    {
      account: watch.account,
      entity: result.writtenBackTo,
      key: watch.key,
      kind: 'status',
      platformId: watch.platformId,
      op: undefined,
      status: found.status,
      message: found.message,
    },
  ]);
  return { changed };
}
