import { misread, type Reading, understood } from './reading.ts';

/** What a statement of a source map must be and name. */
export type SqlRule = {
  readonly verb: 'SELECT' | 'UPDATE';
  /** Named parameters, without the colon. */
  readonly parameters: readonly string[];
  /** A column that the statement has to return. */
  readonly column?: string;
};

const STARTS = { SELECT: ['select', 'with'], UPDATE: ['update', 'with'] } as const;

/** Reads one SQL statement. It is only looked at, not parsed: the database has the last word. */
export function readSql(text: string, { verb, parameters, column }: SqlRule): Reading<string> {
  const bare = withoutComments(text).trim();
  const [first = ''] = bare.toLowerCase().split(/\s/, 1);
  if (!STARTS[verb].some((start) => start === first)) {
    return misread(`is not ${article(verb)} statement`, `begin it with ${verb}`);
  }
  if (bare.includes(';')) return misread('has a semicolon', 'give one statement, without the semicolon');
  const absent = parameters.find((parameter) => !hasParameter(bare, parameter));
  if (absent !== undefined) return misread(`does not use :${absent}`, usageOf(absent));
  if (column !== undefined && !returnsColumn(bare, column)) {
    return misread(`does not return ${column}`, `select the key's column AS ${column}`);
  }
  return understood(text.trim());
}

/** Texts in quotes stay: a `--` or `;` inside them is rare, and then the database's own word is needed. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/--[^\n]*/g, ' ');
}

/** Reads a part of a statement, such as a condition. */
export function readFragment(text: string): Reading<string> {
  const bare = withoutComments(text).trim();
  if (bare === '') return misread('is empty', 'write the condition, or leave the key out');
  if (bare.includes(';')) return misread('has a semicolon', 'give the condition alone');
  return understood(bare);
}

/** Whether a statement uses a parameter. `::keys` is a cast of PostgreSQL, not a parameter. */
export function hasParameter(sql: string, name: string): boolean {
  return parameter(name).test(sql);
}

/** The statement with a text in the place of a parameter. */
export function setParameter(sql: string, name: string, text: string): string {
  return sql.replace(parameter(name), () => text);
}

function parameter(name: string): RegExp {
  return new RegExp(`(?<![:\\w]):${name}\\b`, 'g');
}

function returnsColumn(sql: string, column: string): boolean {
  return sql.includes('*') || new RegExp(`\\b${column}\\b`, 'i').test(sql);
}

const USAGE: Readonly<Record<string, string>> = {
  keys: 'limit it with WHERE … IN (:keys)',
  after: 'continue with WHERE key > :after ORDER BY key',
  limit: 'end it with LIMIT :limit',
  key: 'limit it with WHERE … = :key',
};

function usageOf(parameter: string): string {
  return USAGE[parameter] ?? `use :${parameter}`;
}

function article(verb: SqlRule['verb']): string {
  return verb === 'UPDATE' ? 'an UPDATE' : 'a SELECT';
}
