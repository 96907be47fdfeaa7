import type { SourceMap } from '../config/source-map.ts';
import type { Database, Executor } from '../erp/database.ts';
import { countKeyset, type Keyset, readKeyset } from '../erp/keyset.ts';
import { type OutboxEntry, writeOutbox } from '../erp/outbox.ts';
import { readPage, type SourceRecord } from '../erp/records.ts';

/** Which records to send again. */
export type ResyncSelection =
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  | { readonly kind: 'all' }
  /** Those whose `changedSince` column is not before this moment. */
  | { readonly kind: 'since'; readonly since: string };

/** One page of keys; `next` is what to continue after, undefined at the end. */
export type KeyPage = {
  readonly keys: readonly string[];
  readonly accounts: ReadonlyMap<string, string>;
  readonly next: string | undefined;
};

/**
 * Reads the next page of keys: through the map's `selectAll`, else from its `table` in the order of its key. Throws when
 * the map lacks what the selection needs, and the database's error when the map does not fit the tables.
 */
export async function readKeys(
  { kysely, dialect }: Database,
  map: SourceMap,
  selection: ResyncSelection,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<KeyPage> {
  if (selection.kind === 'keys') {
    return { keys: [...new Set(selection.keys)], accounts: new Map(), next: undefined };
  }
  if (selection.kind === 'all' && map.selectAll !== undefined) {
    const records = await readFirstOrNext(kysely, map, page);
    const accounts = records.flatMap(({ key, account }) =>
      account === undefined ? [] : [[key, account] as const],
    );
    return toPage(
      records.map(({ key }) => key),
      new Map(accounts),
      page.limit,
    );
  }
  const rows = await readKeyset(kysely, dialect, keysetOf(map, selection), page);
  const keys = [...new Set(rows.map(({ key }) => key).filter((key) => key !== ''))];
  return { keys, accounts: new Map(), next: rows.length < page.limit ? undefined : rows.at(-1)?.position };
}

/** How many records a selection has, where that can be told without reading them. */
export async function countRecords(
  { kysely }: Database,
  map: SourceMap,
  selection: Exclude<ResyncSelection, { readonly kind: 'keys' }>,
): Promise<number | undefined> {
  return map.table === undefined ? undefined : countKeyset(kysely, keysetOf(map, selection));
}

/** The walk over an entity's own table. Throws when the map does not name what it needs. */
function keysetOf(
  { entity, table, alias, condition, key, keySeparator, changedSince }: SourceMap,
  selection: Exclude<ResyncSelection, { readonly kind: 'keys' }>,
): Keyset {
  if (selection.kind === 'all') {
    if (table !== undefined) return { table, alias, condition, key, keySeparator };
    throw new Error(
      `The source map of ${entity} has neither "selectAll" nor "table", which reading all records needs.`,
    );
  }
  if (table === undefined || changedSince === undefined) {
    throw new Error(`The source map of ${entity} has no "changedSince" with a "table", which --since needs.`);
  }
  // What no longer meets the condition has changed as well: it is gone.
  return { table, alias, key, keySeparator, since: { column: changedSince.column, time: selection.since } };
}

function toPage(keys: readonly string[], accounts: ReadonlyMap<string, string>, limit: number): KeyPage {
  return { keys, accounts, next: keys.length < limit ? undefined : keys.at(-1) };
}

/** "invalid text representation": the key is a number, which an empty text is not. */
const NOT_A_NUMBER = '22P02';

/** The first page follows nothing: the empty text, or 0 where the map compares the key as a number. */
async function readFirstOrNext(
  executor: Executor,
  map: SourceMap,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<SourceRecord[]> {
  if (after !== undefined) return readPage(executor, map, { after, limit });
  try {
    return await readPage(executor, map, { after: '', limit });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === NOT_A_NUMBER)) throw error;
    return readPage(executor, map, { after: '0', limit });
  }
}

/** What a re-sync writes. */
export type ResyncRequest = {
  readonly entity: string;
  /** The account of records whose source map names none. */
  readonly account: string;
  /** Whether records are sent even if nothing changed. */
  readonly force: boolean;
};

/** Puts a page of records into the outbox; the relay reads them when their turn comes, so they go as they then are. */
export async function enqueueKeys(database: Database, page: KeyPage, request: ResyncRequest): Promise<void> {
  await database.transact((transaction) => writeKeys(transaction, page, request));
}

/** The same, in a transaction that there is already. */
export async function writeKeys(
  executor: Executor,
  { keys, accounts }: KeyPage,
  { entity, account, force }: ResyncRequest,
): Promise<void> {
  const entries = keys.map(
    (key): OutboxEntry => ({
      account: accounts.get(key) ?? account,
      entity,
      key,
      op: force ? 'force' : 'upsert',
    }),
  );
  await writeOutbox(executor, entries);
}
