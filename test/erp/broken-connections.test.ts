import { sql } from 'kysely';
import { expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/erp/database.ts';
import { createDatabase } from '../support/services/index.ts';
import { until } from '../support/until.ts';

const url = inject('postgresUrl');

// An error event that nobody hears ends the process: the run would fail with it, beside this test.
it.skipIf(url === null)(
  'a session that ends between two statements of a transaction fails that one alone',
  async () => {
    const target = await createDatabase(url ?? '');
    const database = await openDatabase({ url: target.url, dataDir: 'memory' });
    const working = database.kysely.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(transaction);
      await sql`SELECT pg_terminate_backend(${rows[0]?.pid}::int)`.execute(database.kysely);
      await until('the session has ended', async () => {
        const still = sql`SELECT 1 FROM pg_stat_activity WHERE pid = ${rows[0]?.pid}::int`;
        return (await still.execute(database.kysely)).rows.length === 0;
      });
      await sql`SELECT 1`.execute(transaction);
    });
    await expect(working).rejects.toThrow();
    const { rows } = await sql<{ one: number }>`SELECT 1 AS one`.execute(database.kysely);
    expect(rows).toEqual([{ one: 1 }]);
    await database.close();
    await target.drop();
  },
);
