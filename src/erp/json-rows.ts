import { type RawBuilder, sql } from 'kysely';
import type { Dialect } from './database.ts';

/** Column types that {@link jsonRows} can make of a JSON value. JSON documents travel as text. */
export type ColumnType = 'bigint' | 'integer' | 'text' | 'boolean';

const MYSQL_TYPE: Record<ColumnType, string> = {
  bigint: 'BIGINT',
  integer: 'INT',
  text: 'LONGTEXT',
  boolean: 'TINYINT',
};

/** So many rows or less are planned for as few: one change at a time, and not a backlog. */
const FEW = 8;

/**
 * A table expression over many rows that travel as one JSON parameter, so that a statement's text (and its plan) is
 * one of two for whatever number of rows.
 *
 * @example
 * sql`UPDATE ctg_delivery d SET state = v.state FROM ${jsonRows('postgres', rows, 'v', { id: 'bigint', state: 'text' })}`
 */
export function jsonRows<C extends Record<string, ColumnType>>(
  dialect: Dialect,
  rows: readonly { readonly [K in keyof C]: string | number | boolean | null | undefined }[],
  alias: string,
  columns: C,
): RawBuilder<unknown> {
  const names = Object.entries(columns);
  const json = storableJson(rows);
  if (dialect === 'postgres') {
    const list = names.map(([name, type]) => `"${name}" ${type}`).join(', ');
    const from = (name: string): RawBuilder<unknown> =>
      sql`json_to_recordset(${json}::json) AS ${sql.raw(`${name}(${list})`)}`;
    // The planner takes them for a hundred rows. Where they are few, it would rather read a table of some thousand rows than
    // find these by their keys; the limit tells it.
    return rows.length > FEW
      ? from(alias)
      : sql`(SELECT * FROM ${from('few')} LIMIT ${FEW}) AS ${sql.raw(alias)}`;
  }
  const list = names
    .map(
      ([name, type]) =>
        `\`${name}\` ${MYSQL_TYPE[type]} ${type === 'text' ? 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ' : ''}PATH '$.${name}'`,
    )
    .join(', ');
  return sql`JSON_TABLE(${json}, '$[*]' COLUMNS (${sql.raw(list)})) AS ${sql.raw(alias)}`;
}

/** How JSON writes a NUL or half of a pair of surrogates. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/;

/** A NUL, or half of a pair of surrogates, in one row (a platform's words, say) would fail the statement for all of them. */
function storableJson(rows: readonly object[]): string {
  const json = JSON.stringify(rows);
  if (!UNSTORABLE.test(json)) return json;
  return JSON.stringify(rows, (_name, value: unknown) => storable(value));
}

function storable(value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed().replaceAll('\u0000', '\ufffd') : value;
}

/**
 * The rows of an INSERT. `expressions` gives a row's values, of which `v` gives the columns. On PostgreSQL the rows travel as one
 * parameter; on MySQL one by one, since its JSON_TABLE takes longer to read a row than it takes to insert it.
 *
 * @example
 * sql`INSERT INTO ctg_binding (account, updated_at) ${insertedRows('mysql', rows, { account: 'text' }, (v) => [v('account'), sql`NOW(3)`])}`
 */
export function insertedRows<C extends Record<string, ColumnType>>(
  dialect: Dialect,
  rows: readonly { readonly [K in keyof C]: string | number | boolean | null | undefined }[],
  columns: C,
  expressions: (v: (column: keyof C & string) => RawBuilder<unknown>) => RawBuilder<unknown>[],
): RawBuilder<unknown> {
  if (dialect === 'postgres') {
    const values = expressions((column) => sql.ref(`v.${column}`));
    return sql`SELECT ${sql.join(values)} FROM ${jsonRows(dialect, rows, 'v', columns)}`;
  }
  const lists = rows.map((row) => {
    const values = expressions((column) => sql`${storable(row[column] ?? null)}`);
    return sql`(${sql.join(values)})`;
  });
  return sql`VALUES ${sql.join(lists)}`;
}
