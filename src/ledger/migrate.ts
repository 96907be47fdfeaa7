import { type Migration, Migrator } from 'kysely/migration';
import type { Database } from '../erp/database.ts';
import { firstTables } from './migrations/0001-tables.ts';
import { auditTables } from './migrations/0002-audit.ts';
import { reconcileTables } from './migrations/0003-reconcile.ts';
import { backfillTable } from './migrations/0004-backfill.ts';
import { alertsAndTraces } from './migrations/0005-alerts.ts';
import { bindingIndex } from './migrations/0007-binding-index.ts';
import { captureTables } from './migrations/0008-capture.ts';
import { narrowIndexes } from './migrations/0009-narrow-indexes.ts';

/** What {@link migrate} did. */
export type MigrationReport = { readonly applied: readonly string[] };

/**
 * Brings the agent's tables up to date. Any number of agents may call it at once: kysely's migration lock lets one
 * work and the others wait for it. Throws with the name of the migration that failed.
 */
export async function migrate(database: Database): Promise<MigrationReport> {
  const { error, results } = await migratorOf(database).migrateToLatest();
  if (error) {
    const failed =
      results?.find((result) => result.status === 'Error')?.migrationName ?? 'the migration tables';
    throw new Error(`The database could not be brought up to date (${failed}). ${explain(error)}`, {
      cause: error,
    });
  }
  return { applied: (results ?? []).map((result) => result.migrationName) };
}

/** Names of the migrations that this database still lacks. */
export async function pendingMigrations(database: Database): Promise<readonly string[]> {
  const all = await migratorOf(database).getMigrations();
  return all.filter((migration) => !migration.executedAt).map((migration) => migration.name);
}

function migratorOf(database: Database): Migrator {
  const migrations: Record<string, Migration> = {
    '0001-tables': firstTables(database.dialect),
    '0008-capture': captureTables(database.dialect),
    '0003-reconcile': reconcileTables(database.dialect),
    '0004-backfill': backfillTable(database.dialect),
    '0005-alerts': alertsAndTraces(database.dialect),
    '0002-audit': auditTables(database.dialect),
    '0007-binding-index': bindingIndex(database.dialect),
    '0009-narrow-indexes': narrowIndexes(database.dialect),
  };
  return new Migrator({
    db: database.kysely,
    provider: { getMigrations: async () => migrations },
    migrationTableName: 'ctg_migration',
    migrationLockTableName: 'ctg_migration_lock',
  });
}

function explain(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return `The database says: ${words}. The user of DATABASE_URL needs the right to create tables.`;
}
