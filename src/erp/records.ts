import type { LinesSource, SourceMap } from '../config/source-map.ts';
import { convertField } from './conversions.ts';
import type { Executor } from './database.ts';
import { keyLists } from './key-parts.ts';
import { bindStatement } from './statements.ts';

/** A record as the ERP's tables give it, before it is checked. */
export type SourceRecord = {
  readonly key: string;
  readonly account: string | undefined;
  readonly record: Record<string, unknown>;
};

type Row = Record<string, unknown>;

/** The keys of one SELECT: short enough for every database's parameter limit. */
const KEYS_A_SELECT = 500;

/**
 * Reads the records of many keys through a source map. Keys that are not in the result are gone, or do not meet the
 * map's condition. Throws the database's error when the map does not fit the tables.
 */
export async function readRecords(
  executor: Executor,
  map: SourceMap,
  keys: readonly string[],
): Promise<ReadonlyMap<string, SourceRecord>> {
  const found = new Map<string, SourceRecord>();
  for (let start = 0; start < keys.length; start += KEYS_A_SELECT) {
    const page = keys.slice(start, start + KEYS_A_SELECT);
    const { rows } = await bindStatement(map.select, { keys: page, ...keyLists(map, page) }).execute(
      executor,
    );
    for (const record of await completeRecords(executor, map, rows)) found.set(record.key, record);
  }
  return found;
}

/** Reads the page of all records that follows the key `after`, in the order of keys. Empty when there are no more. */
export async function readPage(
  executor: Executor,
  map: SourceMap,
  page: { readonly after: string; readonly limit: number },
): Promise<SourceRecord[]> {
  const text = map.selectAll;
  if (text === undefined) {
    throw new Error(`The source map of ${map.entity} has no "selectAll", which reading all records needs.`);
  }
  const { rows } = await bindStatement(text, page).execute(executor);
  return completeRecords(executor, map, rows);
}

async function completeRecords(
  executor: Executor,
  map: SourceMap,
  rows: readonly Row[],
): Promise<SourceRecord[]> {
  const lines = map.lines ? await readLines(executor, map, rows.map(keyOf)) : undefined;
  return rows.map((row) => {
    const key = keyOf(row);
    const { entity_key: _key, ...fields } = row;
    const account = readAccount(row, map);
    if (map.accountColumn !== undefined) delete fields[map.accountColumn];
    const record = { ...map.constants, ...convertFields(fields, map) };
    if (lines) record.lines = lines.get(key) ?? [];
    return { key, account, record };
  });
}

async function readLines(
  executor: Executor,
  map: SourceMap,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Row[]>> {
  const byKey = new Map<string, Row[]>();
  if (!map.lines || keys.length === 0) return byKey;
  const { rows } = await bindStatement(linesStatement(map.lines), { keys, ...keyLists(map, keys) }).execute(
    executor,
  );
  for (const row of rows) {
    const { entity_key: _key, ...fields } = row;
    const list = byKey.get(keyOf(row)) ?? [];
    list.push(convertFields(fields, map));
    byKey.set(keyOf(row), list);
  }
  return byKey;
}

/** On a line of its own, since the SELECT may end with a comment. */
function linesStatement({ select, orderBy }: LinesSource): string {
  return orderBy === undefined ? select : `${select}\nORDER BY ${orderBy}`;
}

/** The row's key as text. A map whose SELECT lacks it is caught here rather than by a wrong delivery. */
function keyOf(row: Row): string {
  const key = row.entity_key;
  if (key === null || key === undefined || key === '') {
    throw new Error('The SELECT of the source map must return the column entity_key, never NULL.');
  }
  return String(key).trim();
}

/** NULL leaves the change's own account. A misspelt column is no NULL: it would send to the wrong account. */
function readAccount(row: Row, { account, accountColumn }: SourceMap): string | undefined {
  if (accountColumn === undefined) return account;
  const value = row[accountColumn];
  if (value === undefined) {
    throw new Error(
      `The SELECT of the source map must return the column "${accountColumn}" (accountColumn).`,
    );
  }
  return value === null ? undefined : String(value).trim();
}

function convertFields(fields: Row, map: SourceMap): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const conversions = map.convert?.[name];
    const converted = conversions ? convertField(plain(value), conversions) : plain(value);
    // A NULL column is a field that is not there: its default applies, or it is reported as missing.
    if (converted !== null && converted !== undefined) record[name] = converted;
  }
  return record;
}

/** Database values as JSON has them. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return plainBytes(value);
  // MySQL's zero date, which is NULL in a DATETIME already.
  return value === '0000-00-00' ? null : value;
}

/** BIT(1) is a yes or no; other bytes are a text. */
function plainBytes(bytes: Uint8Array): unknown {
  const [first = 2] = bytes;
  return bytes.length === 1 && first < 2 ? first === 1 : Buffer.from(bytes).toString('utf8');
}
