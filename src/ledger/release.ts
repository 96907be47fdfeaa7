import { type RawBuilder, sql } from 'kysely';
import { type Dialect, type Executor, now } from '../erp/database.ts';
import { jsonRows } from '../erp/json-rows.ts';
import type { ClaimedDelivery } from './claims.ts';
import { CANNOT_CHANGE } from './decide.ts';
import type { ReadyDelivery } from './relay-store.ts';
import { laneOf, type Settlement } from './settlement.ts';
import { type Lane, laneText, type OpenState } from './states.ts';
import type { Tally } from './tally.ts';

/**
 * Lets the next change of each closed record through. Where an accepted record cannot be changed any more, the changes
 * behind it end: the same content is `unchanged`, any other is refused.
 */
export async function promoteQueued(
  executor: Executor,
  dialect: Dialect,
  closing: readonly Settlement[],
  tally: Tally,
): Promise<ReadyDelivery[]> {
  const ready: ReadyDelivery[] = [];
  const queuing = closing.filter((each) => each.queues);
  const behind = await lanesWithQueued(executor, dialect, queuing);
  for (const each of queuing) {
    if (!behind.has(laneText(laneOf(each.claim)))) continue;
    if (each.state === 'accepted' && !each.changeable) await endQueued(executor, dialect, each, tally);
    else ready.push(...(await promoteNext(executor, dialect, each.claim)));
  }
  return ready;
}

/** The few lanes in which something waits its turn, found with one statement for all. */
async function lanesWithQueued(
  executor: Executor,
  dialect: Dialect,
  group: readonly Settlement[],
): Promise<ReadonlySet<string>> {
  if (group.length === 0) return new Set();
  const lanes = group.map((each) => laneOf(each.claim));
  const source = jsonRows(dialect, lanes, 'v', { account: 'text', entity: 'text', key: 'text' });
  const key = sql.id('key');
  const { rows } = await sql<Lane>`SELECT v.account, v.entity, v.${key} FROM ${source}
    WHERE (SELECT d.id FROM ctg_delivery d WHERE d.entity = v.entity AND d.entity_key = v.${key}
      AND d.account = v.account AND d.state = 'queued' LIMIT 1) IS NOT NULL`.execute(executor);
  return new Set(rows.map(laneText));
}

/** A doubt outlives a wait: what may have been sent before it is verified, not sent, when its turn comes. */
function releasedState(): RawBuilder<OpenState> {
  return sql`CASE WHEN outcome = 'in-doubt' THEN 'in_doubt' ELSE 'waiting' END`;
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
    .set({ state: releasedState(), open_lane: laneText(laneOf(claim)), due_at: now(dialect) })
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
export async function unblock(
  executor: Executor,
  dialect: Dialect,
  group: readonly Settlement[],
): Promise<ReadyDelivery[]> {
  const accepted = group.filter((each) => each.state === 'accepted' && each.platformId !== undefined);
  const refused = group.filter((each) => each.state === 'rejected');
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
    .set({ state: releasedState(), waits_for: null, reason: null, due_at: now(dialect) })
    .where(
      'id',
      'in',
      rows.map((row) => row.id),
    )
    .execute();
  return rows;
}
