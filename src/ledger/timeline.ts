import type { Selectable } from 'kysely';
import type { Database, Executor } from '../erp/database.ts';
import type {
  AttemptTable,
  BindingTable,
  DeliveryTable,
  InboxTable,
  StatusTable,
  WatchTable,
  WriteBackTable,
} from '../erp/tables.ts';
import { INTERFACES } from '../mappers/registry.ts';
import { readSnapshot } from './snapshot.ts';
import { laneText } from './states.ts';

/** Which record; without an account, those of all accounts. */
export type TimelineRequest = {
  readonly entity: string;
  readonly key: string;
  readonly account: string | undefined;
};

/** A current status, and which table shows it. */
export type ShownStatus = Selectable<StatusTable> & { readonly kind: 'order' | 'logistics' | 'return' };

/** A delivery with the attempts that did not simply succeed. */
export type DeliveryHistory = Selectable<DeliveryTable> & {
  readonly tries: readonly Selectable<AttemptTable>[];
};

/** Everything that is kept of one record. */
export type Timeline = {
  /** Newest first. */
  readonly deliveries: readonly DeliveryHistory[];
  readonly bindings: readonly Selectable<BindingTable>[];
  readonly watches: readonly Selectable<WatchTable>[];
  readonly statuses: readonly ShownStatus[];
  readonly inbox: readonly Selectable<InboxTable>[];
  /** What the ERP's own table is still to be told. */
  readonly writeBacks: readonly Selectable<WriteBackTable>[];
  /** Changes that the relay has not taken over yet. */
  readonly waitingInOutbox: number;
  /** Records that wait for this one. */
  readonly waitedFor: readonly Pick<Selectable<DeliveryTable>, 'id' | 'entity' | 'entity_key'>[];
};

/** Deliveries and inbox entries of one record that are read at most: the newest. */
const MOST = 100;
const MOST_ATTEMPTS = 500;

/** Reads what is kept of a record, as it was at one moment. Every part goes through an index, except for the outbox, which has none by key. */
export async function readTimeline(database: Database, request: TimelineRequest): Promise<Timeline> {
  return readSnapshot(database, (snapshot) => readParts(snapshot, request));
}

async function readParts(executor: Executor, request: TimelineRequest): Promise<Timeline> {
  const deliveries = await readDeliveries(executor, request);
  const bindings = await readBindings(executor, request);
  const ids = new Set(
    [...deliveries, ...bindings].flatMap(({ platform_id: id }) => (id === null ? [] : [id])),
  );
  const accounts = new Set([...deliveries, ...bindings].map(({ account }) => account));
  return {
    deliveries: await withAttempts(executor, deliveries),
    bindings,
    watches: await readWatches(executor, request, [...ids], [...accounts]),
    statuses: (await readStatuses(executor, request)).filter((row) => ids.has(row.platform_id)),
    inbox: (await readInbox(executor, request)).filter((row) => ids.has(row.platform_id)),
    writeBacks: await readWriteBacks(executor, request),
    waitingInOutbox: await countOutbox(executor, request),
    waitedFor: await readWaiting(executor, request, [...accounts]),
  };
}

async function readDeliveries(executor: Executor, { entity, key, account }: TimelineRequest) {
  const query = executor
    .selectFrom('ctg_delivery')
    .selectAll()
    .where('entity', '=', entity)
    .where('entity_key', '=', key);
  const ofAccount = account === undefined ? query : query.where('account', '=', account);
  return ofAccount.orderBy('id', 'desc').limit(MOST).execute();
}

async function withAttempts(
  executor: Executor,
  deliveries: readonly Selectable<DeliveryTable>[],
): Promise<DeliveryHistory[]> {
  if (deliveries.length === 0) return [];
  const rows = await executor
    .selectFrom('ctg_attempt')
    .selectAll()
    .where(
      'delivery_id',
      'in',
      deliveries.map(({ id }) => id),
    )
    .orderBy('id', 'desc')
    .limit(MOST_ATTEMPTS)
    .execute();
  const byDelivery = Map.groupBy(rows.reverse(), (row) => row.delivery_id);
  return deliveries.map((delivery) => ({ ...delivery, tries: byDelivery.get(delivery.id) ?? [] }));
}

async function readBindings(executor: Executor, { entity, key, account }: TimelineRequest) {
  const query = executor
    .selectFrom('ctg_binding')
    .selectAll()
    .where('entity', '=', entity)
    .where('entity_key', '=', key);
  return (account === undefined ? query : query.where('account', '=', account)).execute();
}

async function readWriteBacks(executor: Executor, { entity, key, account }: TimelineRequest) {
  const query = executor
    .selectFrom('ctg_write_back')
    .selectAll()
    .where('entity', '=', entity)
    .where('entity_key', '=', key);
  const ofAccount = account === undefined ? query : query.where('account', '=', account);
  return ofAccount.orderBy('id').limit(MOST).execute();
}

async function readWatches(
  executor: Executor,
  { key }: TimelineRequest,
  ids: readonly string[],
  accounts: readonly string[],
) {
  const polls = INTERFACES.filter((each) => each.poll).map((each) => each.name);
  if (ids.length === 0 || polls.length === 0) return [];
  return executor
    .selectFrom('ctg_watch')
    .selectAll()
    .where('account', 'in', [...accounts])
    .where('poll', 'in', polls)
    .where('platform_id', 'in', [...ids])
    .where('entity_key', '=', key)
    .execute();
}

async function readStatuses(executor: Executor, { key, account }: TimelineRequest): Promise<ShownStatus[]> {
  const tables = {
    order: 'ctg_order_status',
    logistics: 'ctg_logistics_status',
    return: 'ctg_return_status',
  } as const;
  const found: ShownStatus[] = [];
  for (const kind of ['order', 'logistics', 'return'] as const) {
    const query = executor.selectFrom(tables[kind]).selectAll().where('entity_key', '=', key);
    const rows = await (account === undefined ? query : query.where('account', '=', account)).execute();
    found.push(...rows.map((row) => ({ kind, ...row })));
  }
  return found;
}

async function readInbox(executor: Executor, { key, account }: TimelineRequest) {
  const query = executor.selectFrom('ctg_inbox').selectAll().where('entity_key', '=', key);
  const ofAccount = account === undefined ? query : query.where('account', '=', account);
  return ofAccount.orderBy('id', 'desc').limit(MOST).execute();
}

async function countOutbox(executor: Executor, { entity, key, account }: TimelineRequest): Promise<number> {
  const query = executor
    .selectFrom('ctg_outbox')
    .select((builder) => builder.fn.countAll().as('count'))
    .where('entity', '=', entity)
    .where('entity_key', '=', key);
  const row = await (account === undefined ? query : query.where('account', '=', account)).executeTakeFirst();
  return Number(row?.count ?? 0);
}

async function readWaiting(
  executor: Executor,
  { entity, key, account }: TimelineRequest,
  accounts: readonly string[],
) {
  const all = account === undefined ? accounts : [account];
  if (all.length === 0) return [];
  return executor
    .selectFrom('ctg_delivery')
    .select(['id', 'entity', 'entity_key'])
    .where(
      'waits_for',
      'in',
      all.map((each) => laneText({ account: each, entity, key })),
    )
    .where('state', '=', 'blocked')
    .orderBy('id')
    .limit(MOST)
    .execute();
}
