import { Redis } from 'ioredis';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/erp/database.ts';
import { takeKeys } from '../../src/ledger/clock.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { customer, goods, order, type Setup, startSetup } from '../support/running-agent.ts';
import { createDatabase, startRedis } from '../support/services/index.ts';
import { availableStores, type Store } from '../support/stores.ts';
import { until } from '../support/until.ts';

const shared = availableStores().filter((store) => store.name !== 'PGlite');

for (const store of shared) {
  describe(`several agents (${store.name})`, () => {
    let setup: Setup | undefined;
    afterEach(() => setup?.stop());

    it('share the work, and send nothing twice', async () => {
      // With all of them in one process, a busy machine would let the usual two seconds pass.
      setup = await startSetup(store, { env: { AUTO_MIGRATE: 'true', CTG_TIMEOUT_MS: '30000' } });
      await Promise.all([setup.startAnother(), setup.startAnother()]);
      const changes = Array.from({ length: 300 }, (_, index) => [
        goods(`G-${index % 100}`, { stock: index }),
        order(`SO-${index}`, ['S1', 'S2']),
        customer(`C-${index % 50}`, { address: `地址${index}` }),
      ]).flat();
      for (let start = 0; start < changes.length; start += 90)
        await setup.change(...changes.slice(start, start + 90));
      await setup.untilSettled();
      await setup.untilSettled();
      const state = setup.sandbox.state();
      expect(state.violations).toEqual([]);
      expect(Object.keys(state.orders)).toHaveLength(300);
      expect(Object.values(state.timestamps).every((line) => line.effects === 1)).toBe(true);
      expect(Object.keys(state.reminders)).toHaveLength(600);
      expect(Object.keys(state.customers)).toHaveLength(50);
      for (let index = 0; index < 100; index++) {
        expect(state.goods[`13800000000/G-${index}`]?.lastBody.stock).toBe(200 + index);
      }
    });
  });
}

describe('an agent whose Redis is emptied', () => {
  const [postgresUrl, redisUrl] = [inject('postgresUrl'), inject('redisUrl')];

  it.skipIf(postgresUrl === null || redisUrl === null)('loses nothing and doubles nothing', async () => {
    const redis = await startRedis();
    const database = await createDatabase(postgresUrl ?? '');
    const store: Store = {
      name: 'own Redis',
      open: async () => ({
        env: { DATABASE_URL: database.url, REDIS_URL: redis.url },
        drop: async () => {
          await database.drop();
          await redis.stop();
        },
      }),
    };
    const setup = await startSetup(store);
    try {
      setup.sandbox.setFaults([{ kind: 'latency', ms: 20 }]);
      await setup.change(...Array.from({ length: 400 }, (_, index) => order(`SO-${index}`)));
      await until('some orders are out', () => Object.keys(setup.sandbox.state().orders).length > 20);
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
      await setup.untilSettled();
      await until('all reminders are out', () => Object.keys(setup.sandbox.state().reminders).length === 400);
      await redis.kill9();
      await setup.change(...Array.from({ length: 50 }, (_, index) => goods(`G-${index}`)));
      await redis.restart();
      await until('all goods are out', () => Object.keys(setup.sandbox.state().goods).length === 50, 60_000);
      await setup.untilSettled();
      expect(Object.keys(setup.sandbox.state().orders)).toHaveLength(400);
      expect(setup.sandbox.state().violations).toEqual([]);
    } finally {
      await setup.stop();
    }
  });
});

describe('an agent whose Redis is emptied in the middle of a send', () => {
  const [postgresUrl, redisUrl] = [inject('postgresUrl'), inject('redisUrl')];

  it.skipIf(postgresUrl === null || redisUrl === null)('sends again soon when that send fails', async () => {
    const redis = await startRedis();
    const database = await createDatabase(postgresUrl ?? '');
    const store: Store = {
      name: 'own Redis',
      open: async () => ({ env: { DATABASE_URL: database.url, REDIS_URL: redis.url }, drop: redis.stop }),
    };
    const setup = await startSetup(store, { env: { CTG_TIMEOUT_MS: '4000' } });
    try {
      setup.sandbox.setFaults([{ kind: 'hang', times: 1 }]);
      await setup.change(order('SO-1'));
      await until('the order is being sent', () => setup.sandbox.requests().length > 0);
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
      // The job that comes back meets the send under way. Were it finished by that, only the sweep's look at what is
      // half a minute overdue would bring the order back.
      const orders = () => Object.keys(setup.sandbox.state().orders).length === 1;
      await until('the order is there', orders, 20_000);
    } finally {
      await setup.stop();
      await database.drop();
    }
  });
});

describe('the tables', () => {
  for (const url of [inject('postgresUrl'), inject('mariadbUrl')]) {
    it.skipIf(url === null)(
      `are brought up to date by several agents at once (${url?.split(':')[0]})`,
      async () => {
        const target = await createDatabase(url ?? '');
        const databases = await Promise.all(
          Array.from({ length: 4 }, () => openDatabase({ url: target.url, dataDir: 'memory' })),
        );
        const reports = await Promise.all(databases.map((database) => migrate(database)));
        const applied = reports.flatMap((report) => report.applied);
        expect(applied).toContain('0001-tables');
        expect(new Set(applied).size).toBe(applied.length);
        for (const database of databases) await database.close();
        await target.drop();
      },
    );
  }
});

describe('the key clock', () => {
  for (const url of [inject('postgresUrl'), inject('mariadbUrl'), undefined]) {
    const name = url === undefined ? 'PGlite' : (url?.split(':')[0] ?? 'none');
    it.skipIf(url === null)(
      `never repeats a key, also when it is asked at once and set back (${name})`,
      async () => {
        const target = typeof url === 'string' ? await createDatabase(url) : undefined;
        const connections = await Promise.all(
          Array.from({ length: target ? 3 : 1 }, () => openDatabase({ url: target?.url, dataDir: 'memory' })),
        );
        const [first] = connections;
        if (!first) throw new Error('no database');
        await migrate(first);
        const format = { prefix: 'WEBERP', digits: 16 };
        const take = (database: typeof first, count: number): Promise<string[]> =>
          database.transact((transaction) => takeKeys(transaction, database.dialect, count, format));
        const rounds = await Promise.all(
          Array.from({ length: 60 }, (_, index) =>
            take(connections[index % connections.length] ?? first, (index % 7) + 1),
          ),
        );
        // The database's clock steps back by a year: the row is ahead of it from now on.
        await first.kysely
          .updateTable('ctg_clock')
          .set((builder) => ({ value: builder('value', '+', 31_536_000_000_000) }))
          .where('name', '=', 'key')
          .execute();
        const later = [await take(first, 5), await take(first, 5)];
        const keys = [...rounds.flat(), ...later.flat()];
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys.every((key) => /^WEBERP\d{16}$/.test(key))).toBe(true);
        for (const round of [...rounds, ...later]) expect([...round].sort()).toEqual(round);
        expect((later[1]?.[0] ?? '') > (later[0]?.[4] ?? '')).toBe(true);
        for (const database of connections) await database.close();
        await target?.drop();
      },
    );
  }
});
