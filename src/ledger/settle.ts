import { type RawBuilder, sql } from 'kysely';
import { type Database, type Dialect, type Executor, fromNow, isOneOf, now } from '../erp/database.ts';
import { insertedRows, jsonRows } from '../erp/json-rows.ts';
import { writeOutbox } from '../erp/outbox.ts';
import { holdConflicts } from './binding-conflicts.ts';
import { type NewBinding, writeBindings } from './bindings.ts';
import type { ClaimedDelivery } from './claims.ts';
import type { ActingAgent } from './hand.ts';
import { countSends } from './rates.ts';
import type { ReadyDelivery } from './relay-store.ts';
import { promoteQueued, unblock } from './release.ts';
import { eraseSecrets } from './secrets.ts';
import { laneOf, type Settlement } from './settlement.ts';
import type { ClosedState, DeliveryState, OpenState } from './states.ts';
import { Tally } from './tally.ts';
import { writeWatches } from './watches.ts';
import { noteWriteBacks, type WriteBackNote, type WritesBack } from './write-backs.ts';

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
  agent: ActingAgent,
  settlements: readonly Settlement[],
): Promise<SettledGroup> {
  const { dialect } = database;
  return database.transact(async (transaction) => {
    const group = await holdConflicts(transaction, settlements);
    const locked = await lockClaimed(transaction, dialect, agent.id, group);
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
    await writeAttempts(transaction, dialect, mine);
    await noteWriteBacks(
      transaction,
      closing.flatMap((each) => writeBackOf(each, agent.writesBack)),
    );
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
    await countSends(transaction, dialect, agent.shard, mine);
    return { results, ready };
  });
}

async function lockClaimed(
  executor: Executor,
  dialect: Dialect,
  agentId: string,
  group: readonly Settlement[],
): Promise<ReadonlyMap<number, Locked>> {
  const ids = group.map((each) => each.claim.id);
  const rows = await executor
    .selectFrom('ctg_delivery')
    .select(['id', 'version'])
    .where(isOneOf(dialect, 'id', ids))
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
  return state === 'waiting' || state === 'in_doubt' || state === 'held' || state === 'blocked';
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
    waits_for: 'text',
    uncounted: 'integer',
    closed: 'integer',
  });
  const due = fromNow(dialect, sql`v.due_ms`);
  const set = (d: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    ${d}state = v.state, ${d}outcome = v.outcome, ${d}reason = v.reason, ${d}progress = v.progress,
    ${d}platform_id = COALESCE(v.platform_id, d.platform_id), ${d}claimed_by = NULL, ${d}waits_for = v.waits_for,
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
  | 'id'
  | 'state'
  | 'outcome'
  | 'reason'
  | 'progress'
  | 'platform_id'
  | 'due_ms'
  | 'waits_for'
  | 'uncounted'
  | 'closed',
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
    due_ms:
      closed || each.state === 'held' || each.state === 'blocked'
        ? null
        : again
          ? 0
          : Math.round(each.retryInMs ?? 0),
    waits_for: again ? null : (each.waitsFor ?? null),
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

/** What the platform holds is not known: any later change or deletion of the record differs from it, and is sent. */
function unsureBinding(claim: ClaimedDelivery): NewBinding {
  const { record } = claim;
  const platformId = claim.bound?.platformId;
  return { lane: laneOf(claim), platformId, present: true, hash: undefined, record, deliveryId: claim.id };
}

function bindingOf(settlement: Settlement): NewBinding[] {
  const { claim, state, platformId, present, secretFields } = settlement;
  if (state !== 'accepted') return settlement.unsure ? [unsureBinding(claim)] : [];
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

function writeBackOf(
  { claim, state, platformId, reason }: Settlement,
  writesBack: WritesBack,
): WriteBackNote[] {
  if ((state !== 'accepted' && state !== 'rejected') || !writesBack(claim.entity, state)) return [];
  return [
    {
      ...laneOf(claim),
      kind: state,
      op: claim.op,
      platformId: platformId ?? claim.bound?.platformId,
      status: undefined,
      message: reason,
    },
  ];
}

const ATTEMPT_COLUMNS = {
  delivery_id: 'bigint',
  interface: 'text',
  stage: 'text',
  outcome: 'text',
  message: 'text',
  duration_ms: 'bigint',
} as const;

async function writeAttempts(
  executor: Executor,
  dialect: Dialect,
  group: readonly Settlement[],
): Promise<void> {
  const rows = group.flatMap(({ claim, attempts }) =>
    attempts.map((attempt) => ({
      delivery_id: claim.id,
      interface: attempt.interface,
      stage: attempt.stage,
      outcome: attempt.outcome,
      message: attempt.message?.slice(0, 1000) ?? null,
      duration_ms: Math.round(attempt.durationMs),
    })),
  );
  if (rows.length === 0) return;
  const names = Object.keys(ATTEMPT_COLUMNS) as (keyof typeof ATTEMPT_COLUMNS)[];
  const list = sql.join(names.map((name) => sql.ref(name)));
  const source = insertedRows(dialect, rows, ATTEMPT_COLUMNS, (v) => names.map(v));
  await sql`INSERT INTO ctg_attempt (${list}) ${source}`.execute(executor);
}
