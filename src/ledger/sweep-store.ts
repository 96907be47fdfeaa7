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

/** What one look at blocked deliveries found, and from which lane on the next look goes on; undefined: from the first. */
export type FreedPage = { readonly ready: readonly ReadyDelivery[]; readonly next: string | undefined };

/** Lanes of one look. */
const LANES = 500;

/**
 * Frees deliveries whose record's needs are met although they were written as blocked: the order was accepted between
 * the relay's look at it and the relay's commit. Looks at the lanes behind `after`, in their order.
 */
export async function freeBlocked(database: Database, after: string): Promise<FreedPage> {
  const { kysely, dialect } = database;
  const waits = await kysely
    .selectFrom('ctg_delivery')
    .select('waits_for')
    .distinct()
    .where('waits_for', '>', after)
    .where('state', '=', 'blocked')
    .orderBy('waits_for')
    .limit(LANES)
    .execute();
  const names = waits.flatMap(({ waits_for: lane }) => lane ?? []);
  if (names.length === 0) return { ready: [], next: undefined };
  const bound = await findBound(kysely, dialect, names.map(parseLane));
  const ready =
    bound.size === 0
      ? []
      : await database.transact((transaction) => unblockLanes(transaction, dialect, [...bound.keys()]));
  return { ready, next: names.length < LANES ? undefined : names.at(-1) };
}

function parseLane(lane: string): { account: string; entity: string; key: string } {
  const [account = '', entity = '', ...key] = lane.split('|');
  return { account, entity, key: key.join('|') };
}
