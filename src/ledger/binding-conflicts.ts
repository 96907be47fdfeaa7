import type { Executor } from '../erp/database.ts';
import { laneOf, type Settlement } from './settlement.ts';
import { laneText } from './states.ts';

/**
 * Settlements that would bind a record to a platform id which another record has: those are held for a person, with both
 * records named. Without this one such answer would make the whole group fail, again and again.
 */
export async function holdConflicts(
  executor: Executor,
  group: readonly Settlement[],
): Promise<readonly Settlement[]> {
  const binding = group.filter((each) => each.state === 'accepted' && each.platformId !== undefined);
  if (binding.length === 0) return group;
  const owners = await ownersOf(executor, binding);
  return group.map((each) => {
    if (each.state !== 'accepted' || each.platformId === undefined) return each;
    const name = idText(each.claim.account, each.claim.entity, each.platformId);
    const lane = laneText(laneOf(each.claim));
    const owner = owners.get(name);
    // Two records of one group may have got the same id: the first has it from now on.
    if (owner === undefined) owners.set(name, { lane, key: each.claim.key });
    return owner === undefined || owner.lane === lane ? each : held(each, owner.key);
  });
}

type Owner = { readonly lane: string; readonly key: string };

async function ownersOf(executor: Executor, group: readonly Settlement[]): Promise<Map<string, Owner>> {
  const ids = [...new Set(group.flatMap((each) => each.platformId ?? []))];
  const rows = await executor
    .selectFrom('ctg_binding')
    .select(['account', 'entity', 'entity_key', 'platform_id'])
    .where('account', 'in', [...new Set(group.map((each) => each.claim.account))])
    .where('entity', 'in', [...new Set(group.map((each) => each.claim.entity))])
    .where('platform_id', 'in', ids)
    .execute();
  return new Map(
    rows.map(({ account, entity, entity_key: key, platform_id: id }) => [
      idText(account, entity, id ?? ''),
      { lane: laneText({ account, entity, key }), key },
    ]),
  );
}

function idText(account: string, entity: string, platformId: string): string {
  return laneText({ account, entity, key: platformId });
}

function held(settlement: Settlement, owner: string): Settlement {
  const { claim, platformId } = settlement;
  const reason = `The platform answered with the id ${platformId}, which belongs to ${claim.entity} ${owner} already. Find out which of the two has it, and bind the right id to each.`;
  return {
    ...settlement,
    state: 'held',
    outcome: 'person',
    reason,
    platformId: undefined,
    progress: claim.progress === undefined ? undefined : JSON.parse(claim.progress),
    followUps: [],
    watches: [],
  };
}
