import { sql, type UpdateObject } from 'kysely';
import { type Database, type Dialect, type Executor, now } from '../erp/database.ts';
import type { Tables } from '../erp/tables.ts';
import { livingAgents } from './agents.ts';
import { OPEN_STATES } from './states.ts';
import { Tally } from './tally.ts';

/** A change whose effect nobody but a person can look up. */
export type DoubtfulChange = {
  readonly id: number;
  readonly account: string;
  readonly entity: string;
  readonly key: string;
  readonly capturedAt: Date;
};

/** What a change is told that comes from before the restore and would get a new key. */
const MAY_STAND =
  'The database was restored from a backup: this may have been sent already, under a key that is not known any more. Look at the platform: if it is there, bind it (or drop this); if not, retry.';

/** Ids that are given from now on lie so far above those of the backup, and so above those that were given after it. */
const IDS_BETWEEN = 1_000_000_000;

/** The same for the versions of open deliveries, which are part of their jobs' ids: an ended job keeps no new one out. */
const VERSIONS_BETWEEN = 1_000;

/** Tables whose ids others remember: an ERP up to where it has read, BullMQ the jobs of deliveries. */
const REMEMBERED = ['ctg_delivery', 'ctg_inbox'] as const;

/** The ids of the agents that live at present. */
export async function readLivingAgents({ kysely, dialect }: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`${livingAgents(dialect)}`.execute(kysely);
  return rows.map(({ id }) => id);
}

/**
 * Lets ids go on above all that were given between the backup and now. Outside of any transaction: MySQL commits before
 * such a statement, and PostgreSQL's sequences know none. Done twice, it leaves a larger gap, and nothing else.
 */
export async function leapIds({ kysely, dialect }: Database): Promise<void> {
  for (const table of REMEMBERED) {
    if (dialect === 'postgres') {
      await sql`SELECT setval(sequence, GREATEST(nextval(sequence), (SELECT COALESCE(MAX(id), 0) FROM ${sql.table(table)})) + ${IDS_BETWEEN})
        FROM (SELECT pg_get_serial_sequence(${table}, 'id') AS sequence) own`.execute(kysely);
      continue;
    }
    const { rows } = await sql<{ next: number | null }>`
      SELECT GREATEST(COALESCE(MAX(t.auto_increment), 0), (SELECT COALESCE(MAX(id), 0) FROM ${sql.table(table)})) AS next
      FROM information_schema.tables t WHERE t.table_schema = DATABASE() AND t.table_name = ${table}`.execute(
      kysely,
    );
    const next = Number(rows[0]?.next ?? 0) + IDS_BETWEEN;
    await sql`ALTER TABLE ${sql.table(table)} AUTO_INCREMENT = ${sql.lit(next)}`.execute(kysely);
  }
}

/** Keeps every relay, and so every agent that is started too early, from the outbox until the transaction ends. */
export async function lockRelay(executor: Executor): Promise<void> {
  await executor
    .selectFrom('ctg_clock')
    .select('name')
    .where('name', '=', 'relay')
    .forUpdate()
    .executeTakeFirstOrThrow();
}

/** Lets keys go on above this one, where the database's own time does not do so by itself. */
export async function raiseKeyClock(executor: Executor, lastKey: number): Promise<void> {
  await sql`UPDATE ctg_clock SET value = GREATEST(value, ${lastKey}) WHERE name = 'key'`.execute(executor);
}

/** The largest id of the ledger. */
export async function newestDelivery(executor: Executor): Promise<number> {
  const row = await executor
    .selectFrom('ctg_delivery')
    .select((builder) => builder.fn.max('id').as('id'))
    .executeTakeFirst();
  return Number(row?.id ?? 0);
}

/**
 * Holds what came out of the outbox with a new key, since under its old one it may stand at the platform. What is behind
 * another change of its record cannot be held, for it is not its turn: it is closed as rejected, from where a person can
 * send it again all the same.
 */
export async function holdNewKeys(
  executor: Executor,
  dialect: Dialect,
  afterId: number,
): Promise<{ readonly held: readonly DoubtfulChange[]; readonly rejected: readonly DoubtfulChange[] }> {
  const held = await keyedChanges(executor, afterId, ['waiting', 'blocked']);
  const rejected = await keyedChanges(executor, afterId, ['queued']);
  const reason = MAY_STAND;
  await change(executor, held, { state: 'held', outcome: 'person', reason, waits_for: null, due_at: null });
  await change(executor, rejected, { state: 'rejected', outcome: 'person', reason, closed_at: now(dialect) });
  const tally = new Tally();
  for (const { entity } of rejected) tally.add(entity, 'rejected');
  await tally.write(executor, dialect, 0);
  return { held, rejected };
}

async function keyedChanges(
  executor: Executor,
  afterId: number,
  states: readonly string[],
): Promise<DoubtfulChange[]> {
  return executor
    .selectFrom('ctg_delivery')
    .select(['id', 'account', 'entity', 'entity_key as key', 'captured_at as capturedAt'])
    .where('id', '>', afterId)
    .where('idempotency_key', 'is not', null)
    .where('state', 'in', [...states])
    .orderBy('id')
    .execute();
}

type Values = UpdateObject<Tables, 'ctg_delivery', 'ctg_delivery'>;

async function change(executor: Executor, rows: readonly DoubtfulChange[], values: Values): Promise<void> {
  for (let start = 0; start < rows.length; start += 500) {
    const ids = rows.slice(start, start + 500).map(({ id }) => id);
    await executor.updateTable('ctg_delivery').set(values).where('id', 'in', ids).execute();
  }
}

/**
 * Counts everything that is owed as perhaps sent: it will be verified by the platform's query, or repeated with the key
 * that it has. What waits for its turn or for another record keeps the doubt until then. Gives how many by entity.
 */
export async function doubtOpen(
  executor: Executor,
): Promise<readonly { readonly entity: string; readonly count: number }[]> {
  const rows = await executor
    .selectFrom('ctg_delivery')
    .select(['entity', (builder) => builder.fn.countAll<number>().as('count')])
    .where('state', 'in', ['waiting', 'in_doubt', 'queued', 'blocked'])
    .groupBy('entity')
    .orderBy('entity')
    .execute();
  await executor
    .updateTable('ctg_delivery')
    .set({ state: 'in_doubt', outcome: 'in-doubt' })
    .where('state', '=', 'waiting')
    .execute();
  await executor
    .updateTable('ctg_delivery')
    .set({ outcome: 'in-doubt' })
    .where('state', 'in', ['queued', 'blocked'])
    .execute();
  await executor
    .updateTable('ctg_delivery')
    .set((builder) => ({ version: builder('version', '+', VERSIONS_BETWEEN) }))
    .where('state', 'in', [...OPEN_STATES])
    .execute();
  return rows.map(({ entity, count }) => ({ entity, count: Number(count) }));
}

/** What waited for a person when the backup was made: somebody may have settled it since. */
export async function readOlderPersons(
  executor: Executor,
  upToId: number,
): Promise<{ readonly held: number; readonly rejected: number }> {
  const rows = await executor
    .selectFrom('ctg_delivery')
    .select(['state', (builder) => builder.fn.countAll<number>().as('count')])
    .where('id', '<=', upToId)
    .where('state', 'in', ['held', 'rejected'])
    .groupBy('state')
    .execute();
  const countOf = (state: string): number => Number(rows.find((row) => row.state === state)?.count ?? 0);
  return { held: countOf('held'), rejected: countOf('rejected') };
}
