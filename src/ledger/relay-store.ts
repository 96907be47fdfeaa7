import { type RawBuilder, sql } from 'kysely';
import { type Dialect, type Executor, now } from '../erp/database.ts';
import { insertedRows, jsonRows } from '../erp/json-rows.ts';
import type { LaneBinding, LaneState, OpenDelivery } from './decide.ts';
import { type DeliveryState, type Lane, laneText } from './states.ts';

/** Reads the records that these lanes' newest deliveries were rejected with, by lane text. */
export async function readRefused(
  executor: Executor,
  dialect: Dialect,
  lanes: readonly Lane[],
): Promise<ReadonlyMap<string, string>> {
  if (lanes.length === 0) return new Map();
  const source = jsonRows(dialect, lanes, 'v', { account: 'text', entity: 'text', key: 'text' });
  const { rows } = await sql<{
    account: string;
    entity: string;
    entity_key: string;
    state: string;
    record: string | null;
  }>`
    SELECT d.account, d.entity, d.entity_key, d.state, d.record FROM ctg_delivery d JOIN (
      SELECT max(n.id) AS id FROM ctg_delivery n JOIN ${source}
      ON n.account = v.account AND n.entity = v.entity AND n.entity_key = v.${sql.id('key')}
      GROUP BY n.account, n.entity, n.entity_key) newest ON newest.id = d.id`.execute(executor);
  const refused = rows.filter((row) => row.state === 'rejected' && row.record !== null);
  return new Map(
    refused.map((row) => [
      laneText({ account: row.account, entity: row.entity, key: row.entity_key }),
      row.record ?? '',
    ]),
  );
}

/** Reads, per lane text, the open delivery (locked until the transaction ends) and the binding. */
export async function readLanes(
  executor: Executor,
  dialect: Dialect,
  lanes: readonly Lane[],
): Promise<ReadonlyMap<string, LaneState>> {
  // The open deliveries come first: a settling sender holds their locks until its bindings are committed, so the
  // bindings that are read after them are never older than what the locks say.
  const opens = await readOpen(executor, dialect, lanes);
  const bindings = await readBindings(executor, dialect, lanes);
  return new Map(
    lanes.map((lane) => {
      const name = laneText(lane);
      return [name, { open: opens.get(name), binding: bindings.get(name) }];
    }),
  );
}

async function readOpen(
  executor: Executor,
  dialect: Dialect,
  lanes: readonly Lane[],
): Promise<Map<string, OpenDelivery>> {
  const source = jsonRows(
    dialect,
    lanes.map((lane) => ({ lane: laneText(lane) })),
    'v',
    { lane: 'text' },
  );
  const { rows } = await sql<OpenRow>`
    SELECT d.id, d.version, d.state, d.op, d.content_hash, d.record, d.open_lane FROM ctg_delivery d
    JOIN ${source} ON d.open_lane = v.lane ORDER BY d.id FOR UPDATE ${dialect === 'postgres' ? sql`OF d` : sql``}`.execute(
    executor,
  );
  return new Map(
    rows.map((row) => [
      row.open_lane,
      {
        id: row.id,
        version: row.version,
        state: row.state,
        op: row.op,
        hash: row.content_hash ?? undefined,
        record: row.record ?? undefined,
      },
    ]),
  );
}

type OpenRow = {
  id: number;
  version: number;
  state: DeliveryState;
  op: string;
  content_hash: string | null;
  record: string | null;
  open_lane: string;
};

async function readBindings(
  executor: Executor,
  dialect: Dialect,
  lanes: readonly Lane[],
): Promise<Map<string, LaneBinding>> {
  const columns = { account: 'text', entity: 'text', key: 'text' } as const;
  const source = jsonRows(dialect, lanes, 'v', columns);
  const { rows } = await sql<BindingRow>`
    SELECT b.account, b.entity, b.entity_key, b.present, b.content_hash, b.record FROM ctg_binding b
    JOIN ${source} ON b.account = v.account AND b.entity = v.entity AND b.entity_key = v.${sql.id('key')}`.execute(
    executor,
  );
  return new Map(
    rows.map((row) => [
      laneText({ account: row.account, entity: row.entity, key: row.entity_key }),
      { present: row.present === 1, hash: row.content_hash ?? undefined, record: row.record ?? undefined },
    ]),
  );
}

type BindingRow = {
  account: string;
  entity: string;
  entity_key: string;
  present: number;
  content_hash: string | null;
  record: string | null;
};

/** A delivery to be written. */
export type NewDelivery = {
  readonly lane: Lane;
  readonly op: string;
  readonly interface: string;
  readonly state: DeliveryState;
  readonly waitsFor: string | undefined;
  readonly record: string | undefined;
  readonly frozen: string | undefined;
  readonly hash: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly reason: string | undefined;
  readonly capturedAt: Date;
  readonly trace: string | undefined;
};

const INSERT_COLUMNS = {
  account: 'text',
  entity: 'text',
  entity_key: 'text',
  op: 'text',
  interface: 'text',
  state: 'text',
  open_lane: 'text',
  waits_for: 'text',
  record: 'text',
  frozen: 'text',
  content_hash: 'text',
  idempotency_key: 'text',
  reason: 'text',
  outcome: 'text',
  trace: 'text',
  captured_at: 'bigint',
  due: 'integer',
  closed: 'integer',
} as const;

/** The columns that are written as they are given. */
const PLAIN_COLUMNS = (Object.keys(INSERT_COLUMNS) as (keyof typeof INSERT_COLUMNS)[]).filter(
  (name) => name !== 'captured_at' && name !== 'due' && name !== 'closed',
);

/** A delivery that may be sent; entity and key label its job. */
export type ReadyDelivery = {
  readonly id: number;
  readonly interface: string;
  readonly entity: string;
  readonly entity_key: string;
  readonly version: number;
};

/** Writes new deliveries and gives those that may be sent. */
export async function insertDeliveries(
  executor: Executor,
  dialect: Dialect,
  deliveries: readonly NewDelivery[],
): Promise<ReadyDelivery[]> {
  if (deliveries.length === 0) return [];
  const source = insertedRows(dialect, deliveries.map(insertRow), INSERT_COLUMNS, (v) => [
    ...PLAIN_COLUMNS.map(v),
    dialect === 'postgres'
      ? sql`to_timestamp(${v('captured_at')} / 1000.0)`
      : sql`FROM_UNIXTIME(${v('captured_at')} / 1000)`,
    sql`CASE WHEN ${v('due')} = 1 THEN ${now(dialect)} END`,
    sql`CASE WHEN ${v('closed')} = 1 THEN ${now(dialect)} END`,
  ]);
  const names = sql.join(PLAIN_COLUMNS.map((name) => sql.ref(name)));
  const insert = sql`INSERT INTO ctg_delivery (${names}, captured_at, due_at, closed_at) ${source}`;
  if (dialect === 'postgres') {
    const { rows } = await sql<ReadyDelivery & { state: string }>`${insert}
      RETURNING id, interface, entity, entity_key, version, state`.execute(executor);
    return rows.filter((row) => row.state === 'waiting');
  }
  await insert.execute(executor);
  return readWaiting(executor, deliveries);
}

function insertRow(delivery: NewDelivery): Record<keyof typeof INSERT_COLUMNS, string | number | null> {
  const { lane, state } = delivery;
  const rejected = state === 'rejected';
  const holdsLane = state === 'waiting' || state === 'blocked';
  return {
    account: lane.account,
    entity: lane.entity,
    entity_key: lane.key,
    op: delivery.op,
    interface: delivery.interface,
    state,
    open_lane: holdsLane ? laneText(lane) : null,
    waits_for: delivery.waitsFor ?? null,
    record: delivery.record ?? null,
    frozen: delivery.frozen ?? null,
    content_hash: delivery.hash ?? null,
    idempotency_key: delivery.idempotencyKey ?? null,
    reason: delivery.reason?.slice(0, 1000) ?? null,
    outcome: rejected ? 'invalid' : null,
    captured_at: delivery.capturedAt.getTime(),
    trace: delivery.trace ?? null,
    due: state === 'waiting' ? 1 : 0,
    closed: rejected ? 1 : 0,
  };
}

/** MySQL has no RETURNING: the open ones are found by their lane, which is unique. */
async function readWaiting(executor: Executor, deliveries: readonly NewDelivery[]): Promise<ReadyDelivery[]> {
  const lanes = deliveries.filter((each) => each.state === 'waiting').map((each) => laneText(each.lane));
  if (lanes.length === 0) return [];
  return executor
    .selectFrom('ctg_delivery')
    .select(['id', 'interface', 'entity', 'entity_key', 'version'])
    .where('open_lane', 'in', lanes)
    .execute();
}

/** A newer state for a delivery that was not sent yet, or is being sent. */
export type Absorption = {
  readonly id: number;
  readonly op: string;
  readonly record: string;
  readonly hash: string;
  readonly wake: boolean;
};

/**
 * Puts newer states into open deliveries. The version grows, so that a send that is under way closes nothing: what
 * slipped in is sent next. A delivery that waited for a person goes again.
 */
export async function absorbChanges(
  executor: Executor,
  dialect: Dialect,
  absorptions: readonly Absorption[],
): Promise<void> {
  if (absorptions.length === 0) return;
  const rows = absorptions.map((each) => ({
    id: each.id,
    op: each.op,
    record: each.record,
    hash: each.hash,
    wake: each.wake ? 1 : 0,
  }));
  const source = jsonRows(dialect, rows, 'v', {
    id: 'bigint',
    op: 'text',
    record: 'text',
    hash: 'text',
    wake: 'integer',
  });
  const assignments = (d: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    ${d}op = v.op, ${d}record = v.record, ${d}content_hash = v.hash, ${d}version = d.version + 1,
    ${d}due_at = CASE WHEN v.wake = 1 THEN ${now(dialect)} ELSE d.due_at END,
    ${d}waits_for = CASE WHEN v.wake = 1 THEN NULL ELSE d.waits_for END,
    ${d}state = CASE WHEN v.wake = 1 THEN CASE WHEN d.state = 'blocked' AND COALESCE(d.outcome, '') <> 'in-doubt'
      THEN 'waiting' ELSE 'in_doubt' END ELSE d.state END`;
  if (dialect === 'postgres') {
    await sql`UPDATE ctg_delivery d SET ${assignments(sql``)} FROM ${source} WHERE d.id = v.id`.execute(
      executor,
    );
  } else {
    await sql`UPDATE ctg_delivery d JOIN ${source} ON d.id = v.id SET ${assignments(sql`d.`)}`.execute(
      executor,
    );
  }
}
