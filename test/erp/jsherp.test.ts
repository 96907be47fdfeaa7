import { fileURLToPath } from 'node:url';
import { Decimal } from 'decimal.js';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSources } from '../../src/config/sources.ts';
import { enqueueKeys, readKeys } from '../../src/ledger/resync.ts';
import { type Setup, startSetup } from '../support/running-agent.ts';
import { JSHERP_ENV, JSHERP_SANDBOX_ACCOUNTS, jsherpStore, USERNAMES, whyNoDump } from './jsherp-dump.ts';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../examples/jsherp/${name}`, import.meta.url));
const SOURCES = loadSources(example('sources.yaml'));
const ENTITIES = ['goods', 'customer', 'order'] as const;
/** What sends records; polls go on by themselves. */
const PUSHED = ['list-goods', 'customer', 'place-order', 'order-reminder'];

const missing = whyNoDump();
if (missing !== undefined) console.error(`\nSKIPPED: the trial on jshERP's own data, because ${missing}.\n`);

describe.skipIf(missing !== undefined)('the source maps of examples/jsherp, on a real database', () => {
  let setup: Setup;
  beforeAll(async () => {
    setup = await startSetup(jsherpStore, {
      sandbox: { accounts: JSHERP_SANDBOX_ACCOUNTS },
      env: JSHERP_ENV,
      sources: SOURCES,
    });
    await resyncAll();
  });
  afterAll(() => setup?.stop());

  /** As `ctg-sync resync ENTITY --all` does, in pages that are much too small. */
  const resyncAll = async (): Promise<void> => {
    for (const entity of ENTITIES) {
      const map = SOURCES.get(entity);
      if (!map) throw new Error(`The example has no source map for ${entity}.`);
      let after: string | undefined;
      do {
        const page = await readKeys(setup.agent.database, map, { kind: 'all' }, { after, limit: 3 });
        await enqueueKeys(setup.agent.database, page, { entity, account: 'default', force: false });
        after = page.next;
      } while (after !== undefined);
    }
    await setup.untilSettled();
  };
  const query = async <Row>(text: string): Promise<Row[]> =>
    (await sql.raw<Row>(text).execute(setup.agent.database.kysely)).rows;
  const stateOf = async (entity: string) =>
    new Map((await setup.deliveries(entity)).map((row) => [row.entity_key, row]));
  const counted = async (counter: string): Promise<number> => {
    const rows = await setup.agent.database.kysely
      .selectFrom('ctg_tally')
      .selectAll()
      .where('counter', '=', counter)
      .where('entity', 'in', ENTITIES)
      .execute();
    return rows.reduce((total, row) => total + Number(row.value), 0);
  };

  it('brings every live goods row that has a price to its company, once, with the price to the last digit', async () => {
    const expected = await query<{ Id: number; tenant_id: number | null; price: string }>(PRICED_GOODS);
    expect(expected.length).toBeGreaterThan(10);
    const { goods } = setup.sandbox.state();
    for (const { Id, tenant_id, price } of expected) {
      const listed = goods[`${USERNAMES.get(tenant_id)}/${Id}`];
      expect(listed, `goods ${Id}`).toMatchObject({ sends: 1, effects: 1 });
      expect(new Decimal(String(listed?.lastBody.price)).eq(price), `price of ${Id}`).toBe(true);
    }
    expect(Object.keys(goods)).toHaveLength(expected.length);
  });

  it('rejects the live goods that have no price anywhere, and says so', async () => {
    const live = await query<{ Id: number }>("SELECT Id FROM jsh_material WHERE delete_Flag = '0'");
    const priced = new Set((await query<{ Id: number }>(PRICED_GOODS)).map(({ Id }) => Id));
    const states = await stateOf('goods');
    expect(states.size).toBe(live.length);
    for (const { Id } of live) {
      const state = states.get(String(Id));
      if (priced.has(Id)) expect(state?.state, `goods ${Id}`).toBe('accepted');
      else
        expect(state, `goods ${Id}`).toMatchObject({
          state: 'rejected',
          reason: expect.stringMatching(/^price: /),
        });
    }
  });

  it('lists the stock that the documents add up to', async () => {
    const moves = new Map(
      (await query<{ Id: number; stock: string }>(STOCK)).map(({ Id, stock }) => [
        String(Id),
        new Decimal(stock),
      ]),
    );
    for (const { goods_ID, lastBody } of Object.values(setup.sandbox.state().goods)) {
      const stock = Decimal.max(0, moves.get(goods_ID) ?? 0);
      expect(stock.eq(String(lastBody.stock)), `stock of ${goods_ID}`).toBe(true);
    }
  });

  it('lists goods with a name and a part number that are not empty', () => {
    for (const { lastBody } of Object.values(setup.sandbox.state().goods)) {
      expect(lastBody.oeid).toMatch(/\S/);
      expect(lastBody).toMatchObject({ info: { goods_name: expect.stringMatching(/\S/) } });
    }
  });

  it('adds every live customer once, to its own company', async () => {
    const expected = await query<{ id: number; tenant_id: number | null; name: string; phone: string }>(
      `SELECT id, tenant_id, supplier AS name, IF(IFNULL(phonenum, '') = '', IFNULL(telephone, ''), phonenum) AS phone
        FROM jsh_supplier WHERE type = '客户' AND delete_Flag = '0'`,
    );
    expect(expected.length).toBeGreaterThan(5);
    const states = await stateOf('customer');
    const { customers } = setup.sandbox.state();
    for (const { id, tenant_id, name, phone } of expected) {
      const account = USERNAMES.get(tenant_id);
      const platformId = states.get(String(id))?.platform_id ?? '';
      expect(customers[platformId], `customer ${id}`).toMatchObject({
        account,
        name,
        phone,
        sends: 1,
        effects: 1,
      });
    }
    expect(Object.keys(customers)).toHaveLength(expected.length);
    expect(states.size).toBe(expected.length);
  });

  it('places every sales order once, with all its lines and exact amounts', async () => {
    const lines = await query<{
      HeaderId: number;
      tenant_id: number | null;
      MaterialId: number;
      price: string;
      amount: string;
      total: string;
    }>(
      `SELECT i.HeaderId, h.tenant_id, i.MaterialId, i.UnitPrice AS price, i.OperNumber AS amount, i.AllPrice AS total
        FROM jsh_depotitem i, jsh_depothead h
        WHERE h.Id = i.HeaderId AND h.SubType = '销售订单' AND h.delete_Flag = '0' ORDER BY i.Id`,
    );
    const states = await stateOf('order');
    const { orders, timestamps } = setup.sandbox.state();
    for (const [headerId, wanted] of Map.groupBy(lines, (line) => String(line.HeaderId))) {
      const placed = orders[states.get(headerId)?.platform_id ?? ''];
      expect(placed?.account, `order ${headerId}`).toBe(USERNAMES.get(wanted[0]?.tenant_id ?? null));
      expect(placed?.placements).toBe(1);
      const sent = placed?.timestamps.map((key) => timestamps[key]) ?? [];
      expect(sent.map((line) => [line?.goods_id, line?.effects])).toEqual(
        wanted.map((line) => [String(line.MaterialId), 1]),
      );
      for (const [index, line] of wanted.entries()) {
        expect(sent[index]?.body).toMatchObject({
          goods_price: new Decimal(line.price).toNumber(),
          goods_amount: new Decimal(line.amount).toNumber(),
          goods_totalPrice: new Decimal(line.total).toNumber(),
          discount: 10_000,
        });
      }
    }
    expect(Object.keys(orders)).toHaveLength(new Set(lines.map((line) => line.HeaderId)).size);
    expect([...states.values()].map(({ state }) => state)).toEqual(
      [...states.values()].map(() => 'accepted'),
    );
  });

  it('reminds nobody, since the seller is the company itself, and does nothing that contradicts itself', () => {
    const state = setup.sandbox.state();
    expect(Object.keys(state.reminders)).toEqual([]);
    expect(state.violations).toEqual([]);
  });

  it('sends nothing when everything is read again, and counts it as unchanged', async () => {
    const requests = () => PUSHED.map((name) => setup.sandbox.state().counts[name]?.requests ?? 0);
    const before = {
      requests: requests(),
      captured: await counted('captured'),
      rejected: await counted('rejected'),
    };
    const unchanged = await counted('unchanged');
    await resyncAll();
    expect(requests()).toEqual(before.requests);
    expect(await counted('captured')).toBe(2 * before.captured);
    // What has no price stays rejected, and is not written again; all the rest is as it was.
    expect(await counted('rejected')).toBe(before.rejected);
    expect((await counted('unchanged')) - unchanged).toBe(before.captured);
    expect(setup.sandbox.state().violations).toEqual([]);
  });

  it('lists goods with stock 0 once they are deleted in the ERP, and brings a new stock along', async () => {
    const [gone, sold] = await query<{ Id: number }>(
      `${PRICED_GOODS} HAVING tenant_id IS NULL ORDER BY Id LIMIT 2`,
    );
    await query(`UPDATE jsh_material SET delete_Flag = '1' WHERE Id = ${gone?.Id}`);
    await query(`INSERT INTO jsh_depotitem (HeaderId, MaterialId, OperNumber, BasicNumber)
      SELECT MIN(Id), ${sold?.Id}, 12, 12 FROM jsh_depothead WHERE Type = '入库' AND delete_Flag = '0'`);
    const stockOf = (row: { Id: number } | undefined) =>
      Number(setup.sandbox.state().goods[`13800000000/${row?.Id}`]?.lastBody.stock);
    const before = stockOf(sold);
    await setup.change(
      { entity: 'goods', key: String(gone?.Id) },
      { entity: 'goods', key: String(sold?.Id) },
    );
    await setup.untilSettled();
    expect(stockOf(gone)).toBe(0);
    expect(stockOf(sold)).toBe(before + 12);
  });
});

/** Live goods and their prices, each from the one place that has it. */
const PRICED_GOODS = `SELECT Id, tenant_id, price FROM (
  SELECT m.Id, m.tenant_id, CAST(m.RetailPrice AS CHAR) AS price, m.delete_Flag FROM jsh_material m WHERE m.RetailPrice IS NOT NULL
  UNION ALL
  SELECT m.Id, m.tenant_id, JSON_UNQUOTE(JSON_EXTRACT(m.PriceStrategy, '$[0].basic.RetailPrice')), m.delete_Flag
    FROM jsh_material m WHERE m.RetailPrice IS NULL AND m.PriceStrategy REGEXP '"basic":[^}]*"RetailPrice":"[0-9]'
  UNION ALL
  SELECT m.Id, m.tenant_id, CAST(e.commodity_decimal AS CHAR), m.delete_Flag
    FROM jsh_material_extend e, jsh_material m WHERE m.Id = e.material_id AND m.RetailPrice IS NULL
) priced WHERE delete_Flag = '0'`;

/** What every document moved, kind by kind. */
const STOCK = `SELECT MaterialId AS Id, SUM(moved) AS stock FROM (
  SELECT MaterialId, HeaderId, IFNULL(BasicNumber, OperNumber) AS moved FROM jsh_depotitem
    WHERE delete_Flag = '0' AND HeaderId IN (SELECT Id FROM jsh_depothead WHERE Type = '入库' AND delete_Flag = '0')
  UNION ALL
  SELECT MaterialId, HeaderId, -IFNULL(BasicNumber, OperNumber) FROM jsh_depotitem
    WHERE delete_Flag = '0' AND HeaderId IN
      (SELECT Id FROM jsh_depothead WHERE Type = '出库' AND NOT SubType = '调拨' AND delete_Flag = '0')
  UNION ALL
  SELECT MaterialId, HeaderId, IF(MType = '组合件', 1, -1) * BasicNumber FROM jsh_depotitem
    WHERE delete_Flag = '0' AND HeaderId IN (SELECT Id FROM jsh_depothead WHERE SubType = '组装单' AND delete_Flag = '0')
  UNION ALL
  SELECT MaterialId, HeaderId, IF(MType = '组合件', -1, 1) * BasicNumber FROM jsh_depotitem
    WHERE delete_Flag = '0' AND HeaderId IN (SELECT Id FROM jsh_depothead WHERE SubType = '拆卸单' AND delete_Flag = '0')
) moves GROUP BY MaterialId`;
