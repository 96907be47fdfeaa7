import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Database, Dialect } from '../erp/database.ts';
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
 * work and the others wait for it. Throws with the name of the migration that failed, and where a newer version has
 * changed the tables.
 */
export async function migrate(database: Database): Promise<MigrationReport> {
  await refuseNewerTables(database);
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

/** Names of migrations that were made here and that this version does not know: a newer one has been at work. */
export async function unknownMigrations(database: Database): Promise<readonly string[]> {
  const known = await migratorOf(database).getMigrations();
  if (known.every((migration) => !migration.executedAt)) return [];
  const made = await sql<{ name: string }>`SELECT name FROM ctg_migration ORDER BY name`.execute(
    database.kysely,
  );
  const names = new Set(known.map((migration) => migration.name));
  return made.rows.flatMap(({ name }) => (names.has(name) ? [] : [name]));
}

/** Why this version must leave tables alone that a newer one has changed, and what to do. */
export function newerTables(unknown: readonly string[]): string {
  return `The tables were changed by a newer version of ctg-sync (${unknown.join(', ')}), which this version does not know. Fix: run the newer version, or restore the backup that was made before the upgrade.`;
}

/** Throws where a newer version has changed the tables. */
export async function refuseNewerTables(database: Database): Promise<void> {
  const unknown = await unknownMigrations(database);
  if (unknown.length > 0) throw new Error(newerTables(unknown));
}

/** All migrations of this version, by name, in whose order they run. */
export function migrationsOf(dialect: Dialect): Record<string, Migration> {
  return {
    '0001-tables': firstTables(dialect),
    '0002-audit': auditTables(dialect),
    '0003-reconcile': reconcileTables(dialect),
    '0004-backfill': backfillTable(dialect),
    '0005-alerts': alertsAndTraces(dialect),
    '0007-binding-index': bindingIndex(dialect),
    '0008-capture': captureTables(dialect),
    '0009-narrow-indexes': narrowIndexes(dialect),
  };
}

function migratorOf(database: Database): Migrator {
  return new Migrator({
    db: database.kysely,
    provider: { getMigrations: async () => migrationsOf(database.dialect) },
    migrationTableName: 'ctg_migration',
    migrationLockTableName: 'ctg_migration_lock',
  });
}

function explain(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return `The database says: ${words}. The user of DATABASE_URL needs the right to create tables.`;
}
