import { type RawBuilder, sql } from 'kysely';
import { type Database, type Dialect, fromNow, now } from '../erp/database.ts';

/** The longest pause that anything is given by plan: a poll of what has stood still for long. */
const LONGEST_PAUSE_MS = 3_600_000;

/** Clocks of one database that differ by less (after a fail-over, say) are no clock that was set. */
const TOLERANCE_MS = 10_000;

/**
 * Brings forward what is put off until a time that lies too far ahead because the database's clock was set back since:
 * it would otherwise wait for as long as the clock was set back. A delivery knows when it was made and when it was sent
 * last, and neither can be in the future. What is in doubt gets its pause anew, since the platform may be at work on it. In the
 * embedded store, whose clock is this process's own and may have been wrong in the life before this one, nothing that waits
 * without a doubt stays put off. Of everything else, what lies further ahead than any pause is brought forward; in the embedded
 * store, all of it, if the caller has seen that clock being set.
 *
 * @param seen whether the clock was seen being set; at a start nobody was there to see it.
 */
export async function bringForward(database: Database, seen: boolean): Promise<void> {
  const { kysely, dialect, engine } = database;
  const present = now(dialect);
  const isOwnClock = engine === 'pglite';
  const implausible = seen && isOwnClock ? present : fromNow(dialect, LONGEST_PAUSE_MS);
  const undoubted = isOwnClock ? sql`OR state = 'waiting'` : sql``;
  const statements: RawBuilder<unknown>[] = [
    sql`UPDATE ctg_delivery SET due_at = ${soonerDue(dialect)} WHERE due_at > ${present}
      AND (sent_at > ${present} OR created_at > ${present} ${undoubted})`,
    sql`UPDATE ctg_watch SET next_at = ${present} WHERE next_at > ${implausible}`,
    sql`UPDATE ctg_write_back SET due_at = ${present} WHERE due_at > ${implausible}`,
    sql`UPDATE ctg_backfill SET next_at = ${present} WHERE next_at > ${implausible}`,
  ];
  for (const statement of statements) await statement.execute(kysely);
}

/**
 * Brings forward the deliveries that were sent last, or made, in a future that the database's clock was set back from while
 * nobody looked: it was a server's clock, or forward and back between two looks of a process that stood still.
 *
 * @returns how many these were.
 */
export async function bringFromFuture({ kysely, dialect }: Database): Promise<number> {
  const { numAffectedRows } = await sql`UPDATE ctg_delivery SET due_at = ${soonerDue(dialect)}
    WHERE due_at > ${fromNow(dialect, TOLERANCE_MS)} AND due_at >= ${LAST_DONE} AND ${LAST_DONE} > ${fromNow(dialect, TOLERANCE_MS)}`.execute(
    kysely,
  );
  return Number(numAffectedRows ?? 0);
}

/** When something was last done about a delivery. */
const LAST_DONE = sql`COALESCE(sent_at, created_at)`;

function soonerDue(dialect: Dialect): RawBuilder<unknown> {
  const again =
    dialect === 'postgres'
      ? sql`now() + (due_at - ${LAST_DONE})`
      : sql`NOW(3) + INTERVAL TIMESTAMPDIFF(MICROSECOND, ${LAST_DONE}, due_at) MICROSECOND`;
  return sql`CASE WHEN state = 'in_doubt' THEN LEAST(due_at, ${again}) ELSE ${now(dialect)} END`;
}
