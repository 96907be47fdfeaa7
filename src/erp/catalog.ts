import { sql } from 'kysely';
import { nearest } from '../config/nearest.ts';
import type { Dialect, Executor } from './database.ts';

/** A table of the ERP as the database knows it. */
export type CatalogTable = {
  readonly schema: string;
  readonly name: string;
  /** A partitioned table has its rows in other tables, which the ERP may also write to by name. */
  readonly kind: 'table' | 'partitioned' | 'other';
  readonly columns: readonly string[];
};

type Named = { readonly schema: string; readonly name: string; readonly kind: string };

/**
 * Finds a table that a source map names, with its schema or without. Throws with the nearest name when there is none,
 * or when it is no table (a view has no rows of its own to watch).
 */
export async function findTable(executor: Executor, dialect: Dialect, name: string): Promise<CatalogTable> {
  const [table, schema] = name.split('.').reverse();
  const all = await readTables(executor, dialect, schema);
  const found =
    all.find((each) => each.name === table) ??
    all.find((each) => each.name.toLowerCase() === table?.toLowerCase());
  if (!found) {
    const near = nearest(
      name,
      all.map((each) => each.name),
    );
    throw new Error(
      `There is no table "${name}"${near === undefined ? '' : ` (did you mean "${near}"?)`}, or the user of DATABASE_URL may not see it.`,
    );
  }
  const kind = KINDS[found.kind] ?? 'other';
  if (kind === 'other')
    throw new Error(`"${name}" is not a table (a view, or a foreign table): name the tables behind it.`);
  return { ...found, kind, columns: await readColumns(executor, found) };
}

const KINDS: Readonly<Record<string, CatalogTable['kind']>> = {
  r: 'table',
  p: 'partitioned',
  'BASE TABLE': 'table',
};

async function readTables(
  executor: Executor,
  dialect: Dialect,
  schema: string | undefined,
): Promise<readonly Named[]> {
  const query =
    dialect === 'postgres'
      ? sql<Named>`SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND ${schema === undefined ? sql`n.nspname = ANY(current_schemas(false))` : sql`n.nspname = ${schema}`}
          ORDER BY array_position(current_schemas(false), n.nspname)`
      : sql<Named>`SELECT TABLE_SCHEMA AS ${sql.id('schema')}, TABLE_NAME AS name, TABLE_TYPE AS kind
          FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${schema === undefined ? sql`DATABASE()` : sql`${schema}`}`;
  return (await query.execute(executor)).rows;
}

async function readColumns(executor: Executor, { schema, name }: Named): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`SELECT column_name AS name FROM information_schema.columns
    WHERE table_schema = ${schema} AND table_name = ${name} ORDER BY ordinal_position`.execute(executor);
  return rows.map((row) => row.name);
}

/** The table's own spelling of a column. Throws with the nearest name when it has none. */
export function columnOf(table: CatalogTable, column: string): string {
  const found =
    table.columns.find((each) => each === column) ??
    table.columns.find((each) => each.toLowerCase() === column.toLowerCase());
  if (found !== undefined) return found;
  const near = nearest(column, table.columns);
  throw new Error(
    `The table "${table.name}" has no column "${column}"${near === undefined ? '' : ` (did you mean "${near}"?)`}.`,
  );
}
