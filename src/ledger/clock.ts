import { sql } from 'kysely';
import type { Dialect, Executor } from '../erp/database.ts';

/** How an idempotency key looks (文档: `"WEBERP"+时间戳`). */
export type KeyFormat = {
  readonly prefix: string;
  /** Digits of the timestamp: 16 are microseconds since the epoch, 13 milliseconds. */
  readonly digits: number;
};

/** Keys longer than microseconds only get zeros at their end; the clock counts microseconds or coarser. */
const MICROSECOND_DIGITS = 16;

/**
 * Takes `count` idempotency keys from the database's clock. The clock is one row that only grows: it follows the
 * database's time where it can and counts on where time stands still or steps back, so no key repeats, whatever
 * agent asks. The row stays locked until the transaction ends, so keys are in the order of the commits.
 */
export async function takeKeys(
  executor: Executor,
  dialect: Dialect,
  count: number,
  format: KeyFormat,
): Promise<string[]> {
  if (count === 0) return [];
  const unit = 10 ** Math.max(0, MICROSECOND_DIGITS - format.digits);
  const last =
    dialect === 'postgres'
      ? await advancePostgres(executor, count, unit)
      : await advanceMysql(executor, count, unit);
  return Array.from({ length: count }, (_, index) => formatKey(last - count + 1 + index, format));
}

function formatKey(value: number, { prefix, digits }: KeyFormat): string {
  return `${prefix}${String(value).padEnd(digits, '0')}`;
}

async function advancePostgres(executor: Executor, count: number, unit: number): Promise<number> {
  const { rows } = await sql<{ value: number }>`
    UPDATE ctg_clock SET value = GREATEST(value, floor(extract(epoch FROM clock_timestamp()) * 1000000 / ${unit})::bigint) + ${count}
    WHERE name = 'key' RETURNING value`.execute(executor);
  return lastOf(rows);
}

async function advanceMysql(executor: Executor, count: number, unit: number): Promise<number> {
  await sql`UPDATE ctg_clock SET value = GREATEST(value, FLOOR(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 / ${unit})) + ${count}
    WHERE name = 'key'`.execute(executor);
  const { rows } = await sql<{ value: number }>`SELECT value FROM ctg_clock WHERE name = 'key'`.execute(
    executor,
  );
  return lastOf(rows);
}

function lastOf(rows: readonly { value: number }[]): number {
  const row = rows[0];
  if (!row) throw new Error('The key clock is missing (table ctg_clock, row "key"). Run "ctg-sync migrate".');
  return Number(row.value);
}

/**
 * Why keys do not come out as `format` has them, if they do not. The clock never goes back, so fewer digits than the keys
 * before had change nothing: the number of digits is chosen before the first key.
 */
export async function keyFormatFault(
  executor: Executor,
  { digits }: Pick<KeyFormat, 'digits'>,
): Promise<string | undefined> {
  const { rows } = await sql<{ value: number }>`SELECT value FROM ctg_clock WHERE name = 'key'`.execute(
    executor,
  );
  const given = String(lastOf(rows)).length;
  if (given <= digits) return undefined;
  return `key.digits is ${digits} and has no effect: keys of ${given} digits were given before, and go on so.`;
}
