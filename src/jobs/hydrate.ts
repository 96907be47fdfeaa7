import { isEntity } from '../config/entities.ts';
import type { SourceMap, Sources } from '../config/source-map.ts';
import type { Executor } from '../erp/database.ts';
import type { OutboxRow } from '../erp/outbox.ts';
import { readApart } from '../erp/read-apart.ts';
import type { Hydrated } from '../ledger/prepare.ts';
import { SourceUnreadable } from './source-unreadable.ts';

/** What was read for a row, and the accounts in which the record is known, where its source map names them by row. */
export type HydratedRow = Hydrated & { readonly knownIn?: readonly string[] | undefined };

/** Reads the records of the rows that came without one, many at a time. */
export async function hydrate(
  executor: Executor,
  sources: Sources,
  rows: readonly OutboxRow[],
): Promise<ReadonlyMap<OutboxRow, HydratedRow>> {
  const byEntity = Map.groupBy(
    rows.filter((row) => row.payload === undefined && row.key !== ''),
    (row) => row.entity,
  );
  const hydrated = new Map<OutboxRow, HydratedRow>();
  for (const [entity, wanting] of byEntity) {
    const map = isEntity(entity) ? sources.get(entity) : undefined;
    if (!map) continue;
    const keys = [...new Set(wanting.map((row) => row.key))];
    const records = await readApart(executor, map, keys).catch((cause: unknown) => {
      throw new SourceUnreadable(entity, cause);
    });
    const accounts = await knownAccounts(executor, map, keys);
    for (const row of wanting) {
      const read = records.get(row.key) ?? { vanished: true as const, account: map.account };
      hydrated.set(row, { ...read, knownIn: accounts.get(row.key) });
    }
  }
  return hydrated;
}

/** The accounts in which records are known, by key. Where the map itself says the account, nobody needs to look. */
async function knownAccounts(
  executor: Executor,
  map: SourceMap,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (map.accountColumn === undefined || keys.length === 0) return new Map();
  const known = await executor
    .selectFrom('ctg_binding')
    .select(['entity_key', 'account'])
    .where('entity', '=', map.entity)
    .where('entity_key', 'in', keys)
    .where('present', '=', 1)
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
