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

/**
 * How long what was sent under a claim that was never settled may be at work at the platform still, milliseconds, where `over`
 * is when the longest send's time has passed (`performance.now()`) since this agent began, or since it sent that itself and
 * could not write down what came of it. An agent that takes over from another has waited long enough, one that was killed and
 * started again has not. What has a key may be sent again at any time.
 */
export function stillAtWorkMs({ abandoned, frozen }: ClaimedDelivery, over: number): number {
  return abandoned && frozen === undefined ? Math.max(0, over - performance.now()) : 0;
}
