import { sql } from 'kysely';
import { expect, it, test } from 'vitest';
import { bindStatement } from '../../src/erp/statements.ts';
import { describeOnEachDatabase } from './databases.ts';

test('a name that is not given is an error that says which there are', () => {
  const bind = () => bindStatement('SELECT 1 WHERE id > :aftr LIMIT :limit', { after: '', limit: 5 });
  expect(bind).toThrow('The statement uses :aftr, which is not one of :after, :limit.');
});

test('a name that every object has is not given either', () => {
  expect(() => bindStatement('SELECT :constructor', { keys: ['1'] })).toThrow(':constructor');
  expect(() => bindStatement('SELECT :toString', { keys: ['1'] })).toThrow(':toString');
});

/** Keys that would do harm if they were ever a part of the statement. */
const ATTACKS = [
  "x' OR '1'='1",
  "x'; DROP TABLE part; --",
  "x\\' OR 1=1 -- ",
  'x" OR ""="',
  "') OR 1=1 -- ",
  '\\',
  '%_?$1:keys',
  '$' + '{part}',
  '😀 零件',
];

describeOnEachDatabase('a statement with named parameters', (erp) => {
  const rowsOf = async (text: string, values: Parameters<typeof bindStatement>[1]) =>
    (await bindStatement(text, values).execute(erp.database().kysely)).rows;
  const isMysql = erp.engine === 'MariaDB';

  it('binds one value, a list, and nothing for an empty list', async () => {
    const text = `SELECT n FROM (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) t WHERE n IN (:keys) AND n > :after ORDER BY n`;
    expect(await rowsOf(text, { keys: [1, 2, 3], after: 1 })).toEqual([{ n: 2 }, { n: 3 }]);
    expect(await rowsOf(text, { keys: [], after: 0 })).toEqual([]);
  });

  it('binds a name that is used more than once', async () => {
    const text = 'SELECT n FROM (SELECT 1 AS n UNION SELECT 2) t WHERE n = :key OR n - 1 = :key ORDER BY n';
    expect(await rowsOf(text, { key: 1 })).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('leaves names in quoted texts and in comments alone', async () => {
    const text = `SELECT ':keys' AS a, 'it''s :keys' AS b, '12:30:00' AS c, -- the :missing ones, aren't they?
      /* :missing 'too */ 'why? $1' AS d FROM (SELECT 1 AS n) t WHERE n IN (:keys)`;
    expect(await rowsOf(text, { keys: [1] })).toEqual([
      { a: ':keys', b: "it's :keys", c: '12:30:00', d: 'why? $1' },
    ]);
  });

  it('leaves names in quoted identifiers alone', async () => {
    const quote = isMysql ? '`' : '"';
    const text = `SELECT n AS ${quote}a:keys${quote} FROM (SELECT 1 AS n) t WHERE n IN (:keys)`;
    expect(await rowsOf(text, { keys: [1] })).toEqual([{ 'a:keys': 1 }]);
  });

  it.skipIf(isMysql)('leaves casts and texts with escapes alone', async () => {
    const text = `SELECT n::text AS a, E'it\\'s :keys' AS b, (n::numeric(10,2))::text AS c
      FROM (SELECT 1 AS n) t WHERE n::text IN (:keys)`;
    expect(await rowsOf(text, { keys: ['1'] })).toEqual([{ a: '1', b: "it's :keys", c: '1.00' }]);
  });

  it('finds rows by keys that look like SQL, and does nothing else', async () => {
    await erp.run('CREATE TABLE part (id VARCHAR(100) NOT NULL)', "INSERT INTO part VALUES ('other')");
    for (const key of ATTACKS) {
      expect(await rowsOf('SELECT id FROM part WHERE id IN (:keys)', { keys: [key, 'absent'] })).toEqual([]);
    }
    await sql`INSERT INTO part VALUES ${sql.join(ATTACKS.map((key) => sql`(${key})`))}`.execute(
      erp.database().kysely,
    );
    for (const key of ATTACKS) {
      expect(await rowsOf('SELECT id FROM part WHERE id IN (:keys)', { keys: [key] })).toEqual([{ id: key }]);
      expect(await rowsOf("SELECT id FROM part WHERE id <> '?' AND id = :key", { key })).toEqual([
        { id: key },
      ]);
    }
    expect(await rowsOf('SELECT id FROM part', {})).toHaveLength(ATTACKS.length + 1);
  });
});
