import { sql } from 'kysely';
import type { Dialect, Executor } from '../erp/database.ts';
import { jsonRows } from '../erp/json-rows.ts';
import { type Lane, laneText } from './states.ts';

/** The open delivery of a lane, as it is looked at. */
export type OpenStanding = {
  readonly id: number;
  readonly state: string;
  readonly op: string;
  readonly hash: string | undefined;
  readonly record: string | undefined;
  readonly reason: string | undefined;
};

/** What the ledger believes that the platform holds for a lane. */
export type BoundStanding = {
  readonly present: boolean;
  readonly hash: string | undefined;
  readonly record: string | undefined;
  readonly platformId: string | undefined;
  readonly updatedAt: Date;
};

/** The newest delivery of a lane, and whether a change of it still waits in the outbox. */
export type LaneHistory = {
  readonly last:
    | {
        readonly state: string;
        readonly op: string;
        readonly hash: string | undefined;
        readonly reason: string | undefined;
      }
    | undefined;
  readonly inOutbox: boolean;
};

/** Where a lane stands. The history is read only where it matters. */
export type Standing = {
  readonly open: OpenStanding | undefined;
  readonly binding: BoundStanding | undefined;
  readonly history?: LaneHistory;
};

const LANE = { account: 'text', entity: 'text', key: 'text', lane: 'text' } as const;

type StandingRow = {
  lane: string;
  id: number | null;
  state: string | null;
  op: string | null;
  open_hash: string | null;
  open_record: string | null;
  reason: string | null;
  present: number | null;
  hash: string | null;
  record: string | null;
  platform_id: string | null;
  updated_at: Date | null;
};

/** Reads, per lane text, the open delivery and the binding. Unlike the relay's own reading it locks nothing. */
export async function readStandings(
  executor: Executor,
  dialect: Dialect,
  lanes: readonly Lane[],
): Promise<ReadonlyMap<string, Standing>> {
  if (lanes.length === 0) return new Map();
  const source = jsonRows(dialect, lanes.map(laneRow), 'v', LANE);
  const { rows } = await sql<StandingRow>`
    SELECT v.lane, d.id, d.state, d.op, d.content_hash AS open_hash, d.record AS open_record, d.reason,
      b.present, b.content_hash AS hash, b.record, b.platform_id, b.updated_at
    FROM ${source}
    LEFT JOIN ctg_binding b ON b.account = v.account AND b.entity = v.entity AND b.entity_key = v.${sql.id('key')}
    LEFT JOIN ctg_delivery d ON d.open_lane = v.lane`.execute(executor);
  return new Map(rows.map((row) => [row.lane, { open: openOf(row), binding: boundOf(row) }]));
}

function laneRow(lane: Lane) {
  return { ...lane, lane: laneText(lane) };
}

function openOf(row: StandingRow): OpenStanding | undefined {
  if (row.id === null) return undefined;
  return {
    id: Number(row.id),
    state: row.state ?? '',
    op: row.op ?? '',
    hash: row.open_hash ?? undefined,
    record: row.open_record ?? undefined,
    reason: row.reason ?? undefined,
  };
}

function boundOf(row: StandingRow): BoundStanding | undefined {
  if (row.present === null || row.updated_at === null) return undefined;
  return {
    present: row.present === 1,
    hash: row.hash ?? undefined,
    record: row.record ?? undefined,
    platformId: row.platform_id ?? undefined,
    updatedAt: new Date(row.updated_at),
  };
}

/** Reads, per lane text, how the newest delivery ended, and whether a change waits in the outbox. */
export async function readHistories(
  executor: Executor,
  dialect: Dialect,
  lanes: readonly Lane[],
): Promise<ReadonlyMap<string, LaneHistory>> {
  if (lanes.length === 0) return new Map();
  const source = jsonRows(dialect, lanes.map(laneRow), 'v', LANE);
  const { rows } = await sql<{
    lane: string;
    state: string | null;
    op: string;
    content_hash: string | null;
    reason: string | null;
  }>`
    SELECT newest.lane, d.state, d.op, d.content_hash, d.reason FROM (
      SELECT v.lane, max(n.id) AS id FROM ${source} JOIN ctg_delivery n
      ON n.account = v.account AND n.entity = v.entity AND n.entity_key = v.${sql.id('key')} GROUP BY v.lane) newest
    JOIN ctg_delivery d ON d.id = newest.id`.execute(executor);
  const last = new Map(
    rows.map(({ lane, state, op, content_hash, reason }) => [
      lane,
      { state: state ?? '', op, hash: content_hash ?? undefined, reason: reason ?? undefined },
    ]),
  );
  const waiting = await readWaiting(executor, dialect, lanes);
  return new Map(
    lanes.map((lane) => {
      const name = laneText(lane);
      return [name, { last: last.get(name), inOutbox: waiting.has(`${lane.entity}|${lane.key}`) }];
    }),
  );
}

/** By entity and key alone: which account an outbox row is of is known only once its record is read. */
async function readWaiting(
  executor: Executor,
  dialect: Dialect,
  lanes: readonly Lane[],
): Promise<ReadonlySet<string>> {
  const source = jsonRows(dialect, lanes.map(laneRow), 'v', LANE);
  const { rows } = await sql<{ entity: string; entity_key: string }>`
    SELECT DISTINCT o.entity, o.entity_key FROM ctg_outbox o JOIN ${source}
    ON o.entity = v.entity AND o.entity_key = v.${sql.id('key')}`.execute(executor);
  return new Set(rows.map((row) => `${row.entity}|${row.entity_key}`));
}
