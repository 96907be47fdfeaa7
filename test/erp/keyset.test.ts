import { sql } from 'kysely';
import { beforeAll, expect, it } from 'vitest';
import type { Dialect, Executor } from '../../src/erp/database.ts';
import { countKeyset, type Keyset, readKeyset } from '../../src/erp/keyset.ts';
import { describeOnEachDatabase, type ErpDatabase } from './databases.ts';

const parts: Keyset = { table: 'erp_part', key: ['part_no'], keySeparator: '|' };
const stocks: Keyset = { table: 'erp_stock', key: ['tenant', 'shop', 'part_no'], keySeparator: '|' };
const numbers: Keyset = { table: 'erp_number', key: ['tenant_id', 'id'], keySeparator: '-' };

async function walk({ database }: ErpDatabase, keyset: Keyset, limit: number): Promise<string[]> {
  const { kysely, dialect } = database();
  const keys: string[] = [];
  for (let after: string | undefined; ; ) {
    const rows = await readKeyset(kysely, dialect, keyset, { after, limit });
    keys.push(...rows.map(({ key }) => key));
    after = rows.at(-1)?.position;
    if (rows.length < limit) return keys;
  }
}

describeOnEachDatabase('walking through a table by its key', (erp) => {
  beforeAll(async () => {
    await erp.run(
      `CREATE TABLE erp_part (part_no VARCHAR(40) PRIMARY KEY, changed_at TIMESTAMP NOT NULL)`,
      `INSERT INTO erp_part VALUES ('a', '2026-01-01'), ('B', '2026-01-02'), ('ö', '2026-01-03'), ('Z', '2026-01-04'),
        ('中文', '2026-01-05'), ('it''s', '2026-01-06'), ('', '2026-01-07'), ('10', '2026-01-08'), ('9', '2026-01-09')`,
      `CREATE TABLE erp_stock (tenant VARCHAR(10) NULL, shop INT NULL, part_no VARCHAR(20) NOT NULL)`,
      `CREATE UNIQUE INDEX erp_stock_key ON erp_stock (tenant, shop, part_no)`,
      `INSERT INTO erp_stock VALUES (NULL, NULL, 'a'), (NULL, NULL, 'b'), (NULL, 1, 'c'), (NULL, 2, 'd'), ('t1', NULL, 'e'),
        ('t1', NULL, 'f'), ('t1', 1, 'g'), ('t1', 10, 'h'), ('t1', 9, 'i'), ('t2', 1, 'a'), ('t2', 1, 'b'), ('t2', NULL, 'a')`,
      `CREATE TABLE erp_number (tenant_id INT NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (tenant_id, id))`,
      `INSERT INTO erp_number VALUES (1, 9007199254740993), (1, 9007199254740995), (1, 10), (1, 9), (2, 1)`,
    );
  });

  it.each([1, 2, 3, 5, 100])('meets every row once, %i a page', async (limit) => {
    const keys = await walk(erp, parts, limit);
    expect([...keys].sort()).toEqual(['', '10', '9', 'B', 'Z', 'a', "it's", 'ö', '中文'].sort());
  });

  it.each([1, 2, 3, 5, 100])('meets every row of a key with NULLs once, %i a page', async (limit) => {
    const keys = await walk(erp, stocks, limit);
    // As the triggers write them: a part without a value is empty.
    const all = [
      '||a',
      '||b',
      '|1|c',
      '|2|d',
      't1||e',
      't1||f',
      't1|1|g',
      't1|10|h',
      't1|9|i',
      't2|1|a',
      't2|1|b',
      't2||a',
    ];
    expect([...keys].sort()).toEqual(all.sort());
  });

  it('compares numbers as numbers, also those that no JavaScript number holds', async () => {
    const all = ['1-9', '1-10', '1-9007199254740993', '1-9007199254740995', '2-1'];
    for (const limit of [1, 2, 4]) expect(await walk(erp, numbers, limit)).toEqual(all);
  });

  it('meets those that changed since', async () => {
    const keyset = { ...parts, since: { column: 'changed_at', time: '2026-01-08 00:00:00' } };
    expect((await walk(erp, keyset, 1)).sort()).toEqual(['10', '9']);
    expect(await countKeyset(erp.database().kysely, keyset)).toBe(2);
    expect(await countKeyset(erp.database().kysely, parts)).toBe(9);
  });

  it('goes by the index: reads little more than what it gives', async () => {
    const { kysely, dialect, transact } = erp.database();
    await erp.run(
      `CREATE TABLE erp_many (tenant VARCHAR(10) NOT NULL, part_no VARCHAR(20) NOT NULL, title VARCHAR(20),
        PRIMARY KEY (tenant, part_no))`,
    );
    const values = Array.from({ length: 3000 }, (_, at) => sql`('t1', ${String(10_000 + at)}, 'part')`);
    await sql`INSERT INTO erp_many VALUES ${sql.join(values)}`.execute(kysely);
    await sql.raw(dialect === 'postgres' ? 'ANALYZE erp_many' : 'ANALYZE TABLE erp_many').execute(kysely);
    const many: Keyset = { table: 'erp_many', key: ['tenant', 'part_no'], keySeparator: '|' };
    const read = await transact(async (transaction) => {
      const before = await rowsRead(transaction, dialect);
      const page = await readKeyset(transaction, dialect, many, { after: '["t1","12500"]', limit: 10 });
      expect(page.map(({ key }) => key).slice(0, 2)).toEqual(['t1|12501', 't1|12502']);
      return (await rowsRead(transaction, dialect)) - before;
    });
    expect(read).toBeLessThan(100);
  });

  it('refuses a place that is none of this walk', async () => {
    const { kysely, dialect } = erp.database();
    for (const after of ['P-1', '["a","b"]', '[1]']) {
      await expect(readKeyset(kysely, dialect, parts, { after, limit: 1 })).rejects.toThrow('is not a place');
    }
  });
});

/** Rows that this session (MySQL) or transaction (PostgreSQL) has read so far. */
async function rowsRead(executor: Executor, dialect: Dialect): Promise<number> {
  if (dialect === 'mysql') {
    const { rows } = await sql<{ Value: string }>`
      SHOW SESSION STATUS WHERE Variable_name IN ('Handler_read_next', 'Handler_read_rnd_next')`.execute(
      executor,
    );
    return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
  }
  const { rows } = await sql<{ count: string }>`
    SELECT coalesce(seq_tup_read + idx_tup_fetch, 0) AS count FROM pg_stat_xact_user_tables
    WHERE relname = 'erp_many'`.execute(executor);
  return Number(rows[0]?.count ?? 0);
}
