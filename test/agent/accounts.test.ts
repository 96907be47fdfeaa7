import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { loadAccounts } from '../../src/config/accounts.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { startReloading } from '../../src/jobs/reload.ts';
import { goods, type Setup, startSetup } from '../support/running-agent.ts';
import { availableStores } from '../support/stores.ts';
import { until } from '../support/until.ts';

const ACCOUNTS = [
  { username: '13800000001', password: 'one', companyid: '101', companyName: '一号公司' },
  { username: '13800000002', password: 'two', companyid: '102', companyName: '二号公司' },
];

const [store] = availableStores().slice(-1);
let setup: Setup | undefined;
let directory: string | undefined;
afterEach(async () => {
  await setup?.stop();
  setup = undefined;
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

async function writeAccounts(file: string, passwordOfTwo: string): Promise<void> {
  const entries = [
    'accounts:',
    '  - { id: one, username: "13800000001", password: one, sec: sandbox-sec }',
    `  - { id: two, username: "13800000002", password: ${passwordOfTwo}, sec: sandbox-sec }`,
  ];
  await writeFile(file, `${entries.join('\n')}\n`);
}

it('sends each change for its own account; a refused one stops alone, and a corrected secret counts without a restart', async () => {
  if (!store) throw new Error('no store');
  directory = await mkdtemp(join(tmpdir(), 'ctg-sync-'));
  const file = join(directory, 'accounts.yaml');
  await writeAccounts(file, 'wrong');
  setup = await startSetup(store, {
    sandbox: { accounts: ACCOUNTS },
    env: { CTG_ACCOUNTS_FILE: file, CTG_USERNAME: '', CTG_PASSWORD: '', CTG_SEC: '' },
  });
  const { agent, env, sandbox } = setup;
  await setup.change({ ...goods('G-1'), account: 'one' }, { ...goods('G-1'), account: 'two' });
  await until('account one has sent', () => sandbox.state().goods['13800000001/G-1']);
  await until('account two is refused', () => agent.logins.refused().includes('two'));
  expect(agent.logins.refused()).toEqual(['two']);
  await setup.change({ ...goods('G-2'), account: 'one' }, { ...goods('G-2'), account: 'two' });
  await until('account one goes on', () => sandbox.state().goods['13800000001/G-2']);

  const reloading = startReloading({
    read: () => loadAccounts(loadSettings(env), env),
    replace: (accounts) => agent.replaceAccounts(accounts),
    logger: agent.logger,
  });
  await writeFile(file, 'accounts: [');
  await reloading.reload();
  await writeAccounts(file, 'two');
  await reloading.reload();
  reloading.stop();
  await until('account two has sent', () => sandbox.state().goods['13800000002/G-1']);
  await until('account two has sent all', () => sandbox.state().goods['13800000002/G-2']);
  expect(agent.logins.refused()).toEqual([]);
  expect(agent.logins.companyOf('two')).toBe('102');
});

it('fills a missing companyId with the company that the log-in told', async () => {
  if (!store) throw new Error('no store');
  setup = await startSetup(store, {
    sandbox: {
      accounts: [{ username: '13800000000', password: 'sandbox', companyid: '777', companyName: '七' }],
    },
  });
  await until('the company is known', () => setup?.agent.logins.companyOf('default'));
  const line = {
    goodsId: 'G-1',
    sellerId: 'S1',
    sellerCompanyName: '卖',
    goodsName: '油',
    price: 1,
    amount: 1,
    totalPrice: 1,
  };
  await setup.change({ entity: 'order', key: 'SO-1', payload: { lines: [line] } });
  await setup.untilState('order', 'SO-1', 'accepted');
  expect(Object.values(setup.sandbox.state().orders)[0]?.companyID).toBe('777');
});
