import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { bindStatement, type NamedValue } from './statements.ts';

/**
 * Runs an UPDATE of the ERP's own table that a source map names, within the transaction that records what it reports: both
 * are there, or neither. A faulty statement undoes itself alone (a savepoint) and is given back in words; what it
 * reports is recorded all the same.
 */
export async function writeBack(
  executor: Executor,
  statement: string,
  values: Readonly<Record<string, NamedValue>>,
): Promise<string | undefined> {
  await sql`SAVEPOINT ctg_write_back`.execute(executor);
  try {
    await bindStatement(statement, values).execute(executor);
    await sql`RELEASE SAVEPOINT ctg_write_back`.execute(executor);
    return undefined;
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT ctg_write_back`.execute(executor);
    return error instanceof Error ? error.message : String(error);
  }
}
