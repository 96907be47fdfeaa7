import { afterEach, beforeEach, expect, it } from 'vitest';
import { customer, goods, order, type Setup, startSetup } from '../support/running-agent.ts';
import { describeOnEachStore } from '../support/stores.ts';
import { until } from '../support/until.ts';

describeOnEachStore(
  'the main path',
  (store) => {
    let setup: Setup;
    beforeEach(async () => {
      setup = await startSetup(store);
    });
    afterEach(() => setup.stop());

    it('brings goods to the platform as the ERP has them', async () => {
      await setup.change(goods('G-1', { price: '38.50', stock: '0.1' }));
      await setup.untilState('goods', 'G-1', 'accepted');
      expect(setup.sandbox.state().goods['13800000000/G-1']?.lastBody).toMatchObject({
        oeid: '06A115561B',
        stock: 0.1,
        price: 38.5,
        info: { goods_name: '机油滤清器', goods_ID: 'G-1', goods_brand: 'MANN' },
      });
    });

    it('sends the newest state of goods that changed many times, and counts every change', async () => {
      const changes = Array.from({ length: 50 }, (_, stock) => goods('G-1', { stock }));
      await setup.change(...changes);
      await setup.untilSettled();
      expect(setup.sandbox.state().goods['13800000000/G-1']?.lastBody).toMatchObject({ stock: 49 });
      const tally = await setup.agent.database.kysely.selectFrom('ctg_tally').selectAll().execute();
      const sum = (counter: string): number =>
        tally.filter((row) => row.counter === counter).reduce((total, row) => total + Number(row.value), 0);
      expect(sum('captured')).toBe(50);
      expect(sum('accepted') + sum('superseded')).toBe(50);
    });

    it('does not send what has not changed', async () => {
      await setup.change(goods('G-1'));
      await setup.untilState('goods', 'G-1', 'accepted');
      await setup.change(goods('G-1'), goods('G-2'));
      await setup.untilState('goods', 'G-2', 'accepted');
      expect(setup.sandbox.state().counts['list-goods']?.requests).toBe(2);
      expect(await setup.deliveries('goods', 'G-1')).toHaveLength(1);
    });

    it('lists deleted goods with stock 0, and again when they come back', async () => {
      await setup.change(goods('G-1'));
      await setup.untilState('goods', 'G-1', 'accepted');
      await setup.change({ entity: 'goods', key: 'G-1', op: 'delete' });
      await until(
        'the stock is 0',
        () => setup.sandbox.state().goods['13800000000/G-1']?.lastBody.stock === 0,
      );
      await setup.untilSettled();
      await setup.change(goods('G-1'));
      await until(
        'the stock is back',
        () => setup.sandbox.state().goods['13800000000/G-1']?.lastBody.stock === 10,
      );
    });

    it('rejects a faulty record with field and reason, and takes the corrected one by itself', async () => {
      await setup.change(goods('G-1', { price: 'cheap' }), goods('G-2'));
      const rejected = await setup.untilState('goods', 'G-1', 'rejected');
      expect(rejected.reason).toContain('price');
      await setup.untilState('goods', 'G-2', 'accepted');
      await setup.change(goods('G-1', { price: 'cheap' }), goods('G-3'));
      await setup.untilState('goods', 'G-3', 'accepted');
      expect(await setup.deliveries('goods', 'G-1')).toHaveLength(1);
      await setup.change(goods('G-1', { price: '1.00' }));
      await setup.untilState('goods', 'G-1', 'accepted');
    });

    it('adds a customer once, binds its id, changes it and deletes it', async () => {
      await setup.change(customer('C-1'));
      const added = await setup.untilState('customer', 'C-1', 'accepted');
      expect(added.platform_id).toMatch(/^C/);
      await setup.change(customer('C-1', { address: '苏州市' }));
      await until('the address is new', () =>
        Object.values(setup.sandbox.state().customers).some((each) => each.address === '苏州市'),
      );
      await setup.untilSettled();
      await setup.change({ entity: 'customer', key: 'C-1', op: 'delete' });
      await until('the customer is gone', () => Object.keys(setup.sandbox.state().customers).length === 0);
      expect(setup.sandbox.state().violations).toEqual([]);
    });

    it('gives two customers of one name and phone an id each', async () => {
      const twin = { name: '双胞胎汽修', phone: '13900002222' };
      await setup.change(customer('C-1', twin));
      const first = await setup.untilState('customer', 'C-1', 'accepted');
      await setup.change(customer('C-2', twin));
      const second = await setup.untilState('customer', 'C-2', 'accepted');
      expect(first.platform_id).not.toBe(second.platform_id);
    });

    it('binds a customer that the platform holds already instead of adding it again', async () => {
      await setup.change(customer('C-1'));
      await setup.untilState('customer', 'C-1', 'accepted');
      await setup.agent.database.kysely.deleteFrom('ctg_binding').execute();
      await setup.change(customer('C-1', { trade: '贸易' }));
      await until('the trade is new', () =>
        Object.values(setup.sandbox.state().customers).some((each) => each.trade === '贸易'),
      );
      expect(Object.keys(setup.sandbox.state().customers)).toHaveLength(1);
    });

    it('places an order once, reminds each seller, and shows its status to the ERP', async () => {
      await setup.change(order('SO-1', ['S1', 'S2', 'S1']));
      const placed = await setup.untilState('order', 'SO-1', 'accepted');
      await setup.untilState('order_reminder', 'SO-1/S1', 'accepted');
      await setup.untilState('order_reminder', 'SO-1/S2', 'accepted');
      const orderId = placed.platform_id ?? '';
      const { kysely } = setup.agent.database;
      await until('the ERP sees status 1', () =>
        kysely.selectFrom('ctg_order_status').selectAll().where('status', '=', '1').executeTakeFirst(),
      );
      setup.sandbox.setOrderStatus(orderId, 2);
      await until('the ERP sees status 2', () =>
        kysely.selectFrom('ctg_order_status').selectAll().where('status', '=', '2').executeTakeFirst(),
      );
      const inbox = await kysely.selectFrom('ctg_inbox').selectAll().orderBy('id').execute();
      expect(inbox.map((row) => [row.entity_key, row.previous_status, row.status])).toEqual([
        ['SO-1', null, '1'],
        ['SO-1', '1', '2'],
      ]);
      const state = setup.sandbox.state();
      expect(Object.keys(state.orders)).toHaveLength(1);
      expect(Object.values(state.timestamps).map((each) => each.effects)).toEqual([1, 1, 1]);
      expect(Object.keys(state.reminders)).toHaveLength(2);
      expect(state.violations).toEqual([]);
    });

    it('polls a watch each time that it is claimed, also when nothing about it has changed', async () => {
      await setup.change(order('SO-1'));
      await setup.untilState('order', 'SO-1', 'accepted');
      const { kysely } = setup.agent.database;
      await until('the order was polled', () =>
        kysely.selectFrom('ctg_order_status').selectAll().executeTakeFirst(),
      );
      const far = new Date(Date.now() + 3_600_000);
      await kysely.updateTable('ctg_watch').set({ next_at: far }).execute();
      const row = await kysely.selectFrom('ctg_watch').selectAll().executeTakeFirstOrThrow();
      const watch = {
        id: row.id,
        account: 'default',
        poll: row.poll,
        key: row.entity_key,
        platformId: row.platform_id,
        reference: row.reference,
        status: '1',
        quietPolls: 0,
        ageMs: 3000,
      };
      const asked = (): number => setup.sandbox.state().counts['query-order']?.requests ?? 0;
      const before = asked();
      await setup.agent.queues.enqueueWatches([watch]);
      await until('it is asked', () => asked() > before);
      const again = asked();
      await setup.agent.queues.enqueueWatches([watch]);
      await until('it is asked again', () => asked() > again);
    });

    it('ends the watch of an order that is received', async () => {
      await setup.change(order('SO-1'));
      const placed = await setup.untilState('order', 'SO-1', 'accepted');
      setup.sandbox.setOrderStatus(placed.platform_id ?? '', 55);
      await until('the watch has ended', () =>
        setup.agent.database.kysely
          .selectFrom('ctg_watch')
          .selectAll()
          .where('next_at', 'is', null)
          .executeTakeFirst(),
      );
    });

    it('never sends an order twice: the same again is unchanged, another content is refused in words', async () => {
      await setup.change(order('SO-1'));
      await setup.untilState('order', 'SO-1', 'accepted');
      await setup.change(order('SO-1'), order('SO-1', ['S9']), {
        entity: 'order',
        key: 'SO-1',
        op: 'delete',
      });
      await until(
        'both changes are answered',
        async () => (await setup.deliveries('order', 'SO-1')).length === 3,
      );
      const [, changed, deleted] = await setup.deliveries('order', 'SO-1');
      expect(changed).toMatchObject({
        state: 'rejected',
        reason: expect.stringContaining('cannot be changed on the platform'),
      });
      expect(deleted).toMatchObject({
        state: 'rejected',
        reason: expect.stringContaining('cannot be withdrawn'),
      });
      expect(Object.keys(setup.sandbox.state().orders)).toHaveLength(1);
    });

    it('refuses an entity that it does not know, and names it', async () => {
      await setup.change({ entity: 'invoice', key: 'X-1', payload: {} });
      const rejected = await setup.untilState('invoice', 'X-1', 'rejected');
      expect(rejected.reason).toContain('"invoice"');
    });

    it('takes a change whose payload and source map are missing for faulty', async () => {
      await setup.change({ entity: 'goods', key: 'G-1' });
      const rejected = await setup.untilState('goods', 'G-1', 'rejected');
      expect(rejected.reason).toContain('source map');
    });

    it('keeps names with quotes, emoji and backslashes', async () => {
      const name = `O'Reilly "滤清器" \\ 😀 \n&amp;`;
      await setup.change(goods('G-1', { name }));
      await setup.untilState('goods', 'G-1', 'accepted');
      expect(setup.sandbox.state().goods['13800000000/G-1']?.lastBody).toMatchObject({
        info: { goods_name: name },
      });
    });
  },
  'queues on PostgreSQL',
);
