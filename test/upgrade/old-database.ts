import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Database } from '../../src/erp/database.ts';
import { migrationsOf } from '../../src/ledger/migrate.ts';

/** Brings an empty database to the tables of the version whose newest migration this was, as that version did. */
export async function migrateTo(database: Database, step: string): Promise<void> {
  const all = Object.entries(migrationsOf(database.dialect));
  const migrations = Object.fromEntries(all.filter(([name]) => name <= step));
  const { error } = await new Migrator({
    db: database.kysely,
    provider: { getMigrations: async () => migrations },
    migrationTableName: 'ctg_migration',
    migrationLockTableName: 'ctg_migration_lock',
  }).migrateToLatest();
  if (error) throw error;
}

/** Rows by table, as {@link insertRows} writes them. */
export type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Writes rows into the tables that there are by now; gives the names of those tables. */
export async function insertRows({ kysely }: Database, rows: Rows): Promise<string[]> {
  const there = await kysely.introspection.getTables();
  const names = new Set(there.map(({ name }) => name));
  const tables = Object.keys(rows).filter((table) => names.has(table));
  for (const table of tables) {
    for (const row of rows[table] ?? []) {
      const columns = sql.join(Object.keys(row).map((column) => sql.ref(column)));
      const values = sql.join(Object.values(row));
      await sql`INSERT INTO ${sql.table(table)} (${columns}) VALUES (${values})`.execute(kysely);
    }
  }
  return tables;
}

/** Everything in these tables, row by row, each as its columns say. */
export async function readTables(
  { kysely }: Database,
  tables: readonly string[],
): Promise<Record<string, Record<string, unknown>[]>> {
  const read: Record<string, Record<string, unknown>[]> = {};
  for (const table of tables) {
    const { rows } = await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(table)}`.execute(kysely);
    read[table] = rows;
  }
  return read;
}
