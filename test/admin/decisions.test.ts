import { afterEach, beforeEach, expect, it } from 'vitest';
import { customer, goods, order } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { until } from '../support/until.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';

/** Deliveries older than this are held at their next failure: a third of a second. */
const SOON_HELD = { RETRY_MAX_AGE_HOURS: '0.0001' };

describeOnEachDialect('what a person decides', (store) => {
  let setup: AdminSetup;
  beforeEach(async () => {
    setup = await startAdminSetup(store, { env: SOON_HELD });
  });
  afterEach(() => setup.stop());

  const balance = async () => (await setup.get('/v1/status')).body;
  const dead = async (): Promise<{ id: number; state: string }[]> =>
    (await setup.get('/v1/deliveries?state=dead')).body.deliveries;

  it('retries a held order with the same key, and it is placed once', async () => {
    setup.sandbox.setFaults([{ interface: 'place-order', kind: 'drop-after' }]);
    await setup.change(order('SO-1'));
    const held = await setup.untilState('order', 'SO-1', 'held');
    expect(await dead()).toEqual([expect.objectContaining({ id: held.id, state: 'held' })]);
    setup.sandbox.clearFaults();
    expect(await setup.post(`/v1/deliveries/${held.id}/retry`)).toMatchObject({
      status: 200,
      body: { result: 'resumed' },
    });
    const accepted = await setup.untilState('order', 'SO-1', 'accepted');
    expect(accepted.id).toBe(held.id);
    expect(Object.values(setup.sandbox.state().orders)).toHaveLength(1);
    expect(setup.sandbox.state().violations).toEqual([]);
    expect(await balance()).toMatchObject({ balanced: true });
    const again = await setup.post(`/v1/deliveries/${held.id}/retry`);
    expect(again).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('accepted') } },
    });
  });

  it('retries a rejected record as a new change, once', async () => {
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'reject', msg: '商品未审核', times: 1 }]);
    await setup.change(goods('G-1'));
    const rejected = await setup.untilState('goods', 'G-1', 'rejected');
    const replies = await Promise.all([1, 2].map(() => setup.post(`/v1/deliveries/${rejected.id}/retry`)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
    await setup.untilState('goods', 'G-1', 'accepted');
    expect(await setup.deliveries('goods', 'G-1')).toHaveLength(2);
    expect(await dead()).toEqual([]);
    expect((await balance()).balance).toMatchObject({ captured: 2, accepted: 1, rejected: 1 });
  });

  it('does not let an old rejected state replace a newer one', async () => {
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'reject', msg: '商品未审核', times: 1 }]);
    await setup.change(goods('G-1', { stock: 1 }));
    const rejected = await setup.untilState('goods', 'G-1', 'rejected');
    await setup.change(goods('G-1', { stock: 2 }));
    await setup.untilState('goods', 'G-1', 'accepted');
    const reply = await setup.post(`/v1/deliveries/${rejected.id}/retry`);
    expect(reply).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('newer change') } },
    });
  });

  it('drops a held order, and lets the next change of it through', async () => {
    setup.sandbox.setFaults([{ interface: 'place-order', kind: 'drop-after' }]);
    await setup.change(order('SO-1', ['S1']));
    const held = await setup.untilState('order', 'SO-1', 'held');
    await setup.change(order('SO-1', ['S2']));
    const queued = await setup.untilState('order', 'SO-1', 'queued');
    setup.sandbox.clearFaults();
    const withoutNote = await setup.post(`/v1/deliveries/${held.id}/drop`, {});
    expect(withoutNote.status).toBe(422);
    const dropped = await setup.post(`/v1/deliveries/${held.id}/drop`, { note: '电话已下单' });
    expect(dropped).toMatchObject({ status: 200, body: { result: 'dropped' } });
    const next = await setup.untilState('order', 'SO-1', 'accepted');
    expect(next.id).toBe(queued.id);
    const [first] = await setup.deliveries('order', 'SO-1');
    expect(first).toMatchObject({ state: 'dropped', reason: '电话已下单', open_lane: null });
    await setup.untilSettled();
    expect(await balance()).toMatchObject({ balanced: true, balance: { dropped: 1 } });
  });

  it('drops a queued change without touching the one before it', async () => {
    setup.sandbox.setFaults([{ interface: 'place-order', kind: 'drop-after' }]);
    await setup.change(order('SO-1', ['S1']));
    const held = await setup.untilState('order', 'SO-1', 'held');
    await setup.change(order('SO-1', ['S2']), order('SO-1', ['S3']));
    const queued = await setup.untilState('order', 'SO-1', 'queued');
    expect((await setup.post(`/v1/deliveries/${queued.id}/drop`, { note: 'x' })).status).toBe(200);
    const rows = await setup.deliveries('order', 'SO-1');
    expect(rows.map(({ state }) => state)).toEqual(['held', 'queued', 'dropped']);
    expect(rows[0]?.id).toBe(held.id);
    expect(await balance()).toMatchObject({ balanced: true });
  });

  it('takes a rejected record off the list, and the balance holds', async () => {
    await setup.change(goods('BAD', { price: 'cheap' }));
    const rejected = await setup.untilState('goods', 'BAD', 'rejected');
    expect((await setup.post(`/v1/deliveries/${rejected.id}/drop`, { note: '测试数据' })).status).toBe(200);
    expect(await dead()).toEqual([]);
    expect(await balance()).toMatchObject({ balanced: true, balance: { rejected: 0, dropped: 1 } });
    const again = await setup.post(`/v1/deliveries/${rejected.id}/drop`, { note: 'x' });
    expect(again.status).toBe(409);
  });

  it('retries all dead letters of an entity', async () => {
    setup.sandbox.setFaults([{ interface: 'list-goods', kind: 'reject', msg: '商品未审核' }]);
    await setup.change(...[1, 2, 3].map((index) => goods(`G-${index}`)), customer('C-1', { name: '' }));
    await until('all are dead', async () => (await dead()).length === 4);
    setup.sandbox.clearFaults();
    const reply = await setup.post('/v1/dead/retry', { entity: 'goods' });
    expect(reply.body).toEqual({ retried: 3, skipped: [], next: null });
    for (const index of [1, 2, 3]) await setup.untilState('goods', `G-${index}`, 'accepted');
    expect(await dead()).toHaveLength(1);
  });

  it('binds a held order: it is accepted, its sellers are reminded, its status is polled', async () => {
    setup.sandbox.setFaults([{ interface: 'place-order', kind: 'drop-after' }]);
    await setup.change(order('SO-1', ['S1', 'S2']));
    const held = await setup.untilState('order', 'SO-1', 'held');
    await setup.change(order('SO-1', ['S1', 'S2']), {
      entity: 'order_reminder',
      key: 'R-9',
      payload: { orderKey: 'SO-1', sender: '88', receiver: 'S9', message: '请发货' },
    });
    await setup.untilState('order_reminder', 'R-9', 'blocked');
    const [placed] = Object.values(setup.sandbox.state().orders);
    setup.sandbox.clearFaults();
    const orderId = String(placed?.order_id);
    const bound = await setup.post('/v1/bindings', { entity: 'order', key: 'SO-1', platformId: orderId });
    expect(bound).toMatchObject({ status: 200, body: { accepted: held.id } });
    await setup.untilState('order_reminder', 'SO-1/S1', 'accepted');
    await setup.untilState('order_reminder', 'SO-1/S2', 'accepted');
    await setup.untilState('order_reminder', 'R-9', 'accepted');
    await until('its status is known', async () => {
      const { body } = await setup.get('/v1/entities/order/SO-1');
      return body.statuses.length === 1 && body.inbox.length === 1;
    });
    expect(await setup.deliveries('order', 'SO-1')).toHaveLength(1);
    expect(Object.values(setup.sandbox.state().orders)).toHaveLength(1);
    await setup.untilSettled();
    expect(await balance()).toMatchObject({ balanced: true });
    const other = await setup.post('/v1/bindings', { entity: 'order', key: 'SO-1', platformId: 'other' });
    expect(other).toMatchObject({
      status: 409,
      body: { error: { fix: expect.stringContaining('replace') } },
    });
    const taken = await setup.post('/v1/bindings', { entity: 'order', key: 'SO-2', platformId: orderId });
    expect(taken).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('SO-1') } },
    });
  });

  it('binds a customer that the platform knows already, and changes that one', async () => {
    await setup.change(customer('OLD', { name: '老客户' }));
    await setup.untilState('customer', 'OLD', 'accepted');
    const [known] = Object.values(setup.sandbox.state().customers);
    await setup.agent.database.kysely.deleteFrom('ctg_binding').execute();
    const id = String(known?.id);
    expect(
      (await setup.post('/v1/bindings', { entity: 'customer', key: 'C-1', platformId: id })).status,
    ).toBe(200);
    await setup.change(customer('C-1', { name: '新名字' }));
    await setup.untilState('customer', 'C-1', 'accepted');
    const customers = Object.values(setup.sandbox.state().customers);
    expect(customers).toEqual([expect.objectContaining({ id, name: '新名字' })]);
  });

  it('answers for what is not there', async () => {
    expect(await setup.post('/v1/deliveries/999/retry')).toMatchObject({ status: 404 });
    expect(await setup.post('/v1/deliveries/abc/retry')).toMatchObject({ status: 422 });
    const unknown = await setup.post('/v1/bindings', { entity: 'ordr', key: 'SO-1', platformId: '1' });
    expect(unknown).toMatchObject({
      status: 422,
      body: { error: { message: expect.stringContaining('"order"') } },
    });
    expect(await setup.get('/v1/entities/order/NONE')).toMatchObject({ status: 404 });
  });
});
