import { type RawBuilder, sql } from 'kysely';
import type { Database, Dialect, Executor } from '../erp/database.ts';
import type { Settlement } from './settlement.ts';

/** Sends of one minute (since 1970) by what became of them. */
export type MinuteRate = {
  readonly minute: number;
  readonly outcome: string;
  readonly sends: number;
};

/** Sends of one interface by what became of them. */
export type InterfaceRate = {
  readonly interface: string;
  readonly outcome: string;
  readonly sends: number;
};

/**
 * Counts what a group of settlements sent, in the minute of the database's clock, so that all agents count alike. It
 * comes last in its transaction, and touches rows in one order, as the tally does: writers never wait in a circle.
 */
export async function countSends(
  executor: Executor,
  dialect: Dialect,
  shard: number,
  settlements: readonly Settlement[],
): Promise<void> {
  const rows = [...sumByOutcome(settlements)].sort(([one], [other]) => (one < other ? -1 : 1));
  if (rows.length === 0) return;
  const minute = presentMinute(dialect);
  const values = rows.map(
    ([, row]) => sql`(${minute}, ${shard}, ${row.interface}, ${row.outcome}, ${row.sends})`,
  );
  const merge =
    dialect === 'postgres'
      ? sql`ON CONFLICT (minute, shard, interface, outcome) DO UPDATE SET sends = ctg_rate.sends + EXCLUDED.sends`
      : sql`ON DUPLICATE KEY UPDATE sends = sends + VALUES(sends)`;
  await sql`INSERT INTO ctg_rate (minute, shard, interface, outcome, sends)
    VALUES ${sql.join(values)} ${merge}`.execute(executor);
}

function sumByOutcome(settlements: readonly Settlement[]): ReadonlyMap<string, InterfaceRate> {
  const sums = new Map<string, InterfaceRate>();
  for (const { claim, outcome, sends } of settlements) {
    if (sends === 0) continue;
    const key = `${claim.interface}|${outcome}`;
    sums.set(key, { interface: claim.interface, outcome, sends: (sums.get(key)?.sends ?? 0) + sends });
  }
  return sums;
}

/** Sends of the last `minutes`, minute by minute, with the present minute by the database's clock. */
export async function readMinuteRates(
  { kysely, dialect }: Database,
  minutes: number,
): Promise<{ readonly present: number; readonly rates: readonly MinuteRate[] }> {
  const { rows: clock } = await sql<{
    minute: number | string;
  }>`SELECT ${presentMinute(dialect)} AS minute`.execute(kysely);
  const present = Number(clock[0]?.minute ?? 0);
  const rows = await kysely
    .selectFrom('ctg_rate')
    .select(['minute', 'outcome', (builder) => builder.fn.sum('sends').as('sends')])
    .where('minute', '>=', present - minutes)
    .groupBy(['minute', 'outcome'])
    .orderBy('minute')
    .execute();
  return { present, rates: rows.map((row) => ({ ...row, sends: Number(row.sends) })) };
}

/** Sends of the last `minutes`, by interface. */
export async function readInterfaceRates(
  { kysely, dialect }: Database,
  minutes: number,
): Promise<InterfaceRate[]> {
  const rows = await kysely
    .selectFrom('ctg_rate')
    .select(['interface', 'outcome', (builder) => builder.fn.sum('sends').as('sends')])
    .where('minute', '>', sql<number>`${presentMinute(dialect)} - ${sql.lit(minutes)}`)
    .groupBy(['interface', 'outcome'])
    .execute();
  return rows.map((row) => ({ ...row, sends: Number(row.sends) }));
}

/** Removes what is older than `days`. */
export async function clearRates(executor: Executor, dialect: Dialect, days: number): Promise<void> {
  await executor
    .deleteFrom('ctg_rate')
    .where('minute', '<', sql<number>`${presentMinute(dialect)} - ${sql.lit(days * 24 * 60)}`)
    .execute();
}

function presentMinute(dialect: Dialect): RawBuilder<number> {
  return dialect === 'postgres'
    ? sql`floor(extract(epoch FROM now()) / 60)::bigint`
    : sql`FLOOR(UNIX_TIMESTAMP(NOW(3)) / 60)`;
}
