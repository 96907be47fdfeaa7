import { type RawBuilder, sql } from 'kysely';
import type { SourceMap } from '../../config/source-map.ts';
import type { Dialect, Executor } from '../../erp/database.ts';
import { bindStatement, parametersOf } from '../../erp/statements.ts';
import { attempt } from './attempt.ts';

/** A statement of a source map that the database does not take, in its words. */
export type BadStatement = { readonly path: string; readonly words: string };

type Statement = { readonly path: string; readonly statement: RawBuilder<unknown> };

/** Texts of records, which are never SQL. */
const NO_SQL = new Set(['convert', 'constants']);
const SQL = /^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(select|with|update)\b/i;

/**
 * Has the database explain every statement of a source map, with NULL for each parameter: that finds unknown tables and
 * columns, faulty SQL and missing rights, and reads and changes nothing. Whatever in the map is a statement, or names a
 * table with its columns, is found by its form, so that a new key of source maps needs nothing here.
 */
export async function explainStatements(
  executor: Executor,
  dialect: Dialect,
  map: SourceMap,
): Promise<readonly BadStatement[]> {
  const bad: BadStatement[] = [];
  for (const { path, statement } of statementsIn(map, '', { key: map.key, dialect })) {
    const tried = await attempt(() => sql`EXPLAIN ${statement}`.execute(executor));
    if (!tried.ok) bad.push({ path, words: tried.words });
  }
  return bad;
}

type Scope = { readonly key: readonly string[]; readonly dialect: Dialect };

function statementsIn(value: unknown, path: string, scope: Scope): readonly Statement[] {
  if (typeof value === 'string') return SQL.test(value) ? [{ path, statement: bound(value, scope) }] : [];
  if (Array.isArray(value)) {
    return value.flatMap((each, index) => statementsIn(each, `${path}[${index}]`, scope));
  }
  if (typeof value !== 'object' || value === null) return [];
  const fields = Object.entries(value).filter(([name]) => !NO_SQL.has(name));
  return [
    ...tableStatement(value, path, scope),
    ...fields.flatMap(([name, field]) =>
      statementsIn(ordered(name, field, value), path === '' ? name : `${path}.${name}`, scope),
    ),
  ];
}

/** `orderBy` is the end of the SELECT beside it. */
function ordered(name: string, field: unknown, siblings: object): unknown {
  const orderBy = 'orderBy' in siblings ? siblings.orderBy : undefined;
  return name === 'select' && typeof orderBy === 'string' ? `${field}\nORDER BY ${orderBy}` : field;
}

/** A trigger's NEW and OLD are not there outside of it. */
function bound(text: string, { dialect }: Scope): RawBuilder<unknown> {
  const alone = text.replace(/\b(new|old)\.(\w+|"[^"]*"|`[^`]*`)/gi, 'NULL');
  // An empty list is bound as NULL. MySQL takes no LIMIT NULL.
  const nothing = (name: string): readonly number[] => (name === 'limit' && dialect === 'mysql' ? [1] : []);
  return bindStatement(alone, Object.fromEntries(parametersOf(alone).map((name) => [name, nothing(name)])));
}

/** The columns that are named beside a table, read from it. */
function tableStatement(value: object, path: string, { key }: Scope): readonly Statement[] {
  if (!('table' in value) || typeof value.table !== 'string') return [];
  const own = 'key' in value ? columnsOf(value.key) : 'keySelect' in value ? [] : key;
  const since = 'changedSince' in value ? value.changedSince : undefined;
  const column =
    typeof since === 'object' && since !== null && 'column' in since ? columnsOf(since.column) : [];
  const columns = [...own, ...column].map((name) => sql.ref(name));
  const listed = columns.length === 0 ? sql`1` : sql.join(columns);
  const statement = sql`SELECT ${listed} FROM ${sql.table(value.table)}`;
  return [{ path: path === '' ? 'table' : `${path}.table`, statement }];
}

function columnsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
}
