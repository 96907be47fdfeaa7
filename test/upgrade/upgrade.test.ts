import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { startAgent } from '../../src/agent.ts';
import { loadAccounts } from '../../src/config/accounts.ts';
import { createLogger } from '../../src/config/logger.ts';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { readSummary } from '../../src/ledger/balance.ts';
import { migrate, migrationsOf, pendingMigrations } from '../../src/ledger/migrate.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { emptyStore } from '../support/empty-store.ts';
import { platformEnvironment } from '../support/running-agent.ts';
import { availableStores, type OpenStore, type Store } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { insertRows, migrateTo, readTables } from './old-database.ts';
import { CUSTOMER, OLD_CLOCK, OLD_KEYS, oldRows, type Platform, wireLine } from './old-rows.ts';

const STEPS = Object.keys(migrationsOf('postgres'));

/** The embedded store has the statements of PostgreSQL: its first version alone is taken through. */
const embedded: Store = {
  name: 'PGlite',
  open: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ctg-upgrade-'));
    return { env: { DATA_DIR: directory }, drop: async () => rmSync(directory, { recursive: true }) };
  },
};

const served = availableStores().filter(({ name }) => name.endsWith('+ Redis'));

describe.each([
  ...served.map((store) => ({ name: store.name, store, steps: STEPS })),
  { name: embedded.name, store: embedded, steps: STEPS.slice(0, 1) },
])('an upgrade on $name', ({ store, steps }) => {
  // Mostly they wait for the agent's next look: all at once take as long as one.
  it.concurrent.each(steps)(
    'from %s loses nothing, finishes what was open, and repeats nothing',
    async (step) => {
      const sandbox = await startSandbox();
      const opened = await store.open();
      try {
        const platform = await platformBefore(sandbox);
        const before = await fillOld(opened, step, platform);
        const database = await open(opened);
        await migrate(database);
        expect(await pendingMigrations(database)).toEqual([]);
        expectToHold(await readTables(database, Object.keys(before)), before);
        await database.close();
        sandbox.setOrderStatus(platform.boundOrder, 2);
        await workThrough(opened, sandbox, (worked) => expectFinished(worked, sandbox, before, platform));
      } finally {
        await opened.drop();
        await sandbox.close();
      }
    },
  );
});

type Tables = Awaited<ReturnType<typeof readTables>>;

async function open({ env }: OpenStore): Promise<Database> {
  const { DATABASE_URL: url, DATA_DIR: dataDir = 'memory' } = env;
  return openDatabase({ url, dataDir, connections: 2, template: emptyStore });
}

/** What the platform holds: an order and a customer from before, and what two sends achieved whose answers were lost. */
async function platformBefore(sandbox: Sandbox): Promise<Platform> {
  const credentials = { username: '13800000000', password: 'sandbox', sec: 'sandbox-sec' };
  const post = async (path: string, body: Record<string, unknown>): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify({ ...credentials, ...body }) };
    const answer = (await (await fetch(sandbox.url + path, request)).json()) as { status: number };
    expect(answer.status).toBe(0);
  };
  await post('/order/place', { param: [wireLine(OLD_KEYS.bound)] });
  await post('/order/place', { param: [wireLine(OLD_KEYS.claimed)] });
  await post('/crm/customer', { op_type: 1, param: CUSTOMER });
  await post('/crm/customer', { op_type: 1, param: { ...CUSTOMER, name: '汽修厂C-bound' } });
  const { timestamps, customers } = sandbox.state();
  const customer = Object.values(customers).find(({ name }) => name === '汽修厂C-bound');
  return {
    boundOrder: timestamps[OLD_KEYS.bound]?.order_id ?? '',
    boundCustomer: customer?.id ?? '',
  };
}

async function fillOld(opened: OpenStore, step: string, platform: Platform): Promise<Tables> {
  const database = await open(opened);
  await migrateTo(database, step);
  const tables = await insertRows(database, oldRows(platform));
  await sql`UPDATE ctg_clock SET value = ${OLD_CLOCK} WHERE name = 'key'`.execute(database.kysely);
  const before = await readTables(database, [...tables, 'ctg_clock']);
  await database.close();
  return before;
}

/** Each row of before is there, and each of its columns says what it said. */
function expectToHold(after: Tables, before: Tables): void {
  for (const [table, rows] of Object.entries(before)) {
    const columns = Object.keys(rows[0] ?? {});
    const texts = (all: readonly Record<string, unknown>[]): string[] =>
      all.map((row) => JSON.stringify(columns.map((column) => row[column])));
    expect(texts(after[table] ?? []), table).toEqual(expect.arrayContaining(texts(rows)));
  }
}

/** A real agent of today works on these tables until nothing is owed that a person does not have to decide. */
async function workThrough(
  opened: OpenStore,
  sandbox: Sandbox,
  judge: (database: Database) => Promise<void>,
): Promise<void> {
  const env = { ...platformEnvironment(sandbox.url), ...opened.env };
  const settings = loadSettings(env);
  const agent = await startAgent({
    settings,
    accounts: loadAccounts(settings, env),
    sources: new Map(),
    platform: loadPlatformPaths(undefined),
    logger: createLogger({ level: 'silent' }),
    ...(settings.databaseUrl === undefined && { template: await emptyStore() }),
  });
  try {
    const { kysely } = agent.database;
    await until('all is finished that was open', async () => {
      const outbox = await kysely.selectFrom('ctg_outbox').select('id').executeTakeFirst();
      const open = kysely.selectFrom('ctg_delivery').select('id').where('closed_at', 'is', null);
      const owed = await open.where('state', '<>', 'held').executeTakeFirst();
      const inbox = await kysely.selectFrom('ctg_inbox').select('id').where('status', '=', '2').execute();
      return !outbox && !owed && inbox.length > 0;
    });
    await judge(agent.database);
  } finally {
    await agent.stop();
  }
}

async function expectFinished(
  database: Database,
  sandbox: Sandbox,
  before: Tables,
  { boundOrder }: Platform,
): Promise<void> {
  const { balance, difference } = await readSummary(database);
  expect(difference).toBe(0);
  // 13 deliveries and 6 changes of before, and the reminders of the three orders that were placed.
  expect(balance).toMatchObject({ captured: 22, rejected: 1, dropped: 1, open: 1, inDoubt: 0 });
  const after = await readTables(database, ['ctg_delivery', 'ctg_inbox', 'ctg_binding']);
  const settled = (before.ctg_delivery ?? []).filter(({ state, closed_at }) => state === 'held' || closed_at);
  expect(settled).toHaveLength(6);
  expectToHold(after, { ctg_delivery: settled, ctg_inbox: before.ctg_inbox ?? [] });
  const inbox = after.ctg_inbox?.filter((row) => row.platform_id === boundOrder) ?? [];
  expect(inbox.map(({ status, previous_status }) => [previous_status, status])).toEqual([
    [null, '1'],
    ['1', '2'],
  ]);
  expectPlatform(sandbox, boundOrder);
}

function expectPlatform(sandbox: Sandbox, boundOrder: string): void {
  const { violations, goods, customers, timestamps, orders, reminders } = sandbox.state();
  expect(violations).toEqual([]);
  const stock = Object.values(goods).map(({ goods_ID, lastBody }) => [goods_ID, lastBody.stock]);
  expect(new Map(stock as [string, number][])).toEqual(
    new Map([
      ['G-waiting', 10],
      ['G-outbox', 2],
      ['G-accepted', 0],
    ]),
  );
  const addresses = Object.values(customers).map(({ name, address }) => `${name} ${address}`);
  expect(addresses.sort()).toEqual(['汽修厂C-bound 苏州市', '汽修厂C-doubt 上海市']);
  expect(Object.values(timestamps).every(({ effects }) => effects === 1)).toBe(true);
  const given = Object.keys(timestamps).filter((key) => !Object.values<string>(OLD_KEYS).includes(key));
  expect(Object.keys(timestamps)).toEqual(expect.arrayContaining([OLD_KEYS.claimed, OLD_KEYS.waiting]));
  expect(timestamps).not.toHaveProperty(OLD_KEYS.held);
  expect(given).toHaveLength(1);
  expect(Number(given[0]?.slice('WEBERP'.length))).toBeGreaterThan(OLD_CLOCK);
  expect(
    Object.values(orders).map(({ order_id, ships }) => (order_id === boundOrder ? 'bound' : ships)),
  ).toEqual(expect.arrayContaining(['bound', 0, 1, 1]));
  expect(Object.keys(orders)).toHaveLength(4);
  expect(Object.values(reminders).every(({ effects }) => effects === 1)).toBe(true);
  expect(Object.keys(reminders)).toEqual(expect.arrayContaining([OLD_KEYS.reminder, OLD_KEYS.nextReminder]));
  expect(Object.keys(reminders)).toHaveLength(5);
}
