import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../../erp/database.ts';

/** What MySQL answers to a statement whose work was done before. */
const DONE_BEFORE = new Set([
  'ER_TABLE_EXISTS_ERROR',
  'ER_DUP_FIELDNAME',
  'ER_DUP_KEYNAME',
  'ER_DUP_ENTRY',
  'ER_CANT_DROP_FIELD_OR_KEY',
]);

/**
 * Runs a migration's statements in their order. PostgreSQL takes them all or none. MySQL commits each statement of this
 * kind by itself: a migration that was cut off there begins anew, and passes over what it had done, or no agent would
 * ever start again.
 */
export async function runStatements(
  database: Kysely<unknown>,
  dialect: Dialect,
  statements: readonly string[],
): Promise<void> {
  for (const statement of statements) {
    try {
      await sql.raw(statement).execute(database);
    } catch (error) {
      if (dialect === 'postgres' || !wasDoneBefore(error)) throw error;
    }
  }
}

function wasDoneBefore(error: unknown): boolean {
  return error instanceof Error && 'code' in error && DONE_BEFORE.has(String(error.code));
}
