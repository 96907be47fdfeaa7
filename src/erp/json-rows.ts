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

/**
 * A table expression over many rows that travel as one JSON parameter, so that a statement's text (and its plan) is
 * the same for one row and for five hundred.
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
  const json = JSON.stringify(rows, (_name, value: unknown) =>
    typeof value === 'string' ? storable(value) : value,
  );
  if (dialect === 'postgres') {
    const list = names.map(([name, type]) => `"${name}" ${type}`).join(', ');
    return sql`json_to_recordset(${json}::json) AS ${sql.raw(`${alias}(${list})`)}`;
  }
  const list = names
    .map(
      ([name, type]) =>
        `\`${name}\` ${MYSQL_TYPE[type]} ${type === 'text' ? 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ' : ''}PATH '$.${name}'`,
    )
    .join(', ');
  return sql`JSON_TABLE(${json}, '$[*]' COLUMNS (${sql.raw(list)})) AS ${sql.raw(alias)}`;
}

/** A NUL, or half of a pair of surrogates, in one row (a platform's words, say) would fail the statement for all of them. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}
