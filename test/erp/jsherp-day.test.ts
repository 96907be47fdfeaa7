import { fileURLToPath } from 'node:url';
import { Decimal } from 'decimal.js';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSources } from '../../src/config/sources.ts';
import { removeCapture } from '../../src/erp/capture/install.ts';
import { readRecords } from '../../src/erp/records.ts';
import { readKeys } from '../../src/ledger/resync.ts';
import { type Setup, startSetup } from '../support/running-agent.ts';
import { beginDay, expectQuiet, recordsOf, say, sayTogether } from './a-day.ts';
import { JSHERP_ENV, JSHERP_SANDBOX_ACCOUNTS, jsherpStore, USERNAMES, whyNoDump } from './jsherp-dump.ts';

const SOURCES = loadSources(fileURLToPath(new URL('../../examples/jsherp/sources.yaml', import.meta.url)));

const missing = whyNoDump();
if (missing !== undefined) console.error(`\nSKIPPED: the day on jshERP, because ${missing}.\n`);

describe.skipIf(missing !== undefined)('a day of jshERP, captured by triggers', () => {
  let setup: Setup;
  let before: unknown;
  beforeAll(async () => {
    setup = await startSetup(jsherpStore, {
      sandbox: { accounts: JSHERP_SANDBOX_ACCOUNTS },
      env: JSHERP_ENV,
      sources: SOURCES,
    });
    before = await definitions();
    await beginDay(setup);
  });
  afterAll(() => setup?.stop());

  it('begins with everything at the platform', async () => {
    await expectSame();
    expect((await recordsOf(setup, 'customer')).size).toBe(9);
  });

  it('follows documents: their lines are deleted and inserted again, the document itself is deleted', async () => {
    const [line] = await query<{ HeaderId: number; MaterialId: number }>(
      `SELECT i.HeaderId, i.MaterialId FROM jsh_depotitem i JOIN jsh_depothead h ON h.Id = i.HeaderId
        JOIN jsh_material m ON m.Id = i.MaterialId
        WHERE h.Type = '入库' AND h.delete_Flag = '0' AND m.delete_Flag = '0' AND m.RetailPrice IS NOT NULL LIMIT 1`,
    );
    const stock = async () => Number((await recordsOf(setup, 'goods')).get(String(line?.MaterialId))?.stock);
    const old = await stock();
    await sayTogether(
      setup,
      `CREATE TEMPORARY TABLE kept AS SELECT * FROM jsh_depotitem WHERE HeaderId = ${line?.HeaderId}`,
      `DELETE FROM jsh_depotitem WHERE HeaderId = ${line?.HeaderId}`,
      'UPDATE kept SET OperNumber = OperNumber + 5, BasicNumber = BasicNumber + 5',
      'INSERT INTO jsh_depotitem SELECT * FROM kept',
      'DROP TEMPORARY TABLE kept',
    );
    await expectSame();
    expect(await stock()).toBeGreaterThan(old);
    await say(setup, `UPDATE jsh_depothead SET delete_Flag = '1' WHERE Id IN (${line?.HeaderId}, 987654)`);
    await expectSame();
    expect(await stock()).toBeLessThan(old + 1);
  });

  it('follows names with HTML, goods that get a price, and goods that are deleted many at once', async () => {
    const unpriced = (await setup.deliveries('goods')).filter(({ state }) => state === 'rejected');
    expect(unpriced.length).toBeGreaterThan(0);
    await say(
      setup,
      `UPDATE jsh_material SET RetailPrice = 4.6728971962617 WHERE Id = ${unpriced[0]?.entity_key}`,
      `UPDATE jsh_material SET Name = 'A&amp;B &quot;&#21047;&#36710;&quot; &lt;片&gt;' WHERE Id = ${unpriced[0]?.entity_key}`,
      `UPDATE jsh_material SET delete_Flag = '1' WHERE Id IN (${unpriced.slice(1).map((row) => row.entity_key)}, 5)`,
    );
    await setup.untilState('goods', unpriced[0]?.entity_key ?? '', 'accepted');
    await expectSame();
    const shown = Object.values(setup.sandbox.state().goods).map(({ lastBody }) => lastBody);
    expect(shown).toContainEqual(
      expect.objectContaining({
        price: 4.672897,
        info: expect.objectContaining({ goods_name: 'A&B "刷车" <片>' }),
      }),
    );
  });

  it('follows a goods row that moves to another tenant, and one whose tenant is taken away', async () => {
    const [first, second] = await query<{ Id: number }>(
      "SELECT Id FROM jsh_material WHERE tenant_id = 63 AND delete_Flag = '0' AND RetailPrice IS NOT NULL ORDER BY Id LIMIT 2",
    );
    await say(
      setup,
      `UPDATE jsh_material SET tenant_id = 115 WHERE Id = ${first?.Id}`,
      `UPDATE jsh_material SET tenant_id = NULL WHERE Id = ${second?.Id ?? first?.Id}`,
    );
    await expectSame();
  });

  it('follows a supplier that becomes a customer, and customers that are deleted', async () => {
    await say(
      setup,
      "UPDATE jsh_supplier SET type = '客户' WHERE type = '供应商' AND delete_Flag = '0' ORDER BY id LIMIT 1",
      "UPDATE jsh_supplier SET delete_Flag = '1' WHERE type = '客户' ORDER BY id DESC LIMIT 2",
      "INSERT INTO jsh_supplier (supplier, type, phonenum, delete_Flag, tenant_id) VALUES ('O''Neil &amp; 子', '客户', '13700000001', '0', 63)",
    );
    await expectSame();
  });

  it('takes no notice of documents of other types, nor of what is rolled back', async () => {
    const captured = await capturedSoFar();
    await say(setup, "UPDATE jsh_depothead SET Remark = 'x' WHERE SubType <> '销售订单'");
    await sayTogether(setup, "UPDATE jsh_supplier SET supplier = 'gone'", 'ROLLBACK');
    expect(await capturedSoFar()).toBe(captured);
  });

  it('leaves no trace once capture is removed', async () => {
    await removeCapture(setup.agent.database);
    expect(await definitions()).toEqual(before);
  });

  /** Each account holds exactly what the source maps select for it, and nothing is owed. */
  const expectSame = async (): Promise<void> => {
    await setup.untilSettled();
    const { goods, customers } = setup.sandbox.state();
    const wanted = await ownedRecords('goods');
    for (const { owner, key, record } of wanted) {
      if (record.price === undefined) continue;
      expect(goods[`${owner}/${key}`]?.lastBody, `goods ${key}`).toMatchObject({
        stock: Number(record.stock),
        price: new Decimal(String(record.price)).toNumber(),
        info: { goods_name: record.name },
      });
    }
    const owned = new Set(wanted.map(({ owner, key }) => `${owner}/${key}`));
    const gone = Object.entries(goods).filter(
      ([name, { lastBody }]) => !owned.has(name) && lastBody.stock !== 0,
    );
    expect(gone).toEqual([]);
    const there = Object.values(customers).filter((each) => !('deleted' in each && each.deleted));
    expect(there.map(({ account, name }) => `${account} ${name}`).sort()).toEqual(
      (await ownedRecords('customer')).map(({ owner, record }) => `${owner} ${record.name}`).sort(),
    );
    await expectQuiet(setup);
  };

  const ownedRecords = async (entity: 'goods' | 'customer') => {
    const map = SOURCES.get(entity);
    if (!map) throw new Error('There is no such source map.');
    const { database } = setup.agent;
    const { keys } = await readKeys(database, map, { kind: 'all' }, { after: undefined, limit: 10_000 });
    const records = await readRecords(database.kysely, map, keys);
    return [...records.values()].map(({ key, account, record }) => {
      const tenant = account?.startsWith('tenant-') ? Number(account.slice('tenant-'.length)) : null;
      return { owner: USERNAMES.get(tenant), key, record };
    });
  };

  const query = async <Row>(text: string): Promise<Row[]> =>
    (await sql.raw<Row>(text).execute(setup.agent.database.kysely)).rows;

  const capturedSoFar = async (): Promise<number> => {
    const [row] = await query<{ sum: string | null }>(
      "SELECT SUM(value) AS sum FROM ctg_tally WHERE counter = 'captured'",
    );
    return Number(row?.sum ?? 0) + (await query('SELECT id FROM ctg_outbox')).length;
  };

  const definitions = () =>
    query(
      'SELECT TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()',
    );
});
