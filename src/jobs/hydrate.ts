import { isEntity } from '../config/entities.ts';
import type { SourceMap, Sources } from '../config/source-map.ts';
import type { Executor } from '../erp/database.ts';
import type { OutboxRow } from '../erp/outbox.ts';
import { readApart } from '../erp/read-apart.ts';
import type { Hydrated } from '../ledger/prepare.ts';
import { SourceUnreadable } from './source-unreadable.ts';

/** Reads the records of the rows that came without one, many at a time. */
export async function hydrate(
  executor: Executor,
  sources: Sources,
  rows: readonly OutboxRow[],
): Promise<ReadonlyMap<OutboxRow, Hydrated>> {
  const byEntity = Map.groupBy(
    rows.filter((row) => row.payload === undefined && row.key !== ''),
    (row) => row.entity,
  );
  const hydrated = new Map<OutboxRow, Hydrated>();
  for (const [entity, wanting] of byEntity) {
    const map = isEntity(entity) ? sources.get(entity) : undefined;
    if (!map) continue;
    const keys = [...new Set(wanting.map((row) => row.key))];
    const records = await readApart(executor, map, keys).catch((cause: unknown) => {
      throw new SourceUnreadable(entity, cause);
    });
    const gone = keys.filter((key) => !records.has(key));
    const accounts = await accountsOfGone(executor, map, gone);
    for (const row of wanting) {
      const known = accounts.get(row.key) ?? [];
      const account = known.includes(row.account) ? row.account : known[0];
      hydrated.set(row, records.get(row.key) ?? { vanished: true, account });
    }
  }
  return hydrated;
}

/** A row that is gone names no account any more: it is one in which the record is known, by key. */
async function accountsOfGone(
  executor: Executor,
  map: SourceMap,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (map.account !== undefined) return new Map(keys.map((key) => [key, [map.account ?? '']]));
  if (map.accountColumn === undefined || keys.length === 0) return new Map();
  const known = await executor
    .selectFrom('ctg_binding')
    .select(['entity_key', 'account'])
    .where('entity', '=', map.entity)
    .where('entity_key', 'in', keys)
    .union(
      executor
        .selectFrom('ctg_delivery')
        .select(['entity_key', 'account'])
        .where('entity', '=', map.entity)
        .where('entity_key', 'in', keys)
        .where('open_lane', 'is not', null),
    )
    .execute();
  const byKey = Map.groupBy(known, (row) => row.entity_key);
  return new Map([...byKey].map(([key, rows]) => [key, rows.map((row) => row.account)]));
}
