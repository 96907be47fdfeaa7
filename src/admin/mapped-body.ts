import { findBound } from '../ledger/bindings.ts';
import { laneText } from '../ledger/states.ts';
import type { DeliveryHistory, Timeline } from '../ledger/timeline.ts';
import type { JsonObject, Step } from '../mappers/interface.ts';
import { interfaceNamed } from '../mappers/registry.ts';
import type { AdminContext } from './context.ts';

/** The first request of a delivery: which interface it goes through, and its body without credentials. */
export type MappedBody = { readonly via: string; readonly stage: string; readonly body: JsonObject };

/**
 * What the mapping makes of a delivery's record, for people to look at. Of one that is closed it is what the first send
 * was; of an open one what the next would be. Undefined where nothing is sent, or where the record cannot be mapped.
 */
export async function mappedBody(
  context: AdminContext,
  row: DeliveryHistory,
  bindings: Timeline['bindings'],
): Promise<MappedBody | undefined> {
  try {
    const step = await nextStep(context, row, bindings);
    return step?.kind === 'send' ? step : undefined;
  } catch {
    // A faulty record, or one whose interface has changed since, maps to nothing; the reason beside it says why.
    return undefined;
  }
}

async function nextStep(
  { database, pollContext }: AdminContext,
  row: DeliveryHistory,
  bindings: Timeline['bindings'],
): Promise<Step | undefined> {
  const push = interfaceNamed(row.interface)?.push;
  if (!push || row.record === null) return undefined;
  const record: unknown = JSON.parse(row.record);
  const isOpen = row.closed_at === null;
  const lanes = push.needs(record).map((need) => ({ account: row.account, ...need }));
  const bound = lanes.length === 0 ? undefined : await findBound(database.kysely, database.dialect, lanes);
  const own = bindings.find(({ account }) => account === row.account);
  return push.next({
    key: row.entity_key,
    op: row.op === 'delete' ? 'delete' : 'upsert',
    record,
    frozen: JSON.parse(row.frozen ?? '{}'),
    progress: isOpen ? JSON.parse(row.progress ?? '{}') : {},
    doubt: isOpen && row.state === 'in_doubt',
    bound: isOpen && own ? boundOf(own) : undefined,
    needed: lanes.flatMap((lane) => bound?.get(laneText(lane)) ?? []),
    options: pollContext.mapperOptions,
  });
}

function boundOf(binding: Timeline['bindings'][number]) {
  return {
    platformId: binding.platform_id ?? undefined,
    present: binding.present === 1,
    record: JSON.parse(binding.record ?? 'null'),
  };
}
