import { type RawBuilder, sql } from 'kysely';
import { type Database, fromNow, now } from '../erp/database.ts';

/** The longest pause that anything is given by plan: a poll of what has stood still for long. */
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * Brings forward what is put off until a time that lies too far ahead because the database's clock was set back since:
 * it would otherwise wait for as long as the clock was set back. A delivery knows when it was made and when it was sent
 * last, and neither can be in the future. In the embedded store, whose clock is this process's own and may have been wrong
 * in the life before this one, nothing that waits without a doubt stays put off; what is in doubt does, since the platform
 * may be at work on it. Of everything else, what lies further ahead than any pause is brought forward; in the embedded store,
 * all of it, if the caller has seen that clock being set.
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
    sql`UPDATE ctg_delivery SET due_at = ${present} WHERE due_at > ${present}
      AND (sent_at > ${present} OR created_at > ${present} ${undoubted})`,
    sql`UPDATE ctg_watch SET next_at = ${present} WHERE next_at > ${implausible}`,
    sql`UPDATE ctg_write_back SET due_at = ${present} WHERE due_at > ${implausible}`,
    sql`UPDATE ctg_backfill SET next_at = ${present} WHERE next_at > ${implausible}`,
  ];
  for (const statement of statements) await statement.execute(kysely);
}
