import { type RawBuilder, sql } from 'kysely';
import { type Database, type Dialect, isOneOf, now, unindexed } from '../erp/database.ts';
import { livingAgents } from './agents.ts';
import type { DeliveryState } from './states.ts';

/** A delivery that this agent may send now, with what the platform holds for its record. */
export type ClaimedDelivery = {
  readonly id: number;
  readonly account: string;
  readonly entity: string;
  readonly key: string;
  readonly op: 'upsert' | 'delete';
  readonly interface: string;
  readonly state: DeliveryState;
  readonly version: number;
  /** This attempt counted. */
  readonly attempt: number;
  readonly record: string | undefined;
  readonly frozen: string | undefined;
  readonly progress: string | undefined;
  readonly hash: string | undefined;
  /** Whether an earlier send's effect is unknown: it said so, or its sender vanished while it had the claim. */
  readonly doubt: boolean;
  /** Whether its sender vanished while it had the claim: what it sent may be at work still. */
  readonly abandoned: boolean;
  readonly capturedAt: Date;
  readonly ageMs: number;
  /** The trace that it belongs to (W3C `traceparent`). */
  readonly trace?: string | undefined;
  readonly bound:
    | { platformId: string | undefined; present: boolean; record: string | undefined }
    | undefined;
};

type ClaimRow = {
  id: number;
  account: string;
  entity: string;
  entity_key: string;
  op: string;
  interface: string;
  state: DeliveryState;
  version: number;
  attempts: number;
  record: string | null;
  frozen: string | null;
  progress: string | null;
  content_hash: string | null;
  captured_at: Date;
  age_ms: number;
  claimed_by: string | null;
  trace: string | null;
  bound_id: string | null;
  bound_present: number | null;
  bound_record: string | null;
};

/** What a job finds: the delivery, claimed; or that another agent has it; or that it is closed or not to be sent. */
export type Claim = ClaimedDelivery | 'elsewhere' | 'closed';

/**
 * Claims deliveries for this agent, many at a time: the claim is what entitles to send, whatever the queue says, and
 * whatever number of jobs there are for one delivery. Only what may be sent and is not claimed by another living agent
 * is given; the results are in the order of `ids`. The claim is committed before the first byte leaves; so when a sender vanishes, the next one finds the old
 * claim and knows that the effect is unknown.
 */
export async function claimDeliveries(
  database: Database,
  agentId: string,
  ids: readonly number[],
): Promise<Claim[]> {
  const claimed = new Map<number, Claim>();
  for (let tries = 0, left = ids; left.length > 0 && tries < MOST_TRIES; tries += 1) {
    for (const row of await claimRows(database, agentId, left)) claimed.set(row.id, toClaim(row));
    const refused = left.filter((id) => !claimed.has(id));
    const open = refused.length > 0 ? await stillSendable(database, agentId, refused) : undefined;
    for (const id of refused) if (!open?.has(id)) claimed.set(id, 'closed');
    left = refused.filter((id) => open?.get(id) === 'free');
  }
  return ids.map((id) => claimed.get(id) ?? 'elsewhere');
}

/** A claim that met a settlement or a newer state of its delivery is tried again at once, so often in all. */
const MOST_TRIES = 3;

async function stillSendable(
  database: Database,
  agentId: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, 'free' | 'claimed'>> {
  const rows = await database.kysely
    .selectFrom('ctg_delivery')
    .select(['id', 'claimed_by'])
    .where(isOneOf(database.dialect, 'id', ids))
    .where('open_lane', 'is not', null)
    .where(unindexed('state'), 'in', ['waiting', 'in_doubt'])
    .execute();
  const isFree = (by: string | null): boolean => by === null || by === agentId;
  return new Map(rows.map((row) => [row.id, isFree(row.claimed_by) ? 'free' : 'claimed']));
}

async function claimRows(database: Database, agentId: string, ids: readonly number[]): Promise<ClaimRow[]> {
  const { dialect } = database;
  const claimable = claimableRows(dialect, agentId, ids);
  if (dialect === 'postgres') {
    // One statement is one way to the database and back: an idle change feels each of them. What it sees of bindings is of
    // its beginning, what it locks is of now: a delivery that was settled in between is left to the next claim, or the
    // platform would be told of a record as if it did not hold it yet.
    const { rows } = await database.once((executor) =>
      sql<ClaimRow>`WITH seen AS MATERIALIZED (
        SELECT id, xmin FROM ctg_delivery WHERE ${isOneOf(dialect, 'id', ids)}
      ), mine AS (${claimable}), claimed AS (
        UPDATE ctg_delivery d SET ${claimFor(dialect, agentId)} FROM mine WHERE d.id = mine.id
      ) SELECT * FROM mine`.execute(executor),
    );
    return rows;
  }
  return database.transact(async (transaction) => {
    const { rows } = await claimable.execute(transaction);
    if (rows.length === 0) return [];
    const mine = isOneOf(
      dialect,
      'd.id',
      rows.map((row) => row.id),
    );
    await sql`UPDATE ctg_delivery d SET ${claimFor(dialect, agentId)} WHERE ${mine}`.execute(transaction);
    return rows;
  });
}

function claimFor(dialect: Dialect, agentId: string): RawBuilder<unknown> {
  return sql`claimed_by = ${agentId}, attempts = d.attempts + 1, sent_at = ${now(dialect)}`;
}

/** Locks those that this agent may send, in one order, and gives them with what the platform holds. */
function claimableRows(dialect: Dialect, agentId: string, ids: readonly number[]): RawBuilder<ClaimRow> {
  const age =
    dialect === 'postgres'
      ? sql`(extract(epoch FROM now() - d.created_at) * 1000)::float8`
      : sql`TIMESTAMPDIFF(MICROSECOND, d.created_at, NOW(3)) / 1000`;
  const asSeen = dialect === 'postgres' ? sql`JOIN seen ON seen.id = d.id AND seen.xmin = d.xmin` : sql``;
  return sql<ClaimRow>`
    SELECT d.id, d.account, d.entity, d.entity_key, d.op, d.interface, d.state, d.version, d.attempts, d.record,
      d.frozen, d.progress, d.content_hash, d.captured_at, d.claimed_by, d.trace, ${age} AS age_ms,
      b.platform_id AS bound_id, b.present AS bound_present, b.record AS bound_record
    FROM ctg_delivery d ${asSeen}
    LEFT JOIN ctg_binding b ON b.account = d.account AND b.entity = d.entity AND b.entity_key = d.entity_key
    WHERE ${isOneOf(dialect, 'd.id', ids)} AND d.open_lane IS NOT NULL AND ${unindexed('d.state')} IN ('waiting', 'in_doubt')
      AND (d.claimed_by IS NULL OR d.claimed_by = ${agentId} OR d.claimed_by NOT IN ${livingAgents(dialect)})
    ORDER BY d.id FOR UPDATE ${dialect === 'postgres' ? sql`OF d` : sql``}`;
}

function toClaim(row: ClaimRow): ClaimedDelivery {
  return {
    id: row.id,
    account: row.account,
    entity: row.entity,
    key: row.entity_key,
    op: row.op === 'delete' ? 'delete' : 'upsert',
    interface: row.interface,
    state: row.state,
    version: row.version,
    attempt: row.attempts + 1,
    record: row.record ?? undefined,
    frozen: row.frozen ?? undefined,
    progress: row.progress ?? undefined,
    hash: row.content_hash ?? undefined,
    doubt: row.state === 'in_doubt' || row.claimed_by !== null,
    abandoned: row.claimed_by !== null,
    capturedAt: new Date(row.captured_at),
    ageMs: Number(row.age_ms),
    trace: row.trace ?? undefined,
    bound:
      row.bound_present === null
        ? undefined
        : {
            platformId: row.bound_id ?? undefined,
            present: row.bound_present === 1,
            record: row.bound_record ?? undefined,
          },
  };
}
