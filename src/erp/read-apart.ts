import { sql } from 'kysely';
import type { SourceMap } from '../config/source-map.ts';
import type { Executor } from './database.ts';
import { readRecords, type SourceRecord } from './records.ts';

/** A key with which the SELECT fails, though the SELECT is sound. */
export type FaultyKey = { readonly account?: undefined; readonly fault: string };

/**
 * As {@link readRecords}, in a transaction, but keys that the database cannot take (a text for a number, an emoji for
 * three-byte UTF-8) are told apart, so that they hold up no other. Throws when it is the SELECT that fails.
 */
export async function readApart(
  transaction: Executor,
  map: SourceMap,
  keys: readonly string[],
): Promise<ReadonlyMap<string, SourceRecord | FaultyKey>> {
  const read = await readOrFault(transaction, map, keys);
  if (typeof read !== 'string') return read;
  const [key] = keys;
  if (key !== undefined && keys.length === 1) return new Map([[key, { fault: read }]]);
  const middle = Math.ceil(keys.length / 2);
  const first = await readApart(transaction, map, keys.slice(0, middle));
  return new Map([...first, ...(await readApart(transaction, map, keys.slice(middle)))]);
}

async function readOrFault(
  transaction: Executor,
  map: SourceMap,
  keys: readonly string[],
): Promise<ReadonlyMap<string, SourceRecord> | string> {
  try {
    const records = await readGuarded(transaction, map, keys);
    // The database may think 007 and 7 equal, or a1 and A1; here they are two records.
    const asked = new Set(keys);
    const stranger = [...records.keys()].find((key) => !asked.has(key));
    return stranger === undefined ? records : `the row's own key is "${stranger}"`;
  } catch (error) {
    if (isDataFault(error)) return error.message;
    throw error;
  }
}

/** PostgreSQL takes no further statement in a transaction after one that failed, unless that is rolled back. */
async function readGuarded(
  transaction: Executor,
  map: SourceMap,
  keys: readonly string[],
): Promise<ReadonlyMap<string, SourceRecord>> {
  await sql`SAVEPOINT ctg_source`.execute(transaction);
  try {
    const records = await readRecords(transaction, map, keys);
    await sql`RELEASE SAVEPOINT ctg_source`.execute(transaction);
    return records;
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT ctg_source`.execute(transaction);
    throw error;
  }
}

/** Class 22 of SQLSTATE (data exception); MySQL says the rest by name. */
function isDataFault(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  const state = 'sqlState' in error ? String(error.sqlState) : '';
  return /^22[0-9A-Z]{3}$/.test(code) || state.startsWith('22') || code.startsWith('ER_CANT_AGGREGATE_');
}
