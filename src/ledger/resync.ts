import { sql } from 'kysely';
import type { SourceMap } from '../config/source-map.ts';
import type { Database, Dialect, Executor } from '../erp/database.ts';
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
 * Reads the next page of keys through a source map. Throws when the map lacks what the selection needs, and the
 * database's error when the map does not fit the tables.
 */
export async function readKeys(
  { kysely, dialect }: Database,
  map: SourceMap,
  selection: ResyncSelection,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<KeyPage> {
  switch (selection.kind) {
    case 'keys':
      return { keys: [...new Set(selection.keys)], accounts: new Map(), next: undefined };
    case 'all': {
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
    case 'since': {
      const keys = await readChanged(kysely, dialect, map, selection.since, page);
      return toPage(keys, new Map(), page.limit);
    }
  }
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

async function readChanged(
  executor: Executor,
  dialect: Dialect,
  map: SourceMap,
  since: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<string[]> {
  if (map.table === undefined || map.changedSince === undefined) {
    throw new Error(
      `The source map of ${map.entity} has no "changedSince" with a "table", which --since needs.`,
    );
  }
  const text = dialect === 'postgres' ? sql`text` : sql`CHAR`;
  const columns = map.key.map((column) => sql`CAST(${sql.ref(column)} AS ${text})`);
  const joined =
    columns.length === 1 ? sql.join(columns) : sql`CONCAT_WS(${map.keySeparator}, ${sql.join(columns)})`;
  // One order for comparing and sorting, whatever the column's own collation thinks is equal.
  const key = dialect === 'postgres' ? sql`(${joined}) COLLATE "C"` : sql`(${joined}) COLLATE utf8mb4_bin`;
  const { rows } = await sql<{ entity_key: string }>`
    SELECT ${key} AS entity_key FROM ${sql.table(map.table)}
    WHERE ${sql.ref(map.changedSince.column)} >= ${since} AND ${key} > ${after ?? ''}
    ORDER BY ${key} LIMIT ${sql.lit(limit)}`.execute(executor);
  return rows.map((row) => String(row.entity_key).trim());
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
export async function enqueueKeys(
  database: Database,
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
  await database.transact((transaction) => writeOutbox(transaction, entries));
}
