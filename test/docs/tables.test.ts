import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { CLOSED_STATES, OPEN_STATES } from '../../src/ledger/states.ts';
import { emptyStore } from '../support/empty-store.ts';

const FILES = ['docs/tables.md', 'docs/tables.zh-CN.md'];

type Column = { readonly table: string; readonly column: string };

let database: Database;
let columns: readonly Column[];

beforeAll(async () => {
  database = await openDatabase({ dataDir: 'memory', template: emptyStore });
  await migrate(database);
  const { rows } = await sql<Column>`SELECT table_name AS "table", column_name AS "column"
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`.execute(
    database.kysely,
  );
  columns = rows;
});

afterAll(() => database?.close());

describe.each(FILES)('%s', (file) => {
  const documented = readDocumented(file);

  test('names every table and every column, and no other', () => {
    expect(columns.length).toBeGreaterThan(0);
    const real = columns.map(({ table, column }) => `${table}.${column}`);
    expect([...documented].sort()).toEqual([...real].sort());
  });

  test('names every state of a delivery', () => {
    const text = readText(file);
    for (const state of [...OPEN_STATES, ...CLOSED_STATES]) expect(text).toContain(`| \`${state}\` |`);
  });
});

/** Columns as `table.column`: the rows of the tables under each heading that names one or more `ctg_…` tables. */
function readDocumented(file: string): ReadonlySet<string> {
  const sections = readText(file).split(/^#+ /m).slice(1);
  return new Set(
    sections.flatMap((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const tables = [...heading.matchAll(/`(ctg_\w+)`/g)].map(([, table]) => table);
      const names = lines.flatMap((line) => /^\| `(\w+)` \|/.exec(line)?.[1] ?? []);
      return tables.flatMap((table) => names.map((name) => `${table}.${name}`));
    }),
  );
}

function readText(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').replaceAll(/ +\|/g, ' |');
}
