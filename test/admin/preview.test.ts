import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createErpTables, erpSources, insertErp, part } from '../support/erp-tables.ts';
import { customer } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';

describeOnEachDialect('the preview of a re-sync', (store) => {
  let setup: AdminSetup;
  beforeEach(async () => {
    setup = await startAdminSetup(store, { sources: erpSources(store) });
    await createErpTables(setup.agent.database);
  });
  afterEach(() => setup.stop());

  const preview = async (entity: string, ...keys: string[]) => {
    const { status, body } = await setup.post('/v1/resync', { entity, keys, dryRun: true });
    expect(status).toBe(200);
    return body;
  };
  const run = (statement: ReturnType<typeof sql>) => statement.execute(setup.agent.database.kysely);
  const order = (id: string) => ({ id, company: 'E1001', goods: 'G-1', seller: 'S1', price: 5, amount: 2 });
  const shipment = (id: string, orderNo: string) => ({
    id,
    order_no: orderNo,
    carrier_id: 'L-1',
    carrier: '顺丰',
    waybill: 'SF-1',
  });
  const send = async (entity: string, key: string): Promise<void> => {
    await setup.change({ entity, key });
    await setup.untilState(entity, key, 'accepted');
    await setup.untilSettled();
  };

  it('tells additions, changes by field, what is the same, faulty, gone, and what cannot be changed', async () => {
    await insertErp(
      setup.agent.database,
      'erp_part',
      part('P-1'),
      part('P-2'),
      part('P-3'),
      part('P-4', { oe: null }),
      part('P-5'),
    );
    await insertErp(setup.agent.database, 'erp_order', order('SO-1'), order('SO-2'));
    for (const key of ['P-1', 'P-2', 'P-3']) await send('goods', key);
    for (const key of ['SO-1', 'SO-2']) await send('order', key);
    await run(sql`UPDATE erp_part SET stock = 9 WHERE id = 'P-2'`);
    await run(sql`DELETE FROM erp_part WHERE id = 'P-3'`);
    await run(sql`UPDATE erp_order SET company = 'E9' WHERE id = 'SO-1'`);
    await run(sql`DELETE FROM erp_order WHERE id = 'SO-2'`);
    const goods = await preview('goods', 'P-1', 'P-2', 'P-3', 'P-4', 'P-5');
    expect(goods.would).toEqual({
      add: 1,
      modify: 1,
      delete: 1,
      unchanged: 1,
      invalid: 1,
      cannot_change: 0,
      blocked: 0,
    });
    expect(goods.sample).toMatchObject([
      { key: 'P-1', would: 'unchanged' },
      { key: 'P-2', would: 'modify', changes: [{ field: 'stock', old: '3', new: '9' }] },
      { key: 'P-3', would: 'delete' },
      { key: 'P-4', would: 'invalid', reason: expect.stringContaining('oeNumber') },
      { key: 'P-5', would: 'add' },
    ]);
    expect(goods.sample.filter((each: object) => 'blockedBy' in each)).toEqual([]);
    expect((await preview('order', 'SO-1', 'SO-2')).sample).toMatchObject([
      { would: 'cannot_change', changes: [{ field: 'companyId', old: 'E1001', new: 'E9' }] },
      { would: 'cannot_change', reason: expect.stringContaining('cannot be withdrawn') },
    ]);
    expect(await setup.deliveries('order')).toHaveLength(2);
  });

  it('names the order that a shipment needs, and no order that is placed', async () => {
    await insertErp(setup.agent.database, 'erp_order', order('SO-1'));
    await insertErp(setup.agent.database, 'erp_shipment', shipment('SH-1', 'SO-1'), shipment('SH-2', 'SO-2'));
    await send('order', 'SO-1');
    const { would, sample } = await preview('shipment', 'SH-1', 'SH-2');
    expect(would).toMatchObject({ add: 2, blocked: 1 });
    expect(sample[0]).not.toHaveProperty('blockedBy');
    expect(sample[1]).toMatchObject({ key: 'SH-2', blockedBy: ['order SO-2 is not at the platform yet'] });
  });

  it('names an open delivery that goes first, and one that it joins', async () => {
    setup.sandbox.setFaults([{ kind: 'busy' }]);
    await insertErp(setup.agent.database, 'erp_part', part('P-1'), part('P-2'));
    await insertErp(setup.agent.database, 'erp_order', order('SO-1'));
    await setup.change(
      { entity: 'goods', key: 'P-1' },
      { entity: 'goods', key: 'P-2' },
      { entity: 'order', key: 'SO-1' },
    );
    const first = await setup.untilState('order', 'SO-1', 'waiting');
    const part1 = await setup.untilState('goods', 'P-1', 'waiting');
    await run(sql`UPDATE erp_order SET company = 'E9' WHERE id = 'SO-1'`);
    await run(sql`UPDATE erp_part SET stock = 9 WHERE id = 'P-1'`);
    expect((await preview('order', 'SO-1')).sample).toMatchObject([
      { would: 'add', blockedBy: [`delivery ${first.id} (waiting) goes first`] },
    ]);
    expect((await preview('goods', 'P-1', 'P-2')).sample).toMatchObject([
      { would: 'add', reason: `joins delivery ${part1.id}, which is still open` },
      { would: 'unchanged', reason: expect.stringContaining('carries it already') },
    ]);
  });

  it('names a refused log-in, a paused queue and an account that is not there', async () => {
    await insertErp(
      setup.agent.database,
      'erp_part',
      part('P-1', { account: 'default' }),
      part('P-2', { account: 'other' }),
    );
    setup.sandbox.setFaults([{ kind: 'reject', msg: '用户不存在或密码不正确' }]);
    await setup.agent.logins.check();
    await setup.agent.queues.all.find((queue) => queue.name === 'list-goods')?.pause();
    const { would, sample } = await preview('goods', 'P-1', 'P-2');
    expect(would).toMatchObject({ add: 2, blocked: 2 });
    expect(sample).toMatchObject([
      {
        blockedBy: [
          'the log-in of default is refused: 用户不存在或密码不正确',
          'the queue list-goods is paused',
        ],
      },
      { account: 'other', blockedBy: ['there is no account other', 'the queue list-goods is paused'] },
    ]);
  });

  it('names a system whose circuit is open', async () => {
    setup.sandbox.setFaults([{ kind: 'drop-before', system: 'crm' }]);
    const rows = Array.from({ length: 8 }, (_, index) => customer(`C-${index + 10}`));
    await setup.change(...rows);
    await until('the circuit is open', () => setup.agent.gateway.circuits().crm.state === 'open');
    await insertErp(setup.agent.database, 'erp_customer', { id: 'C-1', title: '汽修厂' });
    const [shown] = await until('the preview shows it', async () => {
      const { sample } = await preview('customer', 'C-1');
      return sample[0].blockedBy && sample;
    });
    expect(shown).toMatchObject({
      would: 'add',
      blockedBy: ['the system crm does not answer (its circuit is open)'],
    });
  });
});
