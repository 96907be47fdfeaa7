import { DEFAULT_ACCOUNT } from '../../config/accounts.ts';
import type { SourceMap } from '../../config/source-map.ts';
import type { Database } from '../../erp/database.ts';
import { readRecords, type SourceRecord } from '../../erp/records.ts';
import { prepareChange } from '../../ledger/prepare.ts';
import { readKeys } from '../../ledger/resync.ts';
import { interfaceFor } from '../../mappers/registry.ts';
import type { Configuration } from '../settings.ts';

/** Records of a source map, as the relay would read them. */
export type Sample = {
  /** How many keys were asked for; undefined when the map tells no way to find any. */
  readonly asked: number | undefined;
  readonly records: readonly SourceRecord[];
};

/** Why records would be rejected: how many for this reason, and the first of them. */
export type Refusal = { readonly reason: string; readonly count: number; readonly firstKey: string };

const LARGEST_SAMPLE = 1000;

/** Reads at most a thousand records. Throws the database's error where the map does not fit the tables. */
export async function readSample(database: Database, map: SourceMap): Promise<Sample> {
  const keys = await readSomeKeys(database, map);
  if (keys === undefined) return { asked: undefined, records: [] };
  const records = await readRecords(database.kysely, map, keys);
  return { asked: keys.length, records: [...records.values()] };
}

async function readSomeKeys(database: Database, map: SourceMap): Promise<readonly string[] | undefined> {
  if (map.selectAll === undefined && map.table === undefined) return undefined;
  const page = { after: undefined, limit: LARGEST_SAMPLE };
  return (await readKeys(database, map, { kind: 'all' }, page)).keys;
}

/** What the relay would reject, by reason, the most frequent first. */
export function refusalsOf(
  map: SourceMap,
  records: readonly SourceRecord[],
  { accounts }: Configuration,
): readonly Refusal[] {
  const byReason = Map.groupBy(
    records.flatMap((record) => {
      const reason = refusalOf(map, record, accounts);
      return reason === undefined ? [] : [{ reason, key: record.key }];
    }),
    ({ reason }) => reason,
  );
  return [...byReason]
    .map(([reason, group]) => ({ reason, count: group.length, firstKey: group[0]?.key ?? '' }))
    .sort((one, other) => other.count - one.count);
}

function refusalOf(
  { entity }: SourceMap,
  source: SourceRecord,
  accounts: Configuration['accounts'],
): string | undefined {
  const account = source.account ?? DEFAULT_ACCOUNT;
  if (accounts.size > 0 && !accounts.has(account)) return `account: "${account}" is not set`;
  const row = {
    id: 0,
    account,
    entity,
    key: source.key,
    op: 'upsert',
    payload: undefined,
    capturedAt: new Date(),
  };
  const companyId = 'of the account';
  const { content } = prepareChange(row, interfaceFor(entity), source, { companyId });
  return content.kind === 'invalid' ? content.reason : undefined;
}
