import { sql } from 'kysely';
import type { Dialect, Executor } from '../database.ts';
import type { CaptureTarget } from './trigger.ts';

/** Where the agent's tables lie, and where the ERP's names are looked for. Throws when they are not there yet. */
export async function outboxPlace(
  executor: Executor,
  dialect: Dialect,
): Promise<Pick<CaptureTarget, 'schema' | 'searchPath'>> {
  const place = dialect === 'postgres' ? await postgresPlace(executor) : await mysqlPlace(executor);
  if (place !== undefined) return place;
  throw new Error('The agent’s tables are not there yet. Run "ctg-sync migrate" first.');
}

async function postgresPlace(executor: Executor) {
  const { rows } = await sql<{ schema: string; path: string[] }>`
    SELECT n.nspname AS schema, current_schemas(false)::text[] AS path FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('ctg_capture_fault')`.execute(
    executor,
  );
  return rows[0] && { schema: rows[0].schema, searchPath: rows[0].path };
}

async function mysqlPlace(executor: Executor) {
  const { rows } = await sql<{ place: string }>`SELECT TABLE_SCHEMA AS place FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'ctg_capture_fault'`.execute(executor);
  return rows[0] && { schema: rows[0].place, searchPath: [] };
}
