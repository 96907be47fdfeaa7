import { sql } from 'kysely';
import type { Database } from '../../src/erp/database.ts';

/** Whether some session of this database waits for a row that another has locked. */
export async function isSomebodyWaiting({ kysely, dialect }: Database): Promise<boolean> {
  const waiting =
    dialect === 'postgres'
      ? sql`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
      : sql`SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'`;
  // InnoDB renews this table only when nobody has read it for a tenth of a second.
  await new Promise((resolve) => setTimeout(resolve, 250));
  const { rows } = await waiting.execute(kysely);
  return rows.length > 0;
}
