import { type RawBuilder, sql } from 'kysely';
import { type Database, type Dialect, type Executor, fromNow, now } from '../erp/database.ts';
import { jsonRows } from '../erp/json-rows.ts';
import { type OutboxEntry, writeOutbox } from '../erp/outbox.ts';
import { type NewBinding, writeBindings } from './bindings.ts';
import type { ClaimedDelivery } from './claims.ts';
import { CANNOT_CHANGE } from './decide.ts';
import type { ReadyDelivery } from './relay-store.ts';
import { eraseSecrets } from './secrets.ts';
import { type ClosedState, type DeliveryState, type Lane, laneText, type OpenState } from './states.ts';
import { Tally } from './tally.ts';
import { type NewWatch, writeWatches } from './watches.ts';

/** An attempt to be kept for the record's timeline. */
export type AttemptNote = {
  readonly interface: string;
  readonly stage: string;
  readonly outcome: string;
  readonly message: string | undefined;
  readonly durationMs: number;
};

/** What one processing of a delivery came to. */
export type Settlement = {
  readonly claim: ClaimedDelivery;
  readonly state: ClosedState | Extract<OpenState, 'waiting' | 'in_doubt' | 'held'>;
  readonly outcome: string;
  readonly reason: string | undefined;
  readonly progress: Record<string, unknown> | undefined;
  /** When it may go again, from now; only for `waiting` and `in_doubt`. */
  readonly retryInMs: number | undefined;
  /** Whether the attempt counts; a busy platform or a closed circuit uses none up. */
  readonly countsAttempt: boolean;
  readonly platformId: string | undefined;
  /** Whether the platform holds the record afterwards; only for `accepted`. */
  readonly present: boolean;
  readonly attempts: readonly AttemptNote[];
  readonly followUps: readonly OutboxEntry[];
  readonly watches: readonly NewWatch[];
  /** Whether accepted records of this entity can be changed later; if not, queued changes end here. */
  readonly changeable: boolean;
  readonly queues: boolean;
  /** Fields of the record that are erased once it is closed. */
  readonly secretFields: readonly string[];
};

/** What became of a settlement: `again` when a newer state slipped in and goes next, `lost` when the claim was. */
export type Settled = 'closed' | 'open' | 'again' | 'lost';

/** The result of a group of settlements, in their order, with what may be sent because of them. */
export type SettledGroup = { readonly results: readonly Settled[]; readonly ready: readonly ReadyDelivery[] };

type Locked = { version: number };

/**
 * Writes what a group of sends came to, in one transaction: outcomes, bindings, attempts, watches, what follows, and
 * the next change of each record. All of it is there, or none.
 */
export async function settleDeliveries(
  database: Database,
  agent: { readonly id: string; readonly shard: number },
  group: readonly Settlement[],
): Promise<SettledGroup> {
  const { dialect } = database;
  return database.transact(async (transaction) => {
    const locked = await lockClaimed(transaction, agent.id, group);
    const results = group.map((each) => judge(each, locked.get(each.claim.id)));
    const mine = group.filter((_, index) => results[index] !== 'lost');
    const closing = group.filter((_, index) => results[index] === 'closed');
    await updateDeliveries(
      transaction,
      dialect,
      group.map((each, index) => ({ ...each, result: results[index] ?? 'lost' })),
    );
    await eraseClosedSecrets(transaction, closing);
    await writeBindings(transaction, dialect, mine.flatMap(bindingOf));
    await writeAttempts(transaction, mine);
    await writeWatches(
      transaction,
      dialect,
      mine.flatMap((each) => each.watches),
    );
    await writeOutbox(
      transaction,
      mine.flatMap((each) => each.followUps),
    );
    const tally = new Tally();
    for (const each of closing) tally.add(each.claim.entity, closedState(each));
    const ready = [
      ...(await promoteQueued(transaction, dialect, closing, tally)),
      ...(await unblock(transaction, dialect, mine)),
    ];
    await tally.write(transaction, dialect, agent.shard);
    return { results, ready };
  });
}

async function lockClaimed(
  executor: Executor,
  agentId: string,
  group: readonly Settlement[],
): Promise<ReadonlyMap<number, Locked>> {
  const rows = await executor
    .selectFrom('ctg_delivery')
    .select(['id', 'version'])
    .where(
      'id',
      'in',
      group.map((each) => each.claim.id),
    )
    .where('claimed_by', '=', agentId)
    .orderBy('id')
    .forUpdate()
    .execute();
  return new Map(rows.map((row) => [row.id, { version: row.version }]));
}

function judge({ claim, state }: Settlement, locked: Locked | undefined): Settled {
  if (!locked) return 'lost';
  if (isOpen(state)) return 'open';
  return locked.version === claim.version ? 'closed' : 'again';
}

function isOpen(state: DeliveryState): state is OpenState {
  return state === 'waiting' || state === 'in_doubt' || state === 'held';
}

function closedState({ state }: Settlement): ClosedState {
  if (isOpen(state)) throw new Error(`A delivery in state ${state} is not closed.`);
  return state;
}

type Judged = Settlement & { readonly result: Settled };

async function updateDeliveries(
  executor: Executor,
  dialect: Dialect,
  group: readonly Judged[],
): Promise<void> {
  const rows = group.filter((each) => each.result !== 'lost').map(updateRow);
  if (rows.length === 0) return;
  const source = jsonRows(dialect, rows, 'v', {
    id: 'bigint',
    state: 'text',
    outcome: 'text',
    reason: 'text',
    progress: 'text',
    platform_id: 'text',
    due_ms: 'bigint',
    uncounted: 'integer',
    closed: 'integer',
  });
  const due = fromNow(dialect, sql`v.due_ms`);
  const set = (d: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    ${d}state = v.state, ${d}outcome = v.outcome, ${d}reason = v.reason, ${d}progress = v.progress,
    ${d}platform_id = COALESCE(v.platform_id, d.platform_id), ${d}claimed_by = NULL,
    ${d}attempts = d.attempts - v.uncounted,
    ${d}due_at = CASE WHEN v.due_ms IS NULL THEN NULL ELSE ${due} END,
    ${d}open_lane = CASE WHEN v.closed = 1 THEN NULL ELSE d.open_lane END,
    ${d}closed_at = CASE WHEN v.closed = 1 THEN ${now(dialect)} END`;
  if (dialect === 'postgres') {
    await sql`UPDATE ctg_delivery d SET ${set(sql``)} FROM ${source} WHERE d.id = v.id`.execute(executor);
  } else {
    await sql`UPDATE ctg_delivery d JOIN ${source} ON d.id = v.id SET ${set(sql`d.`)}`.execute(executor);
  }
}

function updateRow(
  each: Judged,
): Record<
  'id' | 'state' | 'outcome' | 'reason' | 'progress' | 'platform_id' | 'due_ms' | 'uncounted' | 'closed',
  string | number | null
> {
  const closed = each.result === 'closed';
  const again = each.result === 'again';
  const progress = again ? undefined : each.progress;
  return {
    id: each.claim.id,
    state: again ? 'waiting' : each.state,
    outcome: each.outcome,
    reason: again ? null : (each.reason?.slice(0, 1000) ?? null),
    progress: progress === undefined || Object.keys(progress).length === 0 ? null : JSON.stringify(progress),
    platform_id: each.platformId ?? null,
    due_ms: closed || each.state === 'held' ? null : again ? 0 : Math.round(each.retryInMs ?? 0),
    uncounted: each.countsAttempt ? 0 : 1,
    closed: closed ? 1 : 0,
  };
}

/** A literal password is needed no longer once its delivery is closed. */
async function eraseClosedSecrets(executor: Executor, closing: readonly Settlement[]): Promise<void> {
  for (const { claim, secretFields } of closing) {
    if (secretFields.length === 0 || claim.record === undefined) continue;
    const record = eraseSecrets(claim.record, secretFields);
    await executor.updateTable('ctg_delivery').set({ record }).where('id', '=', claim.id).execute();
  }
}

function bindingOf({ claim, state, platformId, present, secretFields }: Settlement): NewBinding[] {
  if (state !== 'accepted') return [];
  const lane = laneOf(claim);
  const id = present ? (platformId ?? claim.bound?.platformId) : undefined;
  return [
    {
      lane,
      platformId: id,
      present,
      hash: claim.hash,
      record: claim.record && eraseSecrets(claim.record, secretFields),
      deliveryId: claim.id,
    },
  ];
}

function laneOf({ account, entity, key }: ClaimedDelivery): Lane {
  return { account, entity, key };
}

async function writeAttempts(executor: Executor, group: readonly Settlement[]): Promise<void> {
  const values = group.flatMap(({ claim, attempts }) =>
    attempts.map((attempt) => ({
      delivery_id: claim.id,
      interface: attempt.interface,
      stage: attempt.stage,
      outcome: attempt.outcome,
      message: attempt.message?.slice(0, 1000) ?? null,
      duration_ms: Math.round(attempt.durationMs),
    })),
  );
  if (values.length > 0) await executor.insertInto('ctg_attempt').values(values).execute();
}

/**
 * Lets the next change of each closed record through. Where an accepted record cannot be changed any more, the changes
 * behind it end: the same content is `unchanged`, any other is refused.
 */
async function promoteQueued(
  executor: Executor,
  dialect: Dialect,
  closing: readonly Settlement[],
  tally: Tally,
): Promise<ReadyDelivery[]> {
  const ready: ReadyDelivery[] = [];
  for (const each of closing) {
    if (!each.queues) continue;
    if (each.state === 'accepted' && !each.changeable) await endQueued(executor, dialect, each, tally);
    else ready.push(...(await promoteNext(executor, dialect, each.claim)));
  }
  return ready;
}

function queuedBehind(executor: Executor, claim: ClaimedDelivery) {
  return executor
    .selectFrom('ctg_delivery')
    .select(['id', 'interface', 'entity', 'entity_key', 'version', 'content_hash'])
    .where('entity', '=', claim.entity)
    .where('entity_key', '=', claim.key)
    .where('account', '=', claim.account)
    .where('state', '=', 'queued')
    .orderBy('id')
    .forUpdate();
}

async function promoteNext(
  executor: Executor,
  dialect: Dialect,
  claim: ClaimedDelivery,
): Promise<ReadyDelivery[]> {
  const next = await queuedBehind(executor, claim).limit(1).executeTakeFirst();
  if (!next) return [];
  await executor
    .updateTable('ctg_delivery')
    .set({ state: 'waiting', open_lane: laneText(laneOf(claim)), due_at: now(dialect) })
    .where('id', '=', next.id)
    .execute();
  return [next];
}

async function endQueued(
  executor: Executor,
  dialect: Dialect,
  each: Settlement,
  tally: Tally,
): Promise<void> {
  for (const row of await queuedBehind(executor, each.claim).execute()) {
    const same = row.content_hash === each.claim.hash;
    const state = same ? 'unchanged' : 'rejected';
    await executor
      .updateTable('ctg_delivery')
      .set({ state, reason: same ? null : CANNOT_CHANGE, closed_at: now(dialect), due_at: null })
      .where('id', '=', row.id)
      .execute();
    tally.add(row.entity, state);
  }
}

/** Frees the deliveries that waited for a record which the platform now holds; tells those whose record was refused why they wait. */
async function unblock(
  executor: Executor,
  dialect: Dialect,
  group: readonly Settlement[],
): Promise<ReadyDelivery[]> {
  const accepted = group.filter((each) => each.state === 'accepted' && each.platformId !== undefined);
  const refused = group.filter((each) => each.state === 'rejected' && each.queues);
  for (const each of refused) {
    const reason =
      `Waits for ${each.claim.entity} ${each.claim.key}, which was rejected: ${each.reason ?? ''}`.slice(
        0,
        1000,
      );
    await executor
      .updateTable('ctg_delivery')
      .set({ reason })
      .where('waits_for', '=', laneText(laneOf(each.claim)))
      .where('state', '=', 'blocked')
      .execute();
  }
  return unblockLanes(
    executor,
    dialect,
    accepted.map((each) => laneText(laneOf(each.claim))),
  );
}

/** Frees what waits for these lanes. */
export async function unblockLanes(
  executor: Executor,
  dialect: Dialect,
  lanes: readonly string[],
): Promise<ReadyDelivery[]> {
  if (lanes.length === 0) return [];
  const rows = await executor
    .selectFrom('ctg_delivery')
    .select(['id', 'interface', 'entity', 'entity_key', 'version'])
    .where('waits_for', 'in', [...lanes])
    .where('state', '=', 'blocked')
    .orderBy('id')
    .forUpdate()
    .execute();
  if (rows.length === 0) return [];
  await executor
    .updateTable('ctg_delivery')
    .set({ state: 'waiting', waits_for: null, reason: null, due_at: now(dialect) })
    .where(
      'id',
      'in',
      rows.map((row) => row.id),
    )
    .execute();
  return rows;
}
