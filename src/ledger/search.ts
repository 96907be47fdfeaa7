import { sql } from 'kysely';
import type { Database, Executor } from '../erp/database.ts';
import { type Lane, laneText } from './states.ts';

/** By what a record was found. */
export type FoundBy = 'key' | 'platform-id' | 'idempotency-key' | 'phone' | 'outbox';

/** A record that was found, with its newest delivery, where it has one. */
export type FoundRecord = Lane & {
  readonly by: FoundBy;
  readonly state: string | undefined;
  readonly reason: string | undefined;
  readonly platformId: string | undefined;
  readonly capturedAt: Date | undefined;
};

/** What is looked through: the known entities and accounts. With them, everything is found through an index. */
export type SearchScope = { readonly entities: readonly string[]; readonly accounts: readonly string[] };

/** Records that are shown at most. */
const MOST = 20;
/** Rows of the outbox, the newest, that are looked through: it has no index by key. */
const OUTBOX_WINDOW = 20_000;

type Hit = { readonly account: string; readonly entity: string; readonly entity_key: string };

/**
 * Finds records by ERP key, platform id, idempotency key (of any line of an order) or a customer's telephone number,
 * exactly as written. What the relay has not taken over yet is looked for only where nothing else was found.
 */
export async function findRecords(
  { kysely }: Database,
  text: string,
  scope: SearchScope,
): Promise<FoundRecord[]> {
  const found: [FoundBy, readonly Hit[]][] = [
    ['key', await byKey(kysely, text, scope)],
    ['platform-id', await byPlatformId(kysely, text, scope)],
    ['idempotency-key', await byIdempotencyKey(kysely, text)],
    ['phone', await byPhone(kysely, text)],
  ];
  if (found.every(([, hits]) => hits.length === 0)) found.push(['outbox', await inOutbox(kysely, text)]);
  const lanes = new Map<string, Lane & { by: FoundBy }>();
  for (const [by, hits] of found) {
    for (const { account, entity, entity_key: key } of hits) {
      const lane = { account, entity, key };
      if (!lanes.has(laneText(lane))) lanes.set(laneText(lane), { ...lane, by });
    }
  }
  const shown = [...lanes.values()].slice(0, MOST);
  return Promise.all(shown.map((lane) => withNewest(kysely, lane)));
}

async function byKey(executor: Executor, text: string, scope: SearchScope): Promise<Hit[]> {
  const delivered = await executor
    .selectFrom('ctg_delivery')
    .select(['account', 'entity', 'entity_key'])
    .distinct()
    .where('entity', 'in', [...scope.entities])
    .where('entity_key', '=', text)
    .limit(MOST)
    .execute();
  return [...delivered, ...(await bound(executor, 'entity_key', text, scope))];
}

async function byPlatformId(executor: Executor, text: string, scope: SearchScope): Promise<Hit[]> {
  const delivered = await executor
    .selectFrom('ctg_delivery')
    .select(['account', 'entity', 'entity_key'])
    .where('platform_id', '=', text)
    .limit(MOST)
    .execute();
  return [...delivered, ...(await bound(executor, 'platform_id', text, scope))];
}

/** Bindings are found by all columns of an index: their accounts and entities are few. */
async function bound(
  executor: Executor,
  column: 'entity_key' | 'platform_id',
  text: string,
  { entities, accounts }: SearchScope,
): Promise<Hit[]> {
  if (accounts.length === 0) return [];
  return executor
    .selectFrom('ctg_binding')
    .select(['account', 'entity', 'entity_key'])
    .where('account', 'in', [...accounts])
    .where('entity', 'in', [...entities])
    .where(column, '=', text)
    .limit(MOST)
    .execute();
}

/**
 * The ledger's column holds the key of an order's first line. Keys are taken one after the other, so another line's
 * belongs to the delivery with the greatest key below it, if to any.
 */
async function byIdempotencyKey(executor: Executor, text: string): Promise<Hit[]> {
  if (!/^WEBERP\d{1,58}$/.test(text)) return [];
  const nearest = await executor
    .selectFrom('ctg_delivery')
    .select(['account', 'entity', 'entity_key', 'idempotency_key', 'frozen'])
    .where('idempotency_key', '<=', text)
    .orderBy('idempotency_key', 'desc')
    .limit(1)
    .execute();
  return nearest.filter(
    (row) => row.idempotency_key === text || row.frozen?.includes(JSON.stringify(text)) === true,
  );
}

async function byPhone(executor: Executor, text: string): Promise<Hit[]> {
  const digits = text.replaceAll(/[\s-]/g, '');
  if (!/^\+?\d{5,20}$/.test(digits)) return [];
  return executor
    .selectFrom('ctg_binding')
    .select(['account', 'entity', 'entity_key'])
    .where('phone', 'in', [...new Set([text, digits])])
    .limit(MOST)
    .execute();
}

async function inOutbox(executor: Executor, text: string): Promise<Hit[]> {
  const { rows } = await sql<Hit>`
    SELECT DISTINCT w.account, w.entity, w.entity_key FROM
    (SELECT account, entity, entity_key FROM ctg_outbox ORDER BY id DESC LIMIT ${sql.lit(OUTBOX_WINDOW)}) w
    WHERE w.entity_key = ${text} LIMIT ${sql.lit(MOST)}`.execute(executor);
  return rows;
}

async function withNewest(executor: Executor, lane: Lane & { by: FoundBy }): Promise<FoundRecord> {
  const newest = await executor
    .selectFrom('ctg_delivery')
    .select(['state', 'reason', 'platform_id', 'captured_at'])
    .where('entity', '=', lane.entity)
    .where('entity_key', '=', lane.key)
    .where('account', '=', lane.account)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    ...lane,
    state: newest?.state,
    reason: newest?.reason ?? undefined,
    platformId: newest?.platform_id ?? undefined,
    capturedAt: newest?.captured_at,
  };
}
