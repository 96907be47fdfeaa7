import type { Database, Executor } from '../erp/database.ts';
import {
  type ActingAgent,
  claimForPerson,
  conflict,
  type DeliveryRow,
  lockDelivery,
  noDelivery,
  type Refusal,
  settledByPerson,
  within,
} from './hand.ts';
import type { ReadyDelivery } from './relay-store.ts';
import { settleDeliveries } from './settle.ts';
import { laneText } from './states.ts';
import { Tally } from './tally.ts';

/** What a drop came to; `ready` may be sent because of it. */
export type Dropped = { readonly kind: 'dropped'; readonly ready: readonly ReadyDelivery[] } | Refusal;

/**
 * Gives a delivery up, with a person's note: it is counted as dropped, its record's next change goes, and nothing is
 * sent. A rejected one only leaves the list of what waits for a person. What may be on its way is not dropped: its
 * effect at the platform would never be known.
 */
export async function dropDelivery(
  database: Database,
  agent: ActingAgent,
  id: number,
  note: string,
): Promise<Dropped> {
  return database.transact(async (transaction) => {
    const row = await lockDelivery(transaction, id);
    if (!row) return noDelivery(id);
    if (row.state === 'rejected') return dropRejected(transaction, database, agent, row, note);
    const refusal = whyNot(row);
    if (refusal) return refusal;
    const claim = await claimForPerson(transaction, agent, row);
    const settlement = settledByPerson(claim, 'dropped', note);
    // Only the head of a lane makes room for the next change of its record.
    const queues = settlement.queues && row.open_lane !== null;
    const { ready } = await settleDeliveries(within(database, transaction), agent, [
      { ...settlement, queues },
    ]);
    await tellWaiting(transaction, row, note);
    return { kind: 'dropped', ready };
  });
}

function whyNot({ id, state, claimed_by: sender }: DeliveryRow): Refusal | undefined {
  if (state === 'in_doubt') {
    return conflict(
      `Delivery ${id} was sent and its effect is not known yet.`,
      'Wait until it is verified. If it comes to be held, it can be dropped then.',
    );
  }
  if (state === 'waiting' && sender !== null) {
    return conflict(`Delivery ${id} is being sent at present.`, 'Look at it again in a moment.');
  }
  if (['held', 'blocked', 'queued', 'waiting'].includes(state)) return undefined;
  return conflict(`Delivery ${id} is closed already (${state}).`, 'Nothing has to be done.');
}

/** It stays closed: only the count moves, so that the balance holds. */
async function dropRejected(
  executor: Executor,
  { dialect }: Database,
  agent: ActingAgent,
  row: DeliveryRow,
  note: string,
): Promise<Dropped> {
  const reason = `${note} (was rejected: ${row.reason ?? ''})`.slice(0, 1000);
  await executor
    .updateTable('ctg_delivery')
    .set({ state: 'dropped', outcome: 'dropped', reason })
    .where('id', '=', row.id)
    .execute();
  const tally = new Tally();
  tally.add(row.entity, 'rejected', -1);
  tally.add(row.entity, 'dropped');
  await tally.write(executor, dialect, agent.shard);
  return { kind: 'dropped', ready: [] };
}

/** Deliveries that wait for this record go on waiting, and say why. */
async function tellWaiting(executor: Executor, row: DeliveryRow, note: string): Promise<void> {
  const { account, entity, entity_key: key } = row;
  await executor
    .updateTable('ctg_delivery')
    .set({ reason: `Waits for ${entity} ${key}, which was dropped: ${note}`.slice(0, 1000) })
    .where('waits_for', '=', laneText({ account, entity, key }))
    .where('state', '=', 'blocked')
    .execute();
}
