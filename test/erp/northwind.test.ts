import { fileURLToPath } from 'node:url';
import { Decimal } from 'decimal.js';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSources } from '../../src/config/sources.ts';
import { removeCapture } from '../../src/erp/capture/install.ts';
import { type Setup, startSetup } from '../support/running-agent.ts';
import { beginDay, expectQuiet, listedGoods, recordsOf, say, sayTogether } from './a-day.ts';
import { northwindStore, whyNoNorthwind } from './northwind-dump.ts';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../examples/northwind/${name}`, import.meta.url));

const missing = whyNoNorthwind();
if (missing !== undefined) console.error(`\nSKIPPED: the day on Northwind, because ${missing}.\n`);

describe.skipIf(missing !== undefined)('a day of Northwind, captured by triggers', () => {
  let setup: Setup;
  let before: unknown;
  beforeAll(async () => {
    setup = await startSetup(northwindStore, {
      sources: loadSources(example('sources.yaml')),
      env: {
        CTG_USERNAME: '',
        CTG_PASSWORD: '',
        CTG_SEC: '',
        CTG_ACCOUNTS_FILE: example('accounts.yaml'),
        PLATFORM_PASSWORD: 'sandbox',
        PLATFORM_SEC: 'sandbox-sec',
      },
    });
    before = await definitions();
    await beginDay(setup);
  });
  afterAll(() => setup?.stop());

  it('begins with everything at the platform', async () => {
    await expectSame();
    expect((await recordsOf(setup, 'goods')).size).toBeGreaterThan(50);
    expect((await recordsOf(setup, 'customer')).size).toBe(91);
    expect(Object.keys(setup.sandbox.state().orders).length).toBeGreaterThan(10);
  });

  it('follows prices, stock, names and discontinued goods', async () => {
    await sayTogether(
      setup,
      'UPDATE products SET unit_price = unit_price * 1.07 WHERE category_id IN (1, 2, 3)',
      'UPDATE products SET units_in_stock = units_in_stock + 1 WHERE category_id = 2',
    );
    await say(
      setup,
      'UPDATE products SET unit_price = 4.6728971962617 WHERE product_id = 4',
      `UPDATE products SET product_name = 'O''Hara''s "Best" 🌶 <Sauce> \\ %' WHERE product_id = 4`,
      'UPDATE products SET discontinued = 1 WHERE product_id IN (10, 11, 12, 9999)',
      "UPDATE suppliers SET company_name = '出口液体' WHERE supplier_id = 1",
      'UPDATE products SET discontinued = 0 WHERE product_id = 11',
    );
    await expectSame();
    expect(listedGoods(setup).get('4')).toMatchObject({
      price: 4.67,
      info: { goods_name: `O'Hara's "Best" 🌶 <Sauce> \\ %` },
    });
    expect(listedGoods(setup).get('10')).toMatchObject({ stock: 0 });
    expect(listedGoods(setup).get('3')).toMatchObject({ info: { goods_brand: '出口液体' } });
  });

  it('takes no notice of what no record shows, nor of what never was', async () => {
    const captured = await capturedSoFar();
    await say(setup, 'UPDATE products SET reorder_level = 7', "UPDATE suppliers SET phone = '1'");
    await sayTogether(setup, 'UPDATE products SET unit_price = 1', 'ROLLBACK');
    expect(await capturedSoFar()).toBe(captured);
    await sayTogether(
      setup,
      "INSERT INTO products (product_id, product_name, unit_price, units_in_stock, discontinued) VALUES (500, 'fleeting', 1, 1, 0)",
      'DELETE FROM products WHERE product_id = 500',
    );
    await expectSame();
    expect(listedGoods(setup).has('500')).toBe(false);
  });

  it('follows transactions that commit in another order than they began', async () => {
    const { kysely } = setup.agent.database;
    const long = await kysely.startTransaction().execute();
    await sql`UPDATE products SET units_in_stock = 77 WHERE product_id = 20`.execute(long);
    await say(setup, 'UPDATE products SET units_in_stock = 88 WHERE product_id = 21');
    await setup.untilSettled();
    await long.commit().execute();
    await expectSame();
    expect(listedGoods(setup).get('20')).toMatchObject({ stock: 77 });
  });

  it('follows a customer whose key is renamed', async () => {
    await sayTogether(
      setup,
      `INSERT INTO customers (customer_id, company_name, phone, address, city)
        SELECT 'PARI2', company_name || ' II', '01-222', address, city FROM customers WHERE customer_id = 'PARIS'`,
      "DELETE FROM customers WHERE customer_id = 'PARIS'",
    );
    await expectSame();
  });

  it('places an order once, whatever the ERP does to its lines', async () => {
    const orders = Object.keys(setup.sandbox.state().orders).length;
    await say(
      setup,
      `INSERT INTO orders (order_id, customer_id, order_date) VALUES (20000, 'ALFKI', '1998-06-01')`,
    );
    await setup.untilState('order', '20000', 'rejected');
    await say(setup, 'INSERT INTO order_details VALUES (20000, 1, 18, 2, 0.05), (20000, 2, 19, 1, 0)');
    await setup.untilState('order', '20000', 'accepted');
    await sayTogether(
      setup,
      'DELETE FROM order_details WHERE order_id = 20000',
      'INSERT INTO order_details VALUES (20000, 1, 18, 2, 0.05), (20000, 2, 19, 1, 0)',
    );
    await sayTogether(
      setup,
      'DELETE FROM order_details WHERE order_id = 20000',
      'INSERT INTO order_details VALUES (20000, 1, 18, 3, 0.05)',
    );
    const changed = await setup.untilState('order', '20000', 'rejected');
    expect(changed.reason).toContain('cannot be changed on the platform');
    await say(
      setup,
      'UPDATE orders SET shipped_date = order_date, ship_via = 1, ship_name = customer_id, ship_address = customer_id WHERE order_id = 20000',
    );
    await setup.untilState('shipment', '20000', 'accepted');
    expect(Object.keys(setup.sandbox.state().orders)).toHaveLength(orders + 1);
    await say(
      setup,
      'DELETE FROM order_details WHERE order_id = 20000',
      'DELETE FROM orders WHERE order_id = 20000',
    );
    await setup.untilSettled();
    expect((await setup.deliveries('order', '20000')).at(-1)).toMatchObject({
      state: 'rejected',
      op: 'delete',
    });
    expect(Object.keys(setup.sandbox.state().orders)).toHaveLength(orders + 1);
  });

  it('leaves no trace once capture is removed', async () => {
    await removeCapture(setup.agent.database);
    expect(await definitions()).toEqual(before);
  });

  /** The platform holds exactly what the source maps select, and nothing is owed. */
  const expectSame = async (): Promise<void> => {
    await setup.untilSettled();
    const wanted = await recordsOf(setup, 'goods');
    const listed = listedGoods(setup);
    for (const [key, record] of wanted) {
      expect(listed.get(key), `goods ${key}`).toMatchObject({
        stock: Number(record.stock),
        price: new Decimal(String(record.price)).toNumber(),
        info: { goods_name: record.name, goods_brand: record.brand },
      });
    }
    const gone = [...listed].filter(([key, body]) => !wanted.has(key) && body.stock !== 0);
    expect(gone).toEqual([]);
    const { customers } = setup.sandbox.state();
    const names = Object.values(customers).filter((each) => !('deleted' in each && each.deleted));
    const records = await recordsOf(setup, 'customer');
    expect(names.map(({ name, phone }) => `${name} ${phone}`).sort()).toEqual(
      [...records.values()].map(({ name, phone }) => `${name} ${phone}`).sort(),
    );
    await expectQuiet(setup);
  };

  const capturedSoFar = async (): Promise<number> => {
    const { kysely } = setup.agent.database;
    const row = await kysely
      .selectFrom('ctg_tally')
      .select((build) => build.fn.sum<string>('value').as('sum'))
      .where('counter', '=', 'captured')
      .executeTakeFirst();
    const waiting = await kysely.selectFrom('ctg_outbox').select('id').execute();
    return Number(row?.sum ?? 0) + waiting.length;
  };

  const definitions = async (): Promise<unknown> =>
    (
      await sql`SELECT tgname AS name, pg_get_triggerdef(oid) AS text FROM pg_trigger WHERE NOT tgisinternal
        UNION SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`.execute(
        setup.agent.database.kysely,
      )
    ).rows;
});
