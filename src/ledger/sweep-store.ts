import { type Database, fromNow } from '../erp/database.ts';
import { findBound } from './bindings.ts';
import type { ReadyDelivery } from './relay-store.ts';
import { unblockLanes } from './release.ts';

/** Deliveries that are owed, may go now, and whose job may be lost: what the sweep puts back into the queues. */
export async function overdueDeliveries(
  database: Database,
  page: { readonly afterId: number; readonly limit: number; readonly graceMs: number },
): Promise<ReadyDelivery[]> {
  const { dialect } = database;
  return database.kysely
    .selectFrom('ctg_delivery')
    .select(['id', 'interface', 'entity', 'entity_key', 'version'])
    .where('due_at', '<=', fromNow(dialect, -page.graceMs))
    .where('id', '>', page.afterId)
    .where('open_lane', 'is not', null)
    .orderBy('id')
    .limit(page.limit)
    .execute();
}

/**
 * Frees deliveries whose record's needs are met although they were written as blocked: the order was accepted between
 * the relay's look at it and the relay's commit.
 */
export async function freeBlocked(database: Database): Promise<ReadyDelivery[]> {
  const { kysely, dialect } = database;
  const waits = await kysely
    .selectFrom('ctg_delivery')
    .select('waits_for')
    .distinct()
    .where('waits_for', 'is not', null)
    .where('state', '=', 'blocked')
    .limit(500)
    .execute();
  const lanes = waits.flatMap(({ waits_for: lane }) => (lane === null ? [] : [parseLane(lane)]));
  if (lanes.length === 0) return [];
  const bound = await findBound(kysely, dialect, lanes);
  return database.transact((transaction) => unblockLanes(transaction, dialect, [...bound.keys()]));
}

function parseLane(lane: string): { account: string; entity: string; key: string } {
  const [account = '', entity = '', ...key] = lane.split('|');
  return { account, entity, key: key.join('|') };
}
