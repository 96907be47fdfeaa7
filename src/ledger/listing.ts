import { type RawBuilder, sql } from 'kysely';
import type { Database, Executor } from '../erp/database.ts';

/** Which deliveries to list. The newest come first; `before` is the `next` of the page before. */
export type ListingFilter = {
  /** Any state of a delivery, or `dead` for what waits for a person: held, or rejected and not corrected since. */
  readonly states: readonly string[];
  readonly entity: string | undefined;
  readonly interface: string | undefined;
  /** An ERP key, an idempotency key or a platform id, exactly. */
  readonly q: string | undefined;
  readonly before: number | undefined;
  readonly limit: number;
};

/** One delivery as lists show it, without its record. */
export type ListedDelivery = {
  readonly id: number;
  readonly account: string;
  readonly entity: string;
  readonly key: string;
  readonly op: string;
  readonly interface: string;
  readonly state: string;
  readonly attempts: number;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly idempotencyKey: string | null;
  readonly platformId: string | null;
  readonly waitsFor: string | null;
  readonly capturedAt: Date;
  readonly dueAt: Date | null;
  readonly sentAt: Date | null;
  readonly closedAt: Date | null;
};

/** A page of deliveries; `next` continues it, and is undefined at the end. */
export type Listing = { readonly deliveries: readonly ListedDelivery[]; readonly next: number | undefined };

/** How many rows one page looks at, where no index gives the filter in the order of ids. */
const WINDOW = 20_000;

/** The id above all others. */
const NEWEST = Number.MAX_SAFE_INTEGER;

/**
 * Lists deliveries, newest first. Every page reads a bounded number of rows, whatever the filter: a page may hold fewer
 * than `limit`, or none, and still have a `next`.
 *
 * @param entities the known entities: with them a key is found through the index that begins with the entity.
 */
export async function listDeliveries(
  database: Database,
  filter: ListingFilter,
  entities: readonly string[],
): Promise<Listing> {
  const { kysely } = database;
  const page =
    filter.q === undefined ? await pageOfIds(kysely, filter) : await findIds(kysely, filter, entities);
  const deliveries = await readListed(kysely, page.ids);
  return { deliveries, next: page.next };
}

/** How many deliveries wait for a person; `more` where counting stopped before the end. */
export async function countDead(
  { kysely }: Database,
  most: number,
): Promise<{ readonly count: number; readonly more: boolean }> {
  const filter = {
    states: ['dead'],
    entity: undefined,
    interface: undefined,
    q: undefined,
    before: undefined,
  };
  const { ids, next } = await pageOfIds(kysely, { ...filter, limit: most });
  return { count: ids.length, more: next !== undefined };
}

type IdPage = { readonly ids: readonly number[]; readonly next: number | undefined };

/** One page of ids for each state, each through its own index range, merged. */
async function pageOfIds(executor: Executor, filter: ListingFilter): Promise<IdPage> {
  const branches = filter.states.length === 0 ? [undefined] : filter.states.flatMap(statesOf);
  const pages: IdPage[] = [];
  for (const branch of branches) pages.push(await windowOfIds(executor, filter, branch));
  return mergePages(pages, filter.limit);
}

type Branch = { readonly state: string; readonly uncorrected: boolean };

function statesOf(state: string): Branch[] {
  if (state !== 'dead') return [{ state, uncorrected: false }];
  return [
    { state: 'held', uncorrected: false },
    { state: 'rejected', uncorrected: true },
  ];
}

async function windowOfIds(
  executor: Executor,
  filter: ListingFilter,
  branch: Branch | undefined,
): Promise<IdPage> {
  const { before = NEWEST, limit } = filter;
  const state = branch === undefined ? sql`` : sql`AND state = ${branch.state}`;
  const window = sql`SELECT id, account, entity, entity_key, interface FROM ctg_delivery WHERE id < ${before} ${state} ORDER BY id DESC`;
  const conditions = [
    ...(filter.entity === undefined ? [] : [sql`w.entity = ${filter.entity}`]),
    ...(filter.interface === undefined ? [] : [sql`w.interface = ${filter.interface}`]),
    ...(branch?.uncorrected ? [NOT_CORRECTED] : []),
  ];
  const where = conditions.length === 0 ? sql`` : sql`WHERE ${sql.join(conditions, sql` AND `)}`;
  const { rows } = await sql<{ id: number }>`
    SELECT w.id FROM (${window} LIMIT ${sql.lit(WINDOW)}) w ${where} ORDER BY w.id DESC LIMIT ${sql.lit(limit)}`.execute(
    executor,
  );
  const ids = rows.map(({ id }) => Number(id));
  if (ids.length === limit) return { ids, next: ids.at(-1) };
  return { ids, next: await endOfWindow(executor, window) };
}

/** The lowest id of a full window; undefined where the rows ended before it did. */
async function endOfWindow(executor: Executor, window: RawBuilder<unknown>): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`${window} LIMIT 1 OFFSET ${sql.lit(WINDOW - 1)}`.execute(
    executor,
  );
  return rows[0] && Number(rows[0].id);
}

/** A rejected change needs nobody any more once the record was changed again. */
const NOT_CORRECTED = sql`NOT EXISTS (SELECT 1 FROM ctg_delivery n WHERE n.entity = w.entity
  AND n.entity_key = w.entity_key AND n.account = w.account AND n.id > w.id)`;

/** Merges pages that each begin at the same id: beyond the end of the shortest nothing is known of it yet. */
function mergePages(pages: readonly IdPage[], limit: number): IdPage {
  const ends = pages.flatMap(({ next }) => (next === undefined ? [] : [next]));
  const end = ends.length === 0 ? undefined : Math.max(...ends);
  const all = [...new Set(pages.flatMap(({ ids }) => ids))]
    .filter((id) => end === undefined || id >= end)
    .sort((one, other) => other - one);
  const ids = all.slice(0, limit);
  return { ids, next: all.length > limit ? ids.at(-1) : end };
}

/** Finds by key, idempotency key or platform id, each through its index. */
async function findIds(
  executor: Executor,
  filter: ListingFilter,
  entities: readonly string[],
): Promise<IdPage> {
  const { q = '', before = NEWEST, limit } = filter;
  const text = q.trim();
  const wanted = filter.entity === undefined ? entities : [filter.entity];
  const base = () => {
    let query = executor.selectFrom('ctg_delivery').select('id').where('id', '<', before);
    if (filter.entity !== undefined) query = query.where('entity', '=', filter.entity);
    if (filter.interface !== undefined) query = query.where('interface', '=', filter.interface);
    const states = filter.states.flatMap(statesOf).map(({ state }) => state);
    if (states.length > 0) query = query.where('state', 'in', states);
    return query.orderBy('id', 'desc').limit(limit);
  };
  const found = [
    await base()
      .where('entity', 'in', [...wanted])
      .where('entity_key', '=', text)
      .execute(),
    await base().where('idempotency_key', '=', text).execute(),
    await base().where('platform_id', '=', text).execute(),
  ];
  const all = [...new Set(found.flat().map(({ id }) => id))].sort((one, other) => other - one);
  const ids = all.slice(0, limit);
  return { ids, next: ids.length === limit ? ids.at(-1) : undefined };
}

async function readListed(executor: Executor, ids: readonly number[]): Promise<ListedDelivery[]> {
  if (ids.length === 0) return [];
  const rows = await executor
    .selectFrom('ctg_delivery')
    .select([
      'id',
      'account',
      'entity',
      'entity_key as key',
      'op',
      'interface',
      'state',
      'attempts',
      'outcome',
      'reason',
      'idempotency_key as idempotencyKey',
      'platform_id as platformId',
      'waits_for as waitsFor',
      'captured_at as capturedAt',
      'due_at as dueAt',
      'sent_at as sentAt',
      'closed_at as closedAt',
    ])
    .where('id', 'in', [...ids])
    .orderBy('id', 'desc')
    .execute();
  return rows;
}
