import { type RawBuilder, sql } from 'kysely';
import type { Dialect, Executor } from './database.ts';

/** What is walked through: a table, its key's columns, and only rows that changed since, where that is asked. */
export type Keyset = {
  readonly table: string;
  readonly key: readonly string[];
  readonly keySeparator: string;
  /** What the condition calls the table's row. */
  readonly alias?: string | undefined;
  /** Which rows are records. */
  readonly condition?: string | undefined;
  readonly since?: { readonly column: string; readonly time: string } | undefined;
};

/** A row's key: as the outbox has it, and where the walk goes on. */
export type KeysetRow = { readonly key: string; readonly position: string };

/** The value of each key column, as the database writes it as text. */
type Position = readonly (string | null)[];

/**
 * Reads the keys that follow `after`, in the order of the key columns' own index. Each piece of the walk fixes the
 * columns in front and orders by the rest, which PostgreSQL and MySQL both read straight from the index: MySQL does not
 * use it for `(a, b) > (x, y)`, nor PostgreSQL for `a > x OR (a = x AND b > y)`.
 */
export async function readKeyset(
  executor: Executor,
  dialect: Dialect,
  keyset: Keyset,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<KeysetRow[]> {
  const rows: KeysetRow[] = [];
  for (const piece of piecesAfter(readPosition(page.after, keyset), keyset.key, dialect)) {
    if (rows.length >= page.limit) break;
    rows.push(...(await readPiece(executor, dialect, keyset, piece, page.limit - rows.length)));
  }
  return rows;
}

/** How many rows the walk meets, as of now. */
export async function countKeyset(executor: Executor, keyset: Keyset): Promise<number> {
  const { rows } = await sql<{ count: number | string }>`
    SELECT count(*) AS "count" FROM ${rowsOf(keyset)} WHERE ${changedSince(keyset)}`.execute(executor);
  return Number(rows[0]?.count ?? 0);
}

type Piece = { readonly where: RawBuilder<unknown>; readonly order: readonly string[] };

/** The pieces behind a position: first those that share its front columns, in the end those that share none. */
function piecesAfter(position: Position | undefined, key: readonly string[], dialect: Dialect): Piece[] {
  if (!position) return [{ where: sql`TRUE`, order: key }];
  return key
    .map((_, depth) => depth)
    .reverse()
    .flatMap((depth) =>
      beyond(key[depth] ?? '', position[depth] ?? null, dialect).map((where) => ({
        where: sql.join([...sameFront(key.slice(0, depth), position), where], sql` AND `),
        order: key.slice(depth),
      })),
    );
}

function sameFront(columns: readonly string[], position: Position): RawBuilder<unknown>[] {
  return columns.map((column, at) => {
    const value = position[at] ?? null;
    return value === null ? sql`${sql.ref(column)} IS NULL` : sql`${sql.ref(column)} = ${value}`;
  });
}

/** Rows without a value (a tenant, say) come last on PostgreSQL and first on MySQL. */
function beyond(column: string, value: string | null, dialect: Dialect): RawBuilder<unknown>[] {
  const name = sql.ref(column);
  if (value === null) return dialect === 'mysql' ? [sql`${name} IS NOT NULL`] : [];
  const greater = sql`${name} > ${value}`;
  return dialect === 'mysql' ? [greater] : [greater, sql`${name} IS NULL`];
}

async function readPiece(
  executor: Executor,
  dialect: Dialect,
  keyset: Keyset,
  { where, order }: Piece,
  limit: number,
): Promise<KeysetRow[]> {
  const text = dialect === 'postgres' ? sql`text` : sql`CHAR`;
  const columns = keyset.key.map(
    (column, at) => sql`CAST(${sql.ref(column)} AS ${text}) AS ${sql.ref(`key_${at}`)}`,
  );
  const { rows } = await sql<Record<string, unknown>>`
    SELECT ${sql.join(columns)} FROM ${rowsOf(keyset)}
    WHERE ${where} AND ${changedSince(keyset)}
    ORDER BY ${sql.join(order.map((column) => sql.ref(column)))} LIMIT ${sql.lit(limit)}`.execute(executor);
  return rows.map((row) => rowOf(row, keyset));
}

function rowsOf({ table, alias = 't' }: Keyset): RawBuilder<unknown> {
  return sql`${sql.table(table)} AS ${sql.id(alias)}`;
}

function changedSince({ since, condition }: Keyset): RawBuilder<unknown> {
  const changed = since ? sql`${sql.ref(since.column)} >= ${since.time}` : sql`TRUE`;
  return condition === undefined ? changed : sql`${changed} AND (${sql.raw(condition)})`;
}

function rowOf(row: Record<string, unknown>, { key, keySeparator }: Keyset): KeysetRow {
  const position: Position = key.map((_, at) => {
    const value = row[`key_${at}`];
    return value === null || value === undefined ? null : String(value);
  });
  // As the triggers write it: a missing tenant is an empty part.
  const name = position.map((value) => value ?? '').join(keySeparator);
  return { key: name.trim(), position: JSON.stringify(position) };
}

/** Throws when `after` does not come from a walk over the same key. */
function readPosition(after: string | undefined, { key }: Keyset): Position | undefined {
  if (after === undefined) return undefined;
  const value: unknown = parse(after);
  const isPosition = Array.isArray(value) && value.length === key.length && value.every(isColumnValue);
  if (isPosition) return value;
  throw new Error(`"${after}" is not a place in the walk over ${key.join(', ')}: leave "after" out.`);
}

function isColumnValue(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
