import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Sources } from '../../src/config/source-map.ts';
import { customer, type Setup, startSetup } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';

const SOURCES: Sources = new Map([
  [
    'goods',
    {
      entity: 'goods',
      key: ['part_no'],
      keySeparator: '|',
      select: `SELECT part_no AS entity_key, part_no AS "goodsId", part_no AS "oeNumber", name, stock, price
        FROM erp_part WHERE part_no IN (:keys) AND active = 1`,
      convert: { name: ['unescape-html', 'trim'] },
    },
  ],
]);

describeOnEachDialect('records that the agent reads itself', (store) => {
  let setup: Setup;
  beforeEach(async () => {
    setup = await startSetup(store, { sources: SOURCES });
    const double = setup.agent.database.dialect === 'mysql' ? 'DOUBLE' : 'double precision';
    await run(
      `CREATE TABLE erp_part (part_no VARCHAR(40) PRIMARY KEY, name VARCHAR(100), stock INT, price ${double}, active INT)`,
      `INSERT INTO erp_part VALUES ('P-1', '刹车片 &amp; 垫 😀', 3, 4.6728971962617, 1), ('P-2', '火花塞', 5, 0.1, 1)`,
    );
  });
  afterEach(() => setup.stop());

  const run = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await sql.raw(statement).execute(setup.agent.database.kysely);
  };
  const listed = (key: string) => setup.sandbox.state().goods[`13800000000/${key}`]?.lastBody;
  const changed = (...keys: readonly string[]) =>
    setup.change(...keys.map((key) => ({ entity: 'goods', key })));

  it('arrive as the tables have them, with prices of six decimals at most', async () => {
    await changed('P-1', 'P-2');
    await setup.untilState('goods', 'P-1', 'accepted');
    await setup.untilState('goods', 'P-2', 'accepted');
    expect(listed('P-1')).toMatchObject({ price: 4.672897, info: { goods_name: '刹车片 & 垫 😀' } });
    expect(listed('P-2')).toMatchObject({ price: 0.1, stock: 5 });
    expect(setup.sandbox.state().violations).toEqual([]);
  });

  it('are deleted at the platform when the row is gone, or no longer meets the condition, and come back', async () => {
    await changed('P-1', 'P-2', 'P-never-there');
    await setup.untilState('goods', 'P-2', 'accepted');
    await setup.untilSettled();
    await run(
      "DELETE FROM erp_part WHERE part_no = 'P-1'",
      "UPDATE erp_part SET active = 0 WHERE part_no = 'P-2'",
    );
    await changed('P-1', 'P-2');
    await until('both have stock 0', () => listed('P-1')?.stock === 0 && listed('P-2')?.stock === 0);
    await setup.untilSettled();
    await run("UPDATE erp_part SET active = 1 WHERE part_no = 'P-2'");
    await changed('P-2');
    await until('the stock is back', () => listed('P-2')?.stock === 5);
    expect(listed('P-never-there')).toBeUndefined();
    expect(await setup.deliveries('goods', 'P-never-there')).toEqual([]);
  });

  it('wait in the outbox while their tables cannot be read; others go on; then they go by themselves', async () => {
    await run('ALTER TABLE erp_part RENAME COLUMN stock TO quantity');
    await changed('P-1', 'P-2');
    await until('the fault is known', () => setup.agent.relay.unreadable().get('goods'));
    expect(setup.agent.relay.unreadable().get('goods')).toContain('stock');
    await setup.change(customer('C-1'), {
      entity: 'goods',
      key: 'P-3',
      payload: { goodsId: 'P-3', name: '灯', oeNumber: '1', stock: 1, price: 1 },
    });
    await setup.untilState('customer', 'C-1', 'accepted');
    await setup.untilState('goods', 'P-3', 'accepted');
    const { kysely } = setup.agent.database;
    const waiting = await kysely.selectFrom('ctg_outbox').select('entity_key').orderBy('id').execute();
    expect(waiting.map((row) => row.entity_key)).toEqual(['P-1', 'P-2']);
    await run('ALTER TABLE erp_part RENAME COLUMN quantity TO stock');
    await setup.untilState('goods', 'P-1', 'accepted');
    await setup.untilState('goods', 'P-2', 'accepted');
    expect(setup.agent.relay.unreadable().size).toBe(0);
    expect(setup.sandbox.state().counts['list-goods']?.requests).toBe(3);
  });
});
