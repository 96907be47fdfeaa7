import { afterEach, beforeEach, expect, it } from 'vitest';
import { customer, goods, order } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';

describeOnEachDialect('looking into the ledger', (store) => {
  let setup: AdminSetup;
  beforeEach(async () => {
    setup = await startAdminSetup(store);
  });
  afterEach(() => setup.stop());

  const ids = async (query: string): Promise<number[]> => {
    const { body } = await setup.get(`/v1/deliveries?${query}`);
    return body.deliveries.map(({ id }: { id: number }) => id);
  };

  it('lists deliveries page by page, newest first, by state, entity and interface', async () => {
    await setup.change(...Array.from({ length: 7 }, (_, index) => goods(`G-${index}`)));
    await setup.change(customer('C-1'), goods('BAD', { price: 'cheap' }));
    await setup.untilState('customer', 'C-1', 'accepted');
    await setup.untilSettled();
    const all = await ids('limit=100');
    expect(all).toHaveLength(9);
    expect(all).toEqual([...all].sort((one, other) => other - one));
    const paged: number[] = [];
    for (let before = ''; ; ) {
      const { body } = await setup.get(
        `/v1/deliveries?entity=goods&state=accepted,rejected&limit=3${before}`,
      );
      paged.push(...body.deliveries.map(({ id }: { id: number }) => id));
      if (body.next === null) break;
      before = `&before=${body.next}`;
    }
    expect(paged).toHaveLength(8);
    expect(new Set(paged).size).toBe(8);
    expect(await ids('state=rejected')).toHaveLength(1);
    expect(await ids('interface=customer')).toHaveLength(1);
    expect(await ids('state=accepted&entity=customer')).toHaveLength(1);
    const wrong = await setup.get('/v1/deliveries?state=dad');
    expect(wrong.status).toBe(422);
  });

  it('finds by key, by idempotency key and by platform id', async () => {
    await setup.change(order('SO-1'), goods('G-1'));
    const placed = await setup.untilState('order', 'SO-1', 'accepted');
    await setup.untilSettled();
    for (const q of ['SO-1', placed.idempotency_key ?? '', placed.platform_id ?? '']) {
      expect([q, await ids(`q=${encodeURIComponent(q)}`)]).toEqual([q, expect.arrayContaining([placed.id])]);
    }
    expect(await ids('q=SO-1&state=rejected')).toEqual([]);
    expect(await ids('q=SO-1&entity=goods')).toEqual([]);
  });

  it('shows the timeline of an order from its failed attempts to its status', async () => {
    setup.sandbox.setFaults([{ interface: 'place-order', kind: 'drop-after', times: 1 }]);
    await setup.change(order('SO-1'));
    const placed = await setup.untilState('order', 'SO-1', 'accepted');
    const timeline = await until('the status is polled', async () => {
      const { body } = await setup.get('/v1/entities/order/SO-1');
      return body.inbox.length > 0 ? body : undefined;
    });
    expect(timeline).toMatchObject({
      waitsFor: null,
      bindings: [{ account: 'default', platformId: placed.platform_id, present: true }],
      deliveries: [
        {
          state: 'accepted',
          interface: 'place-order',
          idempotencyKey: placed.idempotency_key,
          history: [
            { stage: 'place', outcome: 'in-doubt' },
            { stage: 'place', outcome: 'accepted' },
          ],
        },
      ],
      statuses: [{ kind: 'order', status: '1' }],
      watches: [{ poll: 'query-order' }],
    });
  });

  it('says what a record waits for', async () => {
    await setup.change({
      entity: 'order_reminder',
      key: 'R-1',
      payload: { orderKey: 'SO-1', sender: '88', receiver: 'S1', message: '请发货' },
    });
    await setup.untilState('order_reminder', 'R-1', 'blocked');
    expect((await setup.get('/v1/entities/order_reminder/R-1')).body.waitsFor).toContain('order SO-1');
  });

  it('masks what is personal, and hides what is secret', async () => {
    await setup.change(customer('C-1', { phone: '13912345678', address: '上海市浦东新区某路100号' }));
    await setup.untilState('customer', 'C-1', 'accepted');
    const { body } = await setup.get('/v1/entities/customer/C-1');
    const text = JSON.stringify(body);
    expect(text).not.toContain('13912345678');
    expect(text).not.toContain('某路100号');
    expect(body.deliveries[0].record).toMatchObject({ name: '汽修厂C-1', phone: '139***' });
  });

  it('shows every queue on Bull Board', async () => {
    const board = await setup.get('/queues/api/queues');
    const names = board.body.queues.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['list-goods', 'place-order', 'query-order', 'ticks']));
    expect((await setup.get('/queues')).body).toContain('ctg-sync');
    expect((await setup.get('/queues/queue/list-goods')).status).toBe(200);
  });
});
