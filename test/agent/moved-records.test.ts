import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Sources } from '../../src/config/source-map.ts';
import { temporaryFile } from '../config/temporary-files.ts';
import { goods, type Setup, startSetup } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';

const ACCOUNTS = `- {id: default, username: "13800000000", password: sandbox, sec: sandbox-sec, companyId: E1}
- {id: east, username: "13800000001", password: sandbox, sec: sandbox-sec, companyId: E2}
`;

const SANDBOX = [
  { username: '13800000000', password: 'sandbox', companyid: 'E1', companyName: '甲' },
  { username: '13800000001', password: 'sandbox', companyid: 'E2', companyName: '乙' },
];

/** `tenant` names the account; NULL leaves it to the change's own. */
const SOURCES: Sources = new Map([
  [
    'goods',
    {
      entity: 'goods',
      key: ['id'],
      keySeparator: '|',
      accountColumn: 'tenant',
      select: `SELECT id AS entity_key, id AS "goodsId", tenant, 'x' AS name, 'oe' AS "oeNumber", 5 AS stock, 1 AS price
        FROM erp_goods WHERE id IN (:keys)`,
    },
  ],
  [
    'order',
    {
      entity: 'order',
      key: ['id'],
      keySeparator: '|',
      accountColumn: 'tenant',
      select: 'SELECT id AS entity_key, tenant FROM erp_order WHERE id IN (:keys)',
      lines: {
        select: `SELECT id AS entity_key, 'G' AS "goodsId", 'S1' AS "sellerId", 's' AS "sellerCompanyName",
          'g' AS "goodsName", 1 AS price, 1 AS amount, 1 AS "totalPrice" FROM erp_order WHERE id IN (:keys)`,
      },
      constants: { remind: false, companyId: 'E1' },
    },
  ],
]);

describeOnEachDialect('a record that moves to another account', (store) => {
  let setup: Setup;
  beforeEach(async () => {
    setup = await startSetup(store, {
      sandbox: { accounts: SANDBOX },
      sources: quoted(SOURCES, store.name),
      env: {
        CTG_USERNAME: '',
        CTG_PASSWORD: '',
        CTG_SEC: '',
        CTG_ACCOUNTS_FILE: temporaryFile('accounts.yaml', ACCOUNTS),
      },
    });
    await say('CREATE TABLE erp_goods (id VARCHAR(20), tenant VARCHAR(20))');
    await say('CREATE TABLE erp_order (id VARCHAR(20), tenant VARCHAR(20))');
  });
  afterEach(() => setup.stop());

  it.each([
    ['default', 'east'],
    ['east', null],
  ])('leaves the one before: %s → %s', async (from, to) => {
    await say(`INSERT INTO erp_goods VALUES ('G', ${literal(from)})`);
    await capture('goods', 'G');
    await say(`UPDATE erp_goods SET tenant = ${literal(to)}`);
    await capture('goods', 'G');
    expect(stocks()).toEqual({ [userOf(from)]: 0, [userOf(to)]: 5 });
    await say('DELETE FROM erp_goods');
    await capture('goods', 'G');
    expect(stocks()).toEqual({ [userOf(from)]: 0, [userOf(to)]: 0 });
  });

  it('is deleted only where a deletion says so', async () => {
    await say("INSERT INTO erp_goods VALUES ('G', 'default')");
    await capture('goods', 'G');
    await setup.change({ ...goods('G', { stock: 5 }), account: 'east' });
    await setup.untilSettled();
    await say("UPDATE erp_goods SET tenant = 'east'");
    await setup.change({ entity: 'goods', key: 'G', op: 'delete', account: 'default' });
    await setup.untilSettled();
    expect(stocks()).toEqual({ [userOf('default')]: 0, [userOf('east')]: 5 });
  });

  it('stays where it was placed, if it is an order: it is never placed twice', async () => {
    await say("INSERT INTO erp_order VALUES ('SO', 'default')");
    await capture('order', 'SO');
    await say("UPDATE erp_order SET tenant = 'east'");
    await capture('order', 'SO');
    const orders = Object.values(setup.sandbox.state().orders);
    expect(orders.map(({ account, placements }) => [account, placements])).toEqual([['13800000000', 1]]);
  });

  const say = async (text: string): Promise<void> => {
    await sql.raw(text).execute(setup.agent.database.kysely);
  };

  const capture = async (entity: string, key: string): Promise<void> => {
    await setup.change({ entity, key });
    await setup.untilSettled();
  };

  const stocks = (): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(setup.sandbox.state().goods).map(([name, { lastBody }]) => [
        name.split('/')[0] ?? '',
        lastBody.stock,
      ]),
    );
});

const userOf = (account: string | null): string => (account === 'east' ? '13800000001' : '13800000000');

const literal = (text: string | null): string => (text === null ? 'NULL' : `'${text}'`);

/** MariaDB quotes names its own way. */
function quoted(sources: Sources, store: string): Sources {
  const text = JSON.stringify([...sources]);
  return new Map(JSON.parse(store.startsWith('MariaDB') ? text.replaceAll('\\"', '`') : text));
}
