import { type RawBuilder, sql } from 'kysely';
import { type Dialect, type Executor, now } from '../erp/database.ts';
import { insertedRows, jsonRows } from '../erp/json-rows.ts';
import { type Lane, laneText } from './states.ts';

/** The platform ids of those lanes that the platform holds, by lane text. */
export async function findBound(
  executor: Executor,
  dialect: Dialect,
  lanes: readonly Lane[],
): Promise<ReadonlyMap<string, string>> {
  const source = jsonRows(dialect, lanes, 'v', { account: 'text', entity: 'text', key: 'text' });
  const { rows } = await sql<{ account: string; entity: string; entity_key: string; platform_id: string }>`
    SELECT b.account, b.entity, b.entity_key, b.platform_id FROM ctg_binding b JOIN ${source}
    ON b.account = v.account AND b.entity = v.entity AND b.entity_key = v.${sql.id('key')}
    WHERE b.present = 1 AND b.platform_id IS NOT NULL`.execute(executor);
  return new Map(
    rows.map((row) => [
      laneText({ account: row.account, entity: row.entity, key: row.entity_key }),
      row.platform_id,
    ]),
  );
}

/** Of `ids`, those that no record but `lane` is bound to, in the given order. */
export async function freeIds(executor: Executor, lane: Lane, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const taken = await executor
    .selectFrom('ctg_binding')
    .select(['platform_id', 'entity_key'])
    .where('account', '=', lane.account)
    .where('entity', '=', lane.entity)
    .where('platform_id', 'in', [...ids])
    .execute();
  const others = new Set(taken.filter((row) => row.entity_key !== lane.key).map((row) => row.platform_id));
  return ids.filter((id) => !others.has(id));
}

/** What the platform holds for a lane from now on. */
export type NewBinding = {
  readonly lane: Lane;
  readonly platformId: string | undefined;
  readonly present: boolean;
  readonly hash: string | undefined;
  readonly record: string | undefined;
  readonly deliveryId: number | undefined;
};

const COLUMNS = {
  account: 'text',
  entity: 'text',
  entity_key: 'text',
  platform_id: 'text',
  present: 'integer',
  content_hash: 'text',
  record: 'text',
  delivery_id: 'bigint',
} as const;

/** Writes bindings, over older ones of the same lanes. A platform id that is already another record's fails. */
export async function writeBindings(
  executor: Executor,
  dialect: Dialect,
  bindings: readonly NewBinding[],
): Promise<void> {
  if (bindings.length === 0) return;
  const rows = bindings.map(({ lane, ...each }) => ({
    account: lane.account,
    entity: lane.entity,
    entity_key: lane.key,
    platform_id: each.platformId ?? null,
    present: each.present ? 1 : 0,
    content_hash: each.hash ?? null,
    record: each.record ?? null,
    delivery_id: each.deliveryId ?? null,
  }));
  const names = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];
  const list = sql.join(names.map((name) => sql.ref(name)));
  const source = insertedRows(dialect, rows, COLUMNS, (v) => [...names.map(v), now(dialect)]);
  const merged = ['platform_id', 'present', 'content_hash', 'record', 'delivery_id'];
  await sql`INSERT INTO ctg_binding (${list}, updated_at) ${source} ${conflictClause(dialect, merged)}`.execute(
    executor,
  );
}

function conflictClause(dialect: Dialect, names: readonly string[]): RawBuilder<unknown> {
  const all = [...names, 'updated_at'];
  return dialect === 'postgres'
    ? sql`ON CONFLICT (account, entity, entity_key) DO UPDATE SET ${sql.join(all.map((name) => sql`${sql.ref(name)} = EXCLUDED.${sql.ref(name)}`))}`
    : sql`ON DUPLICATE KEY UPDATE ${sql.join(all.map((name) => sql`${sql.ref(name)} = VALUES(${sql.ref(name)})`))}`;
}
