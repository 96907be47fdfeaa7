import type { KyselyPlugin } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { migrate, migrationsOf, pendingMigrations } from '../../src/ledger/migrate.ts';
import { describeOnEachDialect, type OpenStore } from '../support/stores.ts';

describeOnEachDialect('an upgrade that is cut off', (store) => {
  let opened: OpenStore;
  let database: Database;
  beforeAll(async () => {
    opened = await store.open();
    const { DATABASE_URL: url, DATA_DIR: dataDir = 'memory' } = opened.env;
    database = await openDatabase({ url, dataDir, connections: 2 });
  });
  afterAll(async () => {
    await database.close();
    await opened.drop();
  });

  it('goes on where it was, whatever statement it ended before', async () => {
    const all = Object.keys(migrationsOf(database.dialect)).length;
    let left = all;
    let cuts = 0;
    for (let statements = 1; left > 0; statements++) {
      const mortal = { ...database, kysely: database.kysely.withPlugin(endAfter(statements)) };
      await migrate(mortal).catch(() => cuts++);
      const pending = (await pendingMigrations(database)).length;
      // The next migration is cut off before its first statement again.
      if (pending < left) statements = 1;
      left = pending;
    }
    expect(cuts).toBeGreaterThan(2 * all);
    expect(await database.kysely.selectFrom('ctg_clock').select('name').orderBy('name').execute()).toEqual([
      { name: 'alerts' },
      { name: 'key' },
      { name: 'relay' },
    ]);
  });
});

/** Statements that come after so many never reach the database. */
function endAfter(statements: number): KyselyPlugin {
  let count = 0;
  return {
    transformQuery: ({ node }) => {
      if (++count > statements) throw new Error(`cut off after ${statements} statements`);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
}
