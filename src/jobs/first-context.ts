import type { Database } from '../erp/database.ts';
import { findBound } from '../ledger/bindings.ts';
import type { ClaimedDelivery } from '../ledger/claims.ts';
import { type Lane, laneText } from '../ledger/states.ts';
import type { DeliveryContext, MapperOptions, Push } from '../mappers/interface.ts';

/** The lanes that a delivery needs, each with its platform id where there is one. A deletion needs nothing new. */
export async function neededIds(
  database: Database,
  push: Push,
  claim: ClaimedDelivery,
  record: unknown,
): Promise<{ lane: Lane; platformId: string | undefined }[]> {
  const lanes = push.needs(record).map((need) => ({ account: claim.account, ...need }));
  if (lanes.length === 0) return [];
  const bound = await findBound(database.kysely, database.dialect, lanes);
  return lanes.map((lane) => ({ lane, platformId: bound.get(laneText(lane)) }));
}

/** What a mapper is told of a delivery before its first step. */
export function firstContext(
  options: MapperOptions,
  claim: ClaimedDelivery,
  record: unknown,
  needed: readonly string[],
): DeliveryContext<unknown> {
  return {
    key: claim.key,
    op: claim.op,
    record,
    frozen: JSON.parse(claim.frozen ?? '{}'),
    progress: JSON.parse(claim.progress ?? '{}'),
    doubt: claim.doubt,
    bound: claim.bound && { ...claim.bound, record: JSON.parse(claim.bound.record ?? 'null') },
    needed,
    options,
  };
}
