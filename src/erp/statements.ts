import { type RawBuilder, sql } from 'kysely';

/** A value for a named parameter of a statement that an ERP's engineer wrote: one value, or a list for `IN (…)`. */
export type NamedValue = string | number | null | readonly (string | number)[];

/** A quoted text (also `E'…'`) or identifier, a comment, a PostgreSQL cast, or a `:name`: only that is a parameter. */
const PARTS =
  /\be'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|::\w+|:([a-z_]\w*)/gi;

/**
 * Makes a runnable statement of SQL with `:name` parameters. Values only ever travel as bound parameters. Throws when
 * the text uses a name that is not given.
 *
 * @example
 * bindStatement('SELECT … WHERE id IN (:keys)', { keys: ['1', '2'] })
 */
export function bindStatement(
  text: string,
  values: Readonly<Record<string, NamedValue>>,
): RawBuilder<Record<string, unknown>> {
  const pieces: RawBuilder<unknown>[] = [];
  let end = 0;
  for (const match of text.matchAll(PARTS)) {
    const name = match[1];
    if (name === undefined) continue;
    if (!Object.hasOwn(values, name)) {
      throw new Error(
        `The statement uses :${name}, which is not one of ${Object.keys(values)
          .map((each) => `:${each}`)
          .join(', ')}.`,
      );
    }
    pieces.push(sql.raw(text.slice(end, match.index)), bindValue(values[name]));
    end = match.index + match[0].length;
  }
  pieces.push(sql.raw(text.slice(end)));
  return sql<Record<string, unknown>>`${sql.join(pieces, sql``)}`;
}

/** The names of a statement's parameters, each once. */
export function parametersOf(text: string): readonly string[] {
  return [...new Set([...text.matchAll(PARTS)].flatMap(([, name]) => name ?? []))];
}

function bindValue(value: NamedValue | undefined): RawBuilder<unknown> {
  if (Array.isArray(value))
    return value.length === 0 ? sql`NULL` : sql`${sql.join(value.map((each) => sql`${each}`))}`;
  return sql`${value ?? null}`;
}
