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
  const claimed = new Map((await claimRows(database, agentId, ids)).map((row) => [row.id, toClaim(row)]));
  const refused = ids.filter((id) => !claimed.has(id));
  const open = refused.length > 0 ? await stillSendable(database, refused) : new Set<number>();
  return ids.map((id) => claimed.get(id) ?? (open.has(id) ? 'elsewhere' : 'closed'));
}

async function stillSendable(database: Database, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await database.kysely
    .selectFrom('ctg_delivery')
    .select('id')
    .where(isOneOf(database.dialect, 'id', ids))
    .where('open_lane', 'is not', null)
    .where(unindexed('state'), 'in', ['waiting', 'in_doubt'])
    .execute();
  return new Set(rows.map((row) => row.id));
}

async function claimRows(database: Database, agentId: string, ids: readonly number[]): Promise<ClaimRow[]> {
  const { dialect } = database;
  const claimable = claimableRows(dialect, agentId, ids);
  if (dialect === 'postgres') {
    // One statement is one way to the database and back: an idle change feels each of them.
    const { rows } = await database.once((executor) =>
      sql<SeenRow>`WITH mine AS (${claimable}), claimed AS (
        UPDATE ctg_delivery d SET ${claimFor(dialect, agentId)} FROM mine WHERE d.id = mine.id
      ) SELECT mine.*, pg_current_snapshot()::text AS snapshot FROM mine`.execute(executor),
    );
    return withNewestBindings(database, rows);
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

/** A claimed row, with the transaction that wrote its newest version and those that the statement saw (xid8). */
type SeenRow = ClaimRow & { written_by: string; snapshot: string };

/**
 * A statement that waited for a row's lock goes on with the newest version of that row, but with all else as it was at the
 * statement's beginning. Where that version was not there yet then, the binding may be one from before, and is read again:
 * else the platform would be told of a record as if it did not hold it.
 */
async function withNewestBindings(database: Database, rows: readonly SeenRow[]): Promise<ClaimRow[]> {
  const late = rows.filter((row) => !wasSeen(row.written_by, row.snapshot));
  if (late.length === 0) return [...rows];
  const newest = await database.kysely
    .selectFrom('ctg_delivery as d')
    .leftJoin('ctg_binding as b', (join) =>
      join
        .onRef('b.account', '=', 'd.account')
        .onRef('b.entity', '=', 'd.entity')
        .onRef('b.entity_key', '=', 'd.entity_key'),
    )
    .select(['d.id', 'b.platform_id as bound_id', 'b.present as bound_present', 'b.record as bound_record'])
    .where(
      isOneOf(
        database.dialect,
        'd.id',
        late.map((row) => row.id),
      ),
    )
    .execute();
  const byId = new Map(newest.map((row) => [row.id, row]));
  return rows.map((row) => ({ ...row, ...byId.get(row.id) }));
}

/**
 * Whether a transaction's writes are in a snapshot (`xmin:xmax:xip,…`). Rows tell 32 bits of the number; one that is so old that
 * they mislead is taken for not seen, which costs a look.
 */
function wasSeen(writtenBy: string, snapshot: string): boolean {
  const [, xmax = '', underWay = ''] = snapshot.split(':');
  const low = (xid: string): bigint => BigInt.asUintN(32, BigInt(xid));
  const isBefore = BigInt.asIntN(32, low(writtenBy) - low(xmax)) < 0n;
  return isBefore && !(underWay !== '' && underWay.split(',').some((xid) => low(xid) === low(writtenBy)));
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
  const written = dialect === 'postgres' ? sql`, d.xmin::text AS written_by` : sql``;
  return sql<ClaimRow>`
    SELECT d.id, d.account, d.entity, d.entity_key, d.op, d.interface, d.state, d.version, d.attempts, d.record,
      d.frozen, d.progress, d.content_hash, d.captured_at, d.claimed_by, d.trace, ${age} AS age_ms,
      b.platform_id AS bound_id, b.present AS bound_present, b.record AS bound_record${written}
    FROM ctg_delivery d
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
