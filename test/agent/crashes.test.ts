import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/erp/database.ts';
import { writeOutbox } from '../../src/erp/outbox.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type ChildAgent, startChildAgent } from '../support/child-agent.ts';
import { newDataDir } from '../support/empty-store.ts';
import { customer, goods, order, platformEnvironment } from '../support/running-agent.ts';
import { availableStores, type OpenStore } from '../support/stores.ts';
import { until } from '../support/until.ts';

const ORDERS = 200;
const CUSTOMERS = 60;

const changes = [
  ...Array.from({ length: ORDERS }, (_, index) => order(`SO-${index}`, ['S1', 'S2'])),
  ...Array.from({ length: CUSTOMERS }, (_, index) => customer(`C-${index}`)),
  ...Array.from({ length: 100 }, (_, index) => goods(`G-${index}`)),
].map((each) => ({ account: 'default', op: 'upsert' as const, ...each }));

/** Everything is at the platform, and once. */
function expectAllOnce(sandbox: Sandbox): void {
  const state = sandbox.state();
  expect(state.violations).toEqual([]);
  expect(Object.values(state.timestamps).every((line) => line.effects === 1)).toBe(true);
  expect(Object.keys(state.timestamps)).toHaveLength(ORDERS * 2);
  expect(Object.values(state.reminders).every((reminder) => reminder.effects === 1)).toBe(true);
  expect(Object.keys(state.customers)).toHaveLength(CUSTOMERS);
}

const isAllThere = (sandbox: Sandbox): boolean => {
  const state = sandbox.state();
  return (
    Object.keys(state.orders).length === ORDERS &&
    Object.keys(state.reminders).length === ORDERS * 2 &&
    Object.keys(state.customers).length === CUSTOMERS &&
    Object.keys(state.goods).length === 100
  );
};

for (const store of availableStores().filter((each) => each.name !== 'PGlite')) {
  describe(`agents that end in the middle (${store.name})`, () => {
    const closers: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
    });

    it('leave their work to the others: one by a power cut, one by SIGTERM', async () => {
      const sandbox = await startSandbox();
      closers.push(() => sandbox.close());
      const opened: OpenStore = await store.open();
      closers.push(() => opened.drop());
      const env = { ...platformEnvironment(sandbox.url), ...opened.env, CTG_TIMEOUT_MS: '1000' };
      const database = await openDatabase({ url: opened.env.DATABASE_URL, dataDir: 'memory' });
      closers.push(() => database.close());
      await migrate(database);
      sandbox.setFaults([
        { kind: 'latency', ms: 30 },
        { kind: 'drop-after', rate: 0.05 },
      ]);
      const agents: ChildAgent[] = await Promise.all([startChildAgent(env), startChildAgent(env)]);
      closers.push(() => Promise.all(agents.map((agent) => agent.kill())));
      await writeOutbox(database.kysely, changes);
      await until('work is under way', () => Object.keys(sandbox.state().orders).length > 15);
      await agents[0]?.kill();
      agents.push(await startChildAgent(env));
      expect(await agents[1]?.terminate()).toBe(0);
      await until('everything is at the platform', () => isAllThere(sandbox), 150_000);
      await until(
        'nothing is owed',
        async () => {
          const open = await database.kysely
            .selectFrom('ctg_delivery')
            .select('id')
            .where('open_lane', 'is not', null)
            .execute();
          return open.length === 0;
        },
        150_000,
      );
      expectAllOnce(sandbox);
    }, 400_000);
  });
}

describe('the embedded store', () => {
  it('keeps everything over a power cut in the middle', async () => {
    const sandbox = await startSandbox();
    const directory = await newDataDir();
    const env = { ...platformEnvironment(sandbox.url), DATA_DIR: directory };
    const prepared = await openDatabase({ url: undefined, dataDir: directory });
    await migrate(prepared);
    await writeOutbox(prepared.kysely, changes);
    await prepared.close();
    sandbox.setFaults([{ kind: 'latency', ms: 20 }]);
    const first = await startChildAgent(env);
    await until('work is under way', () => Object.keys(sandbox.state().orders).length > 15);
    await first.kill();
    const second = await startChildAgent(env);
    await until('everything is at the platform', () => isAllThere(sandbox), 150_000);
    expect(await second.terminate()).toBe(0);
    expectAllOnce(sandbox);
    await sandbox.close();
    await rm(directory, { recursive: true });
  }, 400_000);
});
