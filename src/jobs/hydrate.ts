import { isEntity } from '../config/entities.ts';
import type { SourceMap, Sources } from '../config/source-map.ts';
import type { Executor } from '../erp/database.ts';
import type { OutboxRow } from '../erp/outbox.ts';
import { type FaultyKey, readApart } from '../erp/read-apart.ts';
import type { SourceRecord } from '../erp/records.ts';
import type { Hydrated } from '../ledger/prepare.ts';
import { SourceUnreadable } from './source-unreadable.ts';

/** What was read for a row: the record, and each other account in which it was and is no more. */
export type HydratedRow = Hydrated & { readonly movedFrom?: readonly string[] };

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
      hydrated.set(row, readRow(row, records.get(row.key), accounts.get(row.key) ?? []));
    }
  }
  return hydrated;
}

/** A row that is gone names no account any more: it goes from each in which the record is known. */
function readRow(
  row: OutboxRow,
  record: SourceRecord | FaultyKey | undefined,
  known: readonly string[],
): HydratedRow {
  if (record === undefined) {
    const account = known.includes(row.account) ? row.account : known[0];
    return { vanished: true, account, movedFrom: known.filter((each) => each !== account) };
  }
  if (record.account === undefined) return record;
  return { ...record, movedFrom: known.filter((each) => each !== record.account) };
}

/** The accounts in which records are known, by key. Where the map itself says the account, there is no other. */
async function knownAccounts(
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
