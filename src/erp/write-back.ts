import { sql } from 'kysely';
import type { Dialect, Executor } from './database.ts';
import { bindStatement, type NamedValue } from './statements.ts';

/** How long a row that the ERP has locked is waited for. */
const LOCK_SECONDS = 2;

/**
 * Runs an UPDATE of the ERP's own table that a source map names, within a transaction. The agent's triggers are told
 * that it is none of the ERP's changes. Throws the database's error; a row that the ERP keeps locked is one.
 */
export async function writeBack(
  executor: Executor,
  dialect: Dialect,
  statement: { readonly text: string; readonly values: Readonly<Record<string, NamedValue>> },
): Promise<void> {
  await announce(executor, dialect, true);
  try {
    await bindStatement(statement.text, statement.values).execute(executor);
  } finally {
    // On PostgreSQL both end with the transaction, which a fault has ended already.
    if (dialect === 'mysql') await announce(executor, dialect, false);
  }
}

async function announce(executor: Executor, dialect: Dialect, on: boolean): Promise<void> {
  if (dialect === 'postgres') {
    const limit = `${LOCK_SECONDS}s`;
    await sql`SELECT set_config('ctg.write_back', 'on', true), set_config('lock_timeout', ${limit}, true)`.execute(
      executor,
    );
    return;
  }
  const limit = on ? sql.lit(LOCK_SECONDS) : sql`DEFAULT`;
  await sql`SET @ctg_write_back = ${sql.lit(on ? 1 : null)}, SESSION innodb_lock_wait_timeout = ${limit}`.execute(
    executor,
  );
}
