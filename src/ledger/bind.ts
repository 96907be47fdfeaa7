import { hash } from 'node:crypto';
import { type Database, type Executor, now } from '../erp/database.ts';
import type { Consequences, MapperOptions, PlatformInterface, Push } from '../mappers/interface.ts';
import { findBound, writeBindings } from './bindings.ts';
import {
  type ActingAgent,
  claimForPerson,
  conflict,
  type DeliveryRow,
  type Refusal,
  settledByPerson,
  within,
} from './hand.ts';
import type { ReadyDelivery } from './relay-store.ts';
import { unblockLanes } from './release.ts';
import { settleDeliveries } from './settle.ts';
import { type Lane, laneText } from './states.ts';
import { writeWatches } from './watches.ts';

/** A person's word on what the platform holds for a record. */
export type BindRequest = {
  readonly lane: Lane;
  readonly platformId: string;
  /** Whether another id that the record is bound to may be replaced. */
  readonly replace: boolean;
};

/** What binding needs to know of the record's interface. */
export type BindContext = {
  readonly target: PlatformInterface;
  readonly push: Push;
  readonly mapperOptions: MapperOptions;
  readonly agent: ActingAgent;
  /** The record as the ERP has it now, where it can be read. */
  readonly sourceRecord: unknown;
};

/** What a binding led to. */
export type BoundByPerson =
  | {
      readonly kind: 'bound';
      /** The delivery that is accepted by it. */
      readonly accepted: number | undefined;
      /** The delivery that goes on with it. */
      readonly resumed: number | undefined;
      readonly ready: readonly ReadyDelivery[];
    }
  | Refusal;

type Transaction = Parameters<Parameters<Database['transact']>[0]>[0];

/**
 * Binds a record to a platform id, and lets everything go on that waited for it.
 *
 * For what happens once (an order) the word is the effect: a held delivery ends as accepted, its reminders are written
 * and its status is polled. For what has a newest state (a customer) it only says which one is meant: a held delivery
 * goes on, looks at that id and changes it where it differs.
 */
export async function bindRecord(
  database: Database,
  request: BindRequest,
  context: BindContext,
): Promise<BoundByPerson> {
  return database.transact(async (transaction) => {
    const lane = laneText(request.lane);
    const open = await transaction
      .selectFrom('ctg_delivery')
      .selectAll()
      .where('open_lane', '=', lane)
      .forUpdate()
      .executeTakeFirst();
    const refusal = (await taken(transaction, request)) ?? whyNot(open, context);
    if (refusal) return refusal;
    const done = await bindLane(transaction, database, request, context, open);
    const freed = await unblockLanes(transaction, database.dialect, [lane]);
    return { kind: 'bound', ...done, ready: [...done.ready, ...freed] };
  });
}

async function taken(
  executor: Executor,
  { lane, platformId, replace }: BindRequest,
): Promise<Refusal | undefined> {
  const rows = await executor
    .selectFrom('ctg_binding')
    .select(['entity_key', 'platform_id', 'present'])
    .where('account', '=', lane.account)
    .where('entity', '=', lane.entity)
    .where((where) => where.or([where('entity_key', '=', lane.key), where('platform_id', '=', platformId)]))
    .execute();
  const other = rows.find((row) => row.entity_key !== lane.key);
  if (other) {
    return conflict(
      `The id ${platformId} is bound to ${lane.entity} ${other.entity_key}.`,
      'Look up which record it belongs to; one id belongs to one record.',
    );
  }
  const own = rows.find((row) => row.present === 1 && row.platform_id !== null);
  if (!own || own.platform_id === platformId || replace) return undefined;
  return conflict(
    `${lane.entity} ${lane.key} is bound to ${own.platform_id} already.`,
    'To bind it to another id all the same, send "replace": true (bind --replace).',
  );
}

function whyNot(open: DeliveryRow | undefined, { target }: BindContext): Refusal | undefined {
  if (!open || open.state === 'held') return undefined;
  if (target.kind === 'latest' && open.state !== 'in_doubt' && open.claimed_by === null) return undefined;
  return conflict(
    `Delivery ${open.id} of this record is ${open.state}: the platform may still be told of it.`,
    'Wait until it is accepted or held; a delivery that must not go can be dropped first.',
  );
}

type Done = {
  readonly accepted: number | undefined;
  readonly resumed: number | undefined;
  readonly ready: readonly ReadyDelivery[];
};

async function bindLane(
  transaction: Transaction,
  database: Database,
  request: BindRequest,
  context: BindContext,
  open: DeliveryRow | undefined,
): Promise<Done> {
  if (open?.state === 'held' && context.target.kind === 'once') {
    return acceptHeld(transaction, database, request, context, open);
  }
  await bindAlone(transaction, database, request, context, open);
  if (open?.state !== 'held') return { accepted: undefined, resumed: undefined, ready: [] };
  const version = open.version + 1;
  await transaction
    .updateTable('ctg_delivery')
    .set({ state: 'in_doubt', due_at: now(database.dialect), progress: null, version, claimed_by: null })
    .where('id', '=', open.id)
    .execute();
  const { id, interface: name, entity, entity_key } = open;
  return { accepted: undefined, resumed: id, ready: [{ id, interface: name, entity, entity_key, version }] };
}

/** The held delivery ends as if the platform had answered with this id. */
async function acceptHeld(
  transaction: Transaction,
  database: Database,
  { lane, platformId }: BindRequest,
  context: BindContext,
  open: DeliveryRow,
): Promise<Done> {
  const claim = await claimForPerson(transaction, context.agent, open);
  const settlement = settledByPerson(claim, 'accepted', `Bound to ${platformId} by a person.`);
  const { changes, watches } = await consequencesOf(transaction, database, { lane, platformId }, context, {
    record: JSON.parse(open.record ?? 'null'),
    frozen: JSON.parse(open.frozen ?? '{}'),
    progress: JSON.parse(open.progress ?? '{}'),
  });
  const { ready } = await settleDeliveries(within(database, transaction), context.agent, [
    {
      ...settlement,
      platformId,
      watches: watches.map((watch) => ({ account: lane.account, key: lane.key, ...watch })),
      followUps: changes.map(({ entity, key, record }) => ({
        account: lane.account,
        entity,
        key,
        op: 'upsert',
        payload: record,
      })),
    },
  ]);
  return { accepted: open.id, resumed: undefined, ready };
}

/**
 * A binding without a delivery that it settles. What was placed without the agent is only watched from now on: nobody
 * is reminded of it.
 */
async function bindAlone(
  transaction: Transaction,
  database: Database,
  { lane, platformId }: BindRequest,
  context: BindContext,
  open: DeliveryRow | undefined,
): Promise<void> {
  const known = await knownRecord(transaction, lane, context, open);
  const json = known === undefined ? undefined : JSON.stringify(known);
  // Without a hash the next change of a *latest* record is sent even if it looks the same: what the platform holds
  // under this id was never compared. What happens once is as it was placed.
  const contentHash =
    json === undefined || context.target.kind === 'latest' ? undefined : hash('sha256', json, 'base64url');
  await writeBindings(transaction, database.dialect, [
    { lane, platformId, present: true, hash: contentHash, record: json, deliveryId: undefined },
  ]);
  if (known === undefined) return;
  const { watches } = await consequencesOf(transaction, database, { lane, platformId }, context, {
    record: known,
    frozen: {},
    progress: {},
  });
  await writeWatches(
    transaction,
    database.dialect,
    watches.map((watch) => ({ account: lane.account, key: lane.key, ...watch })),
  );
}

/** The record as the ERP has it, else as its newest delivery had it; only a sound one. */
async function knownRecord(
  executor: Executor,
  lane: Lane,
  { push, sourceRecord }: BindContext,
  open: DeliveryRow | undefined,
): Promise<unknown> {
  const last =
    open ??
    (await executor
      .selectFrom('ctg_delivery')
      .select('record')
      .where('entity', '=', lane.entity)
      .where('entity_key', '=', lane.key)
      .where('account', '=', lane.account)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst());
  for (const candidate of [sourceRecord, JSON.parse(last?.record ?? 'null')]) {
    const parsed = push.parse(candidate);
    if (parsed.ok) return parsed.record;
  }
  return undefined;
}

type Sent = {
  readonly record: unknown;
  readonly frozen: Record<string, unknown>;
  readonly progress: Record<string, unknown>;
};

async function consequencesOf(
  executor: Executor,
  { dialect }: Database,
  { lane, platformId }: Pick<BindRequest, 'lane' | 'platformId'>,
  { push, mapperOptions }: BindContext,
  sent: Sent,
): Promise<Consequences> {
  if (!push.parse(sent.record).ok) return { changes: [], watches: [] };
  const lanes = push.needs(sent.record).map((need) => ({ account: lane.account, ...need }));
  const bound = lanes.length > 0 ? await findBound(executor, dialect, lanes) : new Map<string, string>();
  const context = {
    key: lane.key,
    op: 'upsert' as const,
    ...sent,
    doubt: false,
    bound: undefined,
    needed: lanes.flatMap((each) => bound.get(laneText(each)) ?? []),
    options: mapperOptions,
  };
  return push.follow(context, { platformId });
}
