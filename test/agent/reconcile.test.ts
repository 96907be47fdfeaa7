// Longer than other files: one comparison has many findings, which share the ERP and the platform that they are found in.
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clearRuns } from '../../src/ledger/reconcile-store.ts';
import { type AdminSetup, startAdminSetup } from '../admin/running-admin.ts';
import { createErpTables, erpSources, insertErp, part } from '../support/erp-tables.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';

const LOGIN = { username: '13800000000', password: 'sandbox', sec: 'sandbox-sec' };

describeOnEachDialect('reconcile', (store) => {
  let setup: AdminSetup;
  const open = async (env: Record<string, string> = {}): Promise<void> => {
    setup = await startAdminSetup(store, {
      sources: erpSources(store),
      env: { POLL_CRON: '0 0 1 1 *', ...env },
    });
    await createErpTables(setup.agent.database);
    // The log-in tells the company that relations and discounts are asked for.
    await setup.agent.logins.check();
  };
  beforeEach(() => open());
  afterEach(() => setup.stop());

  const erp = (...args: Parameters<typeof insertErp> extends [unknown, ...infer R] ? R : never) =>
    insertErp(setup.agent.database, ...args);
  const run = (statement: ReturnType<typeof sql>) => statement.execute(setup.agent.database.kysely);

  const ended = async (id: number) =>
    until('the comparison ends', async () => {
      const { body } = await setup.get(`/v1/reconcile/${id}`);
      return body.state === 'running' ? undefined : body;
    });
  const reconcile = async (entity: string, options: object = {}) => {
    const { status, body } = await setup.post('/v1/reconcile', { entity, ...options });
    expect([status, body.error]).toEqual([202, undefined]);
    return ended(body.id);
  };
  /** The ERP's records become known in the usual way. */
  const send = async (entity: string, ...keys: string[]): Promise<void> => {
    await setup.change(...keys.map((key) => ({ entity, key })));
    for (const key of keys) await setup.untilState(entity, key, 'accepted');
    await setup.untilSettled();
  };
  const findings = (report: { findings: { kind: string; key?: string }[] }, kind: string) =>
    report.findings.filter((each) => each.kind === kind);
  const platform = async (path: string, body: object): Promise<void> => {
    const response = await fetch(`${setup.sandbox.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...LOGIN, ...body }),
    });
    expect(await response.json()).toMatchObject({ status: 0 });
  };

  it('of goods names what is missing, gone, different, faulty, rejected and on its way, and counts the rest', async () => {
    await erp('erp_part', part('P-1'), part('P-2'), part('P-3'), part('P-4'), part('P-5'), part('P-6'));
    await send('goods', 'P-1', 'P-2', 'P-3', 'P-4');
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'reject', msg: '商品未审核', times: 1 }]);
    await setup.change({ entity: 'goods', key: 'P-5' });
    await setup.untilState('goods', 'P-5', 'rejected');
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'busy' }]);
    await setup.change({ entity: 'goods', key: 'P-6' });
    await setup.untilState('goods', 'P-6', 'waiting');
    await erp('erp_part', part('P-7'), part('P-8', { oe: null }));
    await run(sql`UPDATE erp_part SET stock = 99 WHERE id = 'P-2'`);
    await run(sql`DELETE FROM erp_part WHERE id = 'P-3'`);
    await run(sql`UPDATE erp_part SET listed = 0 WHERE id = 'P-4'`);
    const report = await reconcile('goods', { dryRun: true, repair: true });
    expect(report).toMatchObject({
      state: 'done',
      mode: 'dry-run',
      counts: {
        same: 1,
        differs: 1,
        missing_in_erp: 2,
        missing_on_platform: 1,
        faulty: 1,
        needs_person: 1,
        on_its_way: 1,
      },
      repairs: { upsert: 4, delete: 0, force: 0 },
      differences: 6,
    });
    expect(report.findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: 'differs',
          key: 'P-2',
          changes: [{ field: 'stock', old: '3', new: '99' }],
        }),
        expect.objectContaining({ kind: 'missing_in_erp', key: 'P-3' }),
        expect.objectContaining({ kind: 'missing_in_erp', key: 'P-4' }),
        expect.objectContaining({ kind: 'missing_on_platform', key: 'P-7' }),
        expect.objectContaining({
          kind: 'faulty',
          key: 'P-8',
          reason: expect.stringContaining('oeNumber'),
        }),
        expect.objectContaining({
          kind: 'needs_person',
          key: 'P-5',
          reason: expect.stringContaining('商品未审核'),
        }),
        expect.objectContaining({ kind: 'on_its_way', key: 'P-6' }),
      ]),
    );
    expect(report.findings).toHaveLength(7);
    expect(await setup.deliveries('goods', 'P-7')).toEqual([]);
  });

  it('repairs once: the second repair finds nothing', async () => {
    await erp('erp_part', part('P-1'), part('P-2'), part('P-3'));
    await send('goods', 'P-1', 'P-2');
    await run(sql`UPDATE erp_part SET stock = 99 WHERE id = 'P-1'`);
    await run(sql`DELETE FROM erp_part WHERE id = 'P-2'`);
    const first = await reconcile('goods', { repair: true });
    expect(first).toMatchObject({ repairs: { upsert: 3 }, differences: 0 });
    await setup.untilSettled();
    const second = await reconcile('goods', { repair: true });
    expect(second).toMatchObject({
      repairs: { upsert: 0, delete: 0, force: 0 },
      differences: 0,
      findings: [],
    });
    const { goods } = setup.sandbox.state();
    const stocks = Object.values(goods).map((each) => [each.goods_ID, each.lastBody.stock, each.sends]);
    expect(stocks.sort()).toEqual([
      ['P-1', 99, 2],
      ['P-2', 0, 2],
      ['P-3', 3, 1],
    ]);
  });

  it('of customers looks at the platform itself, and repairs what was changed or deleted there', async () => {
    const rows = ['C-1', 'C-2', 'C-3', 'C-4'].map((id) => ({
      id,
      title: `汽修厂${id}`,
      phone: '13900001111',
      street: '',
    }));
    await erp('erp_customer', ...rows);
    await send('customer', ...rows.map(({ id }) => id));
    const idOf = (key: string): string =>
      Object.values(setup.sandbox.state().customers).find((each) => each.name === `汽修厂${key}`)?.id ?? '';
    const param = { id: '', name: '', phone: '', address: '', trade: '' };
    await platform('/crm/customer', { op_type: 2, param: { ...param, id: idOf('C-2') } });
    await platform('/crm/customer', {
      op_type: 3,
      param: { ...param, id: idOf('C-3'), name: '汽修厂C-3', phone: '010' },
    });
    await platform('/crm/customer', { op_type: 1, param: { ...param, name: '别家', phone: '020' } });
    await run(sql`UPDATE erp_customer SET street = '上海' WHERE id = 'C-4'`);
    const report = await reconcile('customer', { repair: true });
    expect(report.platform).toEqual([
      expect.objectContaining({ account: 'default', complete: true, endedAt: expect.any(String) }),
    ]);
    expect(report).toMatchObject({
      counts: { same: 1, missing_on_platform: 1, differs: 2, only_on_platform: 1 },
      repairs: { force: 2, upsert: 1 },
      differences: 0,
    });
    expect(findings(report, 'differs')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: 'C-3', changes: [{ field: 'phone', old: '***', new: '139***' }] }),
        expect.objectContaining({ key: 'C-4', changes: [{ field: 'address', old: '', new: '***' }] }),
      ]),
    );
    await setup.untilSettled();
    const second = await reconcile('customer', { repair: true });
    expect(second).toMatchObject({
      counts: { same: 4, only_on_platform: 1 },
      repairs: { force: 0, upsert: 0, delete: 0 },
    });
    const customers = Object.values(setup.sandbox.state().customers).map((each) => [
      each.name,
      each.phone,
      each.address,
    ]);
    expect(customers.sort()).toEqual([
      ['别家', '020', ''],
      ['汽修厂C-1', '13900001111', ''],
      ['汽修厂C-2', '13900001111', ''],
      ['汽修厂C-3', '13900001111', ''],
      ['汽修厂C-4', '13900001111', '上海'],
    ]);
  });

  it('of discounts and relations compares by the fields that the platform knows them by', async () => {
    const discount = (id: string, goods: string, value: string) => ({
      id,
      own: 'E1001',
      relation: '3',
      goods,
      discount: value,
    });
    await erp(
      'erp_discount',
      discount('D-1', 'G|1', '98.50'),
      discount('D-2', '*', '90'),
      discount('D-3', 'G-3', '80'),
    );
    await erp('erp_relation', { id: 'R-1', own: 'E1001', target: 'E2001', relation: '3' });
    await send('customer_discount', 'D-1', 'D-2');
    await send('customer_relation', 'R-1');
    const at = (goods: string) => ({ enterprise_ID: 'E1001', relation_ID: '3', goods_ID: goods });
    await platform('/data/customer-discount', { op_type: 3, param: { ...at('G|1'), discount: 5000 } });
    await platform('/data/customer-discount', { op_type: 1, param: { ...at('G-3'), discount: 8000 } });
    await platform('/data/customer-discount', { op_type: 1, param: { ...at('G-9'), discount: 7000 } });
    await platform('/crm/customer-relation', {
      op_type: 2,
      param: { id: '', enterprise_ID: 'E1001', target_enterprise_ID: 'E2001', relation_ID: '3' },
    });
    const report = await reconcile('customer_discount', { repair: true });
    expect(report).toMatchObject({
      counts: { same: 1, differs: 2, only_on_platform: 1 },
      repairs: { force: 1, upsert: 1 },
    });
    expect(findings(report, 'differs')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: 'D-1', changes: [{ field: 'discount', old: '50', new: '98.5' }] }),
        // It is there already, and is bound by the repair.
        expect.objectContaining({ key: 'D-3', changes: [], reason: expect.stringContaining('ledger') }),
      ]),
    );
    expect(findings(report, 'only_on_platform')).toMatchObject([{ identity: 'E1001|3|G-9' }]);
    expect(await reconcile('customer_relation', { repair: true })).toMatchObject({
      counts: { same: 0, missing_on_platform: 1 },
      repairs: { force: 1 },
    });
    await setup.untilSettled();
    expect(await reconcile('customer_discount')).toMatchObject({
      counts: { same: 3, differs: 0 },
      differences: 0,
    });
    expect(await reconcile('customer_relation')).toMatchObject({ counts: { same: 1 }, differences: 0 });
  });

  it('never sends an order a second time: what differs or is gone is told, and left', async () => {
    const order = (id: string) => ({ id, company: 'E1001', goods: 'G-1', seller: 'S1', price: 5, amount: 2 });
    await erp('erp_order', order('SO-1'), order('SO-2'), order('SO-3'), order('SO-4'));
    await send('order', 'SO-1', 'SO-2', 'SO-3');
    const lines = () =>
      Object.values(setup.sandbox.state().timestamps).map((line) => [line.sends, line.effects]);
    await run(sql`UPDATE erp_order SET amount = 7 WHERE id = 'SO-2'`);
    await run(sql`DELETE FROM erp_order WHERE id = 'SO-3'`);
    await run(sql`DELETE FROM erp_order WHERE id = 'SO-4'`);
    for (const _turn of [1, 2]) {
      const report = await reconcile('order', { repair: true });
      expect(report).toMatchObject({
        counts: { same: 1, cannot_change: 2 },
        repairs: { upsert: 0, delete: 0, force: 0 },
        differences: 2,
      });
      await setup.untilSettled();
      expect(lines()).toEqual([
        [1, 1],
        [1, 1],
        [1, 1],
      ]);
    }
    for (const key of ['SO-1', 'SO-2', 'SO-3']) expect(await setup.deliveries('order', key)).toHaveLength(1);
  });

  it('counts thousands exactly, in any order of keys, and keeps a bounded sample', async () => {
    const ids = Array.from({ length: 1203 }, (_, index) => `${index % 2 === 0 ? 'p' : 'P'}-${index}`);
    await erp('erp_part', ...ids.map((id) => part(id)));
    await send('goods', 'p-0', 'P-1', 'p-1202');
    await run(sql`DELETE FROM erp_part WHERE id = 'P-1'`);
    const report = await reconcile('goods');
    expect(report).toMatchObject({
      checked: 1203,
      counts: { same: 2, missing_on_platform: 1200, missing_in_erp: 1 },
    });
    expect(findings(report, 'missing_on_platform')).toHaveLength(200);
    expect(findings(report, 'missing_in_erp')).toHaveLength(1);
    const some = await setup.get(`/v1/reconcile/${report.id}?kind=missing_in_erp`);
    expect(some.body.findings).toMatchObject([{ key: 'P-1' }]);
  });

  it('takes a record that moved to another account for gone in the old one, and leaves the new one alone', async () => {
    await erp('erp_part', part('P-1'), part('P-2'));
    await send('goods', 'P-1', 'P-2');
    await run(sql`UPDATE erp_part SET account = 'other' WHERE id = 'P-1'`);
    const report = await reconcile('goods', { account: 'default', repair: true });
    expect(report).toMatchObject({ counts: { same: 1, missing_in_erp: 1 }, repairs: { delete: 1 } });
    await setup.untilSettled();
    const moved = await setup.deliveries('goods', 'P-1');
    expect(moved.map((each) => [each.account, each.op])).toEqual([
      ['default', 'upsert'],
      ['default', 'delete'],
    ]);
    expect(await reconcile('goods', { account: 'default' })).toMatchObject({ differences: 0 });
  });

  it('compares with the ledger alone where the platform cannot be read, and says so', async () => {
    await erp('erp_customer', { id: 'C-1', title: '汽修厂', phone: '139', street: '' });
    await send('customer', 'C-1');
    setup.sandbox.setFaults([{ interface: 'customer', kind: 'reject', msg: '查询失败' }]);
    const report = await reconcile('customer', { repair: true });
    expect(report).toMatchObject({
      state: 'done',
      counts: { same: 1 },
      repairs: { force: 0 },
      platform: [{ complete: false, reason: expect.stringContaining('查询失败') }],
    });
  });

  it('goes on once for an entity, and a run that is stopped is shown as interrupted', async () => {
    await erp('erp_customer', { id: 'C-1', title: '汽修厂', phone: '139', street: '' });
    setup.sandbox.setFaults([{ interface: 'customer', kind: 'latency', ms: 1500 }]);
    const { body } = await setup.post('/v1/reconcile', { entity: 'customer' });
    const second = await setup.post('/v1/reconcile', { entity: 'customer' });
    expect(second).toMatchObject({
      status: 409,
      body: { error: { code: 'RECONCILE_RUNNING' }, id: body.id },
    });
    expect(await reconcile('goods')).toMatchObject({ state: 'done', checked: 0 });
    setup.agent.reconciler.stop();
    expect(await ended(body.id)).toMatchObject({ state: 'interrupted' });
  });

  it('whose agent died is interrupted, and another one may begin', async () => {
    await run(sql`INSERT INTO ctg_reconcile (entity, mode, state, open_entity, requested_by, agent, phase, counts, alive_until)
      VALUES ('goods', 'repair', 'running', 'goods', 'person', 'dead', 'erp', '{"same":7}', '2026-01-01 08:00:00')`);
    const [report] = (await setup.get('/v1/reconcile')).body.reports;
    expect(report).toMatchObject({ state: 'interrupted', agent: 'dead', counts: { same: 7 } });
    expect(await reconcile('goods')).toMatchObject({ state: 'done' });
    const list = (await setup.get('/v1/reconcile?entity=goods')).body.reports;
    expect(list.map((each: { state: string }) => each.state)).toEqual(['done', 'interrupted']);
  });

  it('on a schedule repairs only when it is told to, and nothing that is sent once', async () => {
    await erp('erp_part', part('P-1'));
    await erp('erp_order', { id: 'SO-1', company: 'E1001', goods: 'G-1', seller: 'S1', price: 5, amount: 2 });
    const tick = async (): Promise<unknown> => {
      const before = (await setup.get('/v1/reconcile')).body.reports.length;
      await setup.post('/v1/polls/reconcile');
      return until('every entity was compared', async () => {
        const { reports } = (await setup.get('/v1/reconcile?limit=50')).body;
        const done = reports.filter((each: { state: string }) => each.state === 'done');
        return done.length === before + erpSources(store).size ? done : undefined;
      });
    };
    await tick();
    expect(await setup.deliveries('goods')).toEqual([]);
    await setup.stop();
    await open({ RECONCILE_REPAIR: 'true' });
    await erp('erp_part', part('P-1'));
    await erp('erp_order', { id: 'SO-1', company: 'E1001', goods: 'G-1', seller: 'S1', price: 5, amount: 2 });
    await tick();
    await setup.untilState('goods', 'P-1', 'accepted');
    await setup.untilSettled();
    expect(await setup.deliveries('order')).toEqual([]);
    const [order] = (await setup.get('/v1/reconcile?entity=order')).body.reports;
    expect(order).toMatchObject({
      requestedBy: 'schedule',
      mode: 'compare',
      counts: { missing_on_platform: 1 },
    });
  });

  it('places an order that is missing when a person repairs, but not one that was given up', async () => {
    const order = (id: string) => ({ id, company: 'E1001', goods: 'G-1', seller: 'S1', price: 5, amount: 2 });
    await erp('erp_order', order('SO-1'), order('SO-2'));
    setup.sandbox.setFaults([{ interface: 'place-order', kind: 'reject', msg: '库存不足', times: 1 }]);
    await setup.change({ entity: 'order', key: 'SO-1' });
    const refused = await setup.untilState('order', 'SO-1', 'rejected');
    await setup.post(`/v1/deliveries/${refused.id}/drop`, { note: '电话下单' });
    const report = await reconcile('order', { repair: true });
    expect(report).toMatchObject({
      counts: { needs_person: 1, missing_on_platform: 1 },
      repairs: { upsert: 1 },
    });
    await setup.untilState('order', 'SO-2', 'accepted');
    await setup.untilSettled();
    expect(await setup.deliveries('order', 'SO-1')).toHaveLength(1);
    expect(Object.keys(setup.sandbox.state().orders)).toHaveLength(1);
  });

  it('fails in words where the ERP cannot be read, and says what a request lacks', async () => {
    await run(sql`DROP TABLE erp_part`);
    expect(await reconcile('goods')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('erp_part'),
    });
    const unknown = await setup.post('/v1/reconcile', { entity: 'god' });
    expect(unknown).toMatchObject({ status: 422, body: { error: { code: 'UNKNOWN_ENTITY' } } });
    const account = await setup.post('/v1/reconcile', { entity: 'goods', account: 'nobody' });
    expect(account).toMatchObject({ status: 422, body: { error: { code: 'UNKNOWN_ACCOUNT' } } });
    const noMap = await setup.post('/v1/reconcile', { entity: 'receipt' });
    expect(noMap).toMatchObject({ status: 409, body: { error: { code: 'NO_SOURCE_MAP' } } });
    expect(await setup.get('/v1/reconcile/4711')).toMatchObject({ status: 404 });
  });

  it('keeps the newest reports', async () => {
    await erp('erp_part', part('P-1'));
    for (const _turn of [1, 2, 3]) await reconcile('goods');
    expect(await clearRuns(setup.agent.database, 2)).toBe(1);
    const { reports } = (await setup.get('/v1/reconcile')).body;
    expect(reports).toHaveLength(2);
    const { kysely } = setup.agent.database;
    expect(await kysely.selectFrom('ctg_reconcile_finding').select('id').execute()).toHaveLength(2);
  });
});
