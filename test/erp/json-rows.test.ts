import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { jsonRows } from '../../src/erp/json-rows.ts';
import { describeOnEachDatabase } from './databases.ts';

const COLUMNS = { id: 'bigint', name: 'text' } as const;

describeOnEachDatabase('rows that travel as one parameter', (erp) => {
  const isMysql = erp.engine === 'MariaDB';
  const dialect = isMysql ? 'mysql' : 'postgres';
  const namesOf = async (names: readonly string[]) => {
    const rows = names.map((name, id) => ({ id, name }));
    const result = await sql<{
      name: string;
    }>`SELECT v.name FROM ${jsonRows(dialect, rows, 'v', COLUMNS)} ORDER BY v.id`.execute(
      erp.database().kysely,
    );
    return result.rows.map((row) => row.name);
  };

  it('come as they were, one and many', async () => {
    const names = ['零件 🚗', '"\\u0000"', "it's", '', 'a\\b', 'x\ny'];
    expect(await namesOf(names.slice(0, 1))).toEqual(names.slice(0, 1));
    expect(await namesOf(names)).toEqual(names);
    const many = Array.from({ length: 500 }, (_, index) => `${names[index % 6]}${index}`);
    expect(await namesOf(many)).toEqual(many);
  });

  it('lose what no database can store, and nothing else', async () => {
    expect(await namesOf(['a\u0000b', '\ud83d!', '😀'])).toEqual(['a\ufffdb', '\ufffd!', '😀']);
  });

  it.skipIf(isMysql)('are found by their key where they are few, in a table without statistics', async () => {
    const { kysely } = erp.database();
    await sql`CREATE TABLE goods_of_a_day (id bigint PRIMARY KEY, name text)`.execute(kysely);
    await sql`INSERT INTO goods_of_a_day SELECT n, repeat('x', 50) FROM generate_series(1, 5000) n`.execute(
      kysely,
    );
    const source = jsonRows(dialect, [{ id: 7, name: '' }], 'v', COLUMNS);
    const { rows } =
      await sql`EXPLAIN SELECT g.name FROM goods_of_a_day g JOIN ${source} ON g.id = v.id`.execute(kysely);
    const plan = JSON.stringify(rows);
    expect(plan).toContain('goods_of_a_day_pkey');
    expect(plan).not.toContain('Seq Scan');
  });
});
