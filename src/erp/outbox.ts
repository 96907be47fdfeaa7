import { sql } from 'kysely';
import { type Dialect, type Executor, isOneOf, now } from './database.ts';

/** One row of `ctg_outbox` as the relay takes it. */
export type OutboxRow = {
  readonly id: number;
  readonly account: string;
  readonly entity: string;
  readonly key: string;
  readonly op: string;
  /** The record, or undefined when it is to be read through the source map. */
  readonly payload: unknown;
  readonly capturedAt: Date;
  /** The trace that it belongs to (W3C `traceparent`). */
  readonly trace?: string | undefined;
};

/** What the relay must leave where it is for now. */
export type ClaimFilter = {
  /** Set while some queue is full: the entities that are taken all the same. */
  readonly onlyEntities: readonly string[] | undefined;
  /** Entities whose source map cannot be read at present: rows without a payload wait. */
  readonly unreadableEntities: readonly string[];
  /** Accounts whose log-in is refused. */
  readonly refusedAccounts: readonly string[];
  /**
   * Entities of whose records the newest state alone counts: of several changes of one record that carry it with them, all
   * but the newest may be given as that one (PostgreSQL), which spares the way of what nobody reads.
   */
  readonly newestOf?: readonly string[];
  /** Set where a look goes past records that change all the time: what may be theirs is left, and what is beyond `lastId`. */
  readonly past?: { readonly records: readonly BusyRecord[]; readonly lastId: number };
};

/** A record with many changes in the outbox. */
export type BusyRecord = Pick<OutboxRow, 'entity' | 'key'>;

type RawRow = {
  id: number;
  account: string;
  entity: string;
  entity_key: string;
  op: string;
  payload: unknown;
  created_at: Date;
  trace: string | null;
  /** The changes that it stands for; one, unless told. */
  changes?: number;
};

/**
 * Takes up to `limit` rows out of the outbox, oldest id first, if this transaction gets the relays' turn or has it; one
 * relay works at a time, whatever number of agents run, so that changes of one record keep their order. They are gone when the
 * transaction commits, and back when it does not. Rows are claimed one by one, never by "id above the last one seen": transactions commit out of
 * order, and a row that becomes visible late has a low id.
 */
export async function claimOutboxRows(
  executor: Executor,
  dialect: Dialect,
  limit: number,
  filter: ClaimFilter,
): Promise<OutboxRow[]> {
  const rows = await takeRows(executor, dialect, limit, filter);
  return rows.flatMap((row) => Array<OutboxRow>(row.changes ?? 1).fill(readRow(row)));
}

/** Whether there is anything that {@link claimOutboxRows} would take: a look that locks nothing. */
export async function outboxHas(executor: Executor, filter: ClaimFilter): Promise<boolean> {
  const wanted = filter.onlyEntities ?? [undefined];
  for (const entity of wanted) {
    if (await selectRows(executor, 1, filter, entity).executeTakeFirst()) return true;
  }
  return false;
}

/**
 * While a queue is full, its entity's backlog is stepped over by the index (entity, id), one entity after the other:
 * a single query in the order of ids would read the whole backlog to find the few rows behind it.
 */
async function takeRows(
  executor: Executor,
  dialect: Dialect,
  limit: number,
  filter: ClaimFilter,
): Promise<RawRow[]> {
  if (!filter.onlyEntities) return takeSome(executor, dialect, limit, filter, undefined);
  const rows: RawRow[] = [];
  for (const entity of filter.onlyEntities) {
    if (rows.length >= limit) break;
    rows.push(...(await takeSome(executor, dialect, limit - rows.length, filter, entity)));
  }
  return rows;
}

async function takeSome(
  executor: Executor,
  dialect: Dialect,
  limit: number,
  filter: ClaimFilter,
  entity: string | undefined,
): Promise<RawRow[]> {
  const locked = selectRows(executor, limit, filter, entity).forUpdate().skipLocked();
  if (dialect === 'postgres') {
    // One statement is one way to the database and back: an idle change feels each of them.
    const taken = executor
      .with('turn', () => relayTurn(executor))
      .with('taken', () => locked.where(sql<boolean>`EXISTS (SELECT 1 FROM turn)`))
      // As an array, since the planner would rather read the whole backlog than look for so many joined rows.
      .with('gone', (query) =>
        query.deleteFrom('ctg_outbox').where(sql<boolean>`id = ANY(ARRAY(SELECT id FROM taken))`),
      );
    const { newestOf = [] } = filter;
    return newestOf.length === 0
      ? taken.selectFrom('taken').selectAll().orderBy('id').execute()
      : taken.selectFrom(newestTaken(newestOf)).selectAll().orderBy('id').execute();
  }
  if (!(await relayTurn(executor).executeTakeFirst())) return [];
  const rows = await locked.execute();
  const ids = rows.map((row) => row.id);
  if (rows.length > 0)
    await executor
      .deleteFrom('ctg_outbox')
      .where(isOneOf(dialect, 'id', ids))
      .execute();
  return rows;
}

/** The rows of `taken`, of records in `entities` the newest alone, with the number of changes that it stands for. */
function newestTaken(entities: readonly string[]) {
  const carriesState = sql`op = 'upsert' AND COALESCE(json_typeof(payload), 'null') = 'object'`;
  return sql<RawRow & { changes: number }>`(
    SELECT taken.*, CASE WHEN record.alike THEN record.changes ELSE 1 END AS changes
    FROM taken JOIN (
      SELECT account, entity, entity_key, max(id) AS newest, count(*) AS changes,
        bool_and(${carriesState} AND entity IN (${sql.join(entities)})) AS alike
      FROM taken GROUP BY account, entity, entity_key) AS record USING (account, entity, entity_key)
    WHERE NOT record.alike OR taken.id = record.newest)`.as('newest');
}

function relayTurn(executor: Executor) {
  return executor.selectFrom('ctg_clock').select('name').where('name', '=', 'relay').forUpdate().skipLocked();
}

function selectRows(executor: Executor, limit: number, filter: ClaimFilter, entity: string | undefined) {
  let query = executor
    .selectFrom('ctg_outbox')
    .select(['id', 'account', 'entity', 'entity_key', 'op', 'payload', 'created_at', 'trace'])
    .orderBy('id')
    .limit(limit);
  const { unreadableEntities, refusedAccounts, past } = filter;
  if (entity !== undefined) query = query.where('entity', '=', entity);
  if (refusedAccounts.length > 0) query = query.where('account', 'not in', refusedAccounts);
  if (unreadableEntities.length > 0) {
    query = query.where((where) =>
      where.or([where('payload', 'is not', null), where('entity', 'not in', unreadableEntities)]),
    );
  }
  if (past) {
    query = query.where('id', '<=', past.lastId);
    // A key may have blanks around it here that the ledger does not know: the record's own change must not be overtaken.
    for (const { entity: of, key } of past.records)
      query = query.where(sql<boolean>`NOT (entity = ${of} AND POSITION(${key} IN entity_key) > 0)`);
  }
  return query;
}

function readRow(row: RawRow): OutboxRow {
  return {
    id: row.id,
    account: row.account,
    entity: row.entity,
    // MySQL's collations ignore blanks at the end and PostgreSQL does not: a key means the same on both without them.
    key: row.entity_key.trim(),
    op: row.op,
    payload: readPayload(row.payload),
    capturedAt: new Date(row.created_at),
    trace: row.trace ?? undefined,
  };
}

/** PostgreSQL gives JSON parsed, MariaDB as text. A payload that is JSON `null` counts as none. */
function readPayload(payload: unknown): unknown {
  if (payload === null || payload === undefined) return undefined;
  if (typeof payload !== 'string') return payload;
  try {
    return JSON.parse(payload) ?? undefined;
  } catch {
    return payload;
  }
}

/** A change to be put into the outbox by the agent itself (intake, import, re-sync, what follows from an order). */
export type OutboxEntry = {
  readonly account: string;
  readonly entity: string;
  readonly key: string;
  readonly op: 'upsert' | 'delete' | 'force';
  readonly payload?: unknown;
  /** The trace that it belongs to (W3C `traceparent`). */
  readonly trace?: string | undefined;
};

/** Puts changes into the outbox, in order. They are kept when this resolves (or when the transaction commits). */
export async function writeOutbox(executor: Executor, entries: readonly OutboxEntry[]): Promise<void> {
  for (let start = 0; start < entries.length; start += 500) {
    const values = entries.slice(start, start + 500).map((entry) => ({
      account: entry.account,
      entity: entry.entity,
      entity_key: entry.key,
      op: entry.op,
      payload: entry.payload === undefined ? null : JSON.stringify(entry.payload),
      trace: entry.trace ?? null,
    }));
    await executor.insertInto('ctg_outbox').values(values).execute();
  }
}

/** How many changes wait in the outbox, by entity, and how old the oldest is, in seconds. */
export async function outboxBacklog(
  executor: Executor,
  dialect: Dialect,
): Promise<{ entities: { entity: string; waiting: number }[]; lagSeconds: number }> {
  const seconds =
    dialect === 'postgres'
      ? sql<number>`extract(epoch FROM ${now(dialect)} - min(created_at))::float8`
      : sql<number>`TIMESTAMPDIFF(MICROSECOND, min(created_at), ${now(dialect)}) / 1000000`;
  const rows = await executor
    .selectFrom('ctg_outbox')
    .select(['entity', (builder) => builder.fn.countAll<number>().as('waiting'), seconds.as('lag')])
    .groupBy('entity')
    .execute();
  return {
    entities: rows.map((row) => ({ entity: row.entity, waiting: Number(row.waiting) })),
    lagSeconds: Math.max(0, ...rows.map((row) => Number(row.lag ?? 0))),
  };
}

/** How many changes of an entity wait in the outbox, counted to `most` at most. */
export async function outboxWaits(executor: Executor, entity: string, most: number): Promise<number> {
  const some = executor.selectFrom('ctg_outbox').select('id').where('entity', '=', entity).limit(most);
  const row = await executor
    .selectFrom(some.as('some'))
    .select((builder) => builder.fn.countAll<number>().as('waiting'))
    .executeTakeFirst();
  return Number(row?.waiting ?? 0);
}
