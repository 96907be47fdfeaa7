import { expect, test } from 'vitest';
import {
  line,
  logisticsQuery,
  order,
  orderQuery,
  receipt,
  reminder,
  returnConfirmation,
  returnQuery,
  shipment,
  timestamp,
} from './document-requests.ts';
import { runSandbox, until } from './running-sandbox.ts';

test('resending a known order answers the same order_id and makes nothing twice', async () => {
  const { send, sandbox } = await runSandbox();
  const first = await send('place-order', order(line(1), line(2)));
  const second = await send('place-order', order(line(1), line(2)));
  expect(second).toEqual(first);
  expect(Object.keys(sandbox.state().orders)).toEqual(['O1']);
  expect(sandbox.state().timestamps[timestamp(1)]).toMatchObject({ sends: 2, effects: 1, order_id: 'O1' });
  expect(sandbox.state().violations).toEqual([]);
});

test('new lines beside known ones are added to the order of the known ones', async () => {
  const { send, sandbox } = await runSandbox();
  await send('place-order', order(line(1)));
  const reply = await send('place-order', order(line(1), line(2)));
  expect(reply.order_id).toBe('O1');
  expect(sandbox.state().orders.O1).toMatchObject({
    timestamps: [timestamp(1), timestamp(2)],
    placements: 2,
  });
});

test('in refuse mode a known timestamp is refused in words', async () => {
  const { send, sandbox } = await runSandbox({ resendMode: 'refuse' });
  await send('place-order', order(line(1)));
  const reply = await send('place-order', order(line(1), line(2)));
  expect(reply).toEqual({ status: 1, msg: '下单失败,时间戳重复', sec: 'sandbox-sec' });
  expect(Object.keys(sandbox.state().timestamps)).toEqual([timestamp(1)]);
  sandbox.setResendMode('idempotent');
  expect((await send('place-order', order(line(1)))).status).toBe(0);
});

test('the same timestamp with another body is a violation and has no second effect', async () => {
  const { send, sandbox } = await runSandbox();
  await send('place-order', order(line(1)));
  await send('place-order', order(line(1, { goods_amount: 3 })));
  expect(sandbox.state().violations).toEqual([`order line ${timestamp(1)} sent again with a different body`]);
  expect(sandbox.state().timestamps[timestamp(1)]?.body.goods_amount).toBe(2);
});

test('a line twice in a request, lines of two orders and a badly formed timestamp are violations', async () => {
  const { send, sandbox } = await runSandbox();
  expect((await send('place-order', order(line(1), line(1)))).status).toBe(1);
  await send('place-order', order(line(2)));
  await send('place-order', order(line(3)));
  expect((await send('place-order', order(line(2), line(3)))).status).toBe(1);
  expect((await send('place-order', order(line(4, { timestamp: 'WEBERP12' })))).status).toBe(1);
  expect(sandbox.state().violations).toEqual([
    `order line ${timestamp(1)} twice in one request`,
    'one request has the lines of several orders: O1, O2',
    'order timestamp WEBERP12 is not strictly formed',
  ]);
});

test('a reminder has one effect however often it is sent, and is cancelled by its timestamp', async () => {
  const { send, sandbox, placeOne } = await runSandbox();
  const orderId = await placeOne();
  await send('order-reminder', reminder(orderId));
  expect((await send('order-reminder', reminder(orderId))).status).toBe(0);
  await send('order-reminder', reminder(orderId, { op_type: 2 }));
  expect(sandbox.state().reminders[timestamp(900)]).toMatchObject({
    effects: 1,
    sends: 3,
    cancelled: true,
    cancelledBy: 'timestamp',
  });
  expect(sandbox.state().violations).toEqual([]);
});

test('a reminder is cancelled by order and parties when the timestamp is a new one', async () => {
  const { send, sandbox, placeOne } = await runSandbox();
  const orderId = await placeOne();
  await send('order-reminder', reminder(orderId));
  await send('order-reminder', reminder(orderId, { op_type: 2, timestamp: timestamp(901) }));
  expect(sandbox.state().reminders[timestamp(900)]?.cancelledBy).toBe('order');
  const unknown = reminder(orderId, { op_type: 2, timestamp: timestamp(902), receiver: 'S9' });
  expect(await send('order-reminder', unknown)).toMatchObject({ status: 1, msg: '操作失败!提醒不存在' });
});

test('a reminder sent again with another body is a violation, and refuse mode refuses it', async () => {
  const { send, sandbox, placeOne } = await runSandbox({ resendMode: 'refuse' });
  const orderId = await placeOne();
  await send('order-reminder', reminder(orderId));
  const reply = await send('order-reminder', reminder(orderId, { message: 'x' }));
  expect(reply.msg).toBe('操作失败!时间戳重复');
  expect(sandbox.state().violations).toEqual([`reminder ${timestamp(900)} sent again with a different body`]);
});

test('accepting moves an order to 2, reading changes nothing', async () => {
  const { send, sandbox, placeOne } = await runSandbox();
  const orderId = await placeOne();
  expect(await send('query-order', orderQuery(orderId, 4))).toMatchObject({
    order_status: 1,
    msg: '查询成功!',
  });
  expect(await send('query-order', orderQuery(orderId, 1))).toMatchObject({
    order_ID: orderId,
    order_status: 2,
  });
  expect(await send('query-order', orderQuery(orderId, 4))).toMatchObject({ order_status: 2 });
  expect(sandbox.state().orders[orderId]).toMatchObject({ accepts: 1, history: [1, 2] });
});

test('accepting, shipping, receiving and confirming twice are refused and noted', async () => {
  const { send, sandbox, placeOne } = await runSandbox();
  const orderId = await placeOne();
  const steps: [string, unknown][] = [
    ['query-order', orderQuery(orderId, 1)],
    ['ship', shipment(orderId)],
    ['receive', receipt(orderId)],
  ];
  for (const [name, body] of steps) {
    expect((await send(name, body)).status).toBe(0);
    expect((await send(name, body)).status).toBe(1);
  }
  sandbox.setOrderStatus(orderId, 60);
  expect((await send('confirm-return', returnConfirmation(orderId))).status).toBe(0);
  expect((await send('confirm-return', returnConfirmation(orderId))).msg).toBe('退货失败,退货已确认');
  expect(sandbox.state().violations).toEqual([
    'order O1 accepted twice',
    'order O1 shipped twice',
    'order O1 received twice',
    'return of goods G1 in order O1 confirmed twice',
  ]);
  expect(sandbox.state().orders[orderId]).toMatchObject({ status: 99, history: [1, 2, 50, 55, 60, 99] });
});

test('a status that moves backwards is a violation', async () => {
  const { send, sandbox, placeOne } = await runSandbox();
  const orderId = await placeOne();
  await send('ship', shipment(orderId));
  await send('query-order', orderQuery(orderId, 1));
  sandbox.setOrderStatus(orderId, 2);
  expect(sandbox.state().violations).toEqual([
    'order O1: status moves backwards from 50 to 2',
    'order O1: status moves backwards from 50 to 2',
  ]);
});

test('an order is received only when it is shipped, and only under the shipment that was named', async () => {
  const { send, placeOne } = await runSandbox();
  const orderId = await placeOne();
  expect((await send('receive', receipt(orderId))).msg).toBe('失败,订单未发货');
  expect((await send('query-logistics', logisticsQuery(orderId))).msg).toBe('失败,没有物流信息');
  await send('ship', shipment(orderId));
  expect((await send('receive', receipt(orderId, { logistics_order: 'other' }))).msg).toBe(
    '失败,物流信息不符',
  );
  expect((await send('receive', receipt(orderId))).status).toBe(0);
});

test('logistics answers the shipment that was sent, its status and a message', async () => {
  const { send, placeOne } = await runSandbox();
  const orderId = await placeOne();
  await send('ship', shipment(orderId));
  const sent = shipment(orderId).param;
  const query = logisticsQuery(orderId);
  expect((await send('query-logistics', query)).data).toEqual({ ...(sent as object), message: '已发货' });
  await send('receive', receipt(orderId));
  expect((await send('query-logistics', query)).data).toMatchObject({ status: 55, message: '已收货' });
});

test('a return is confirmed only when it is requested, and per goods of the order', async () => {
  const { send, sandbox } = await runSandbox();
  await send('place-order', order(line(1), line(2)));
  expect((await send('confirm-return', returnConfirmation('O1'))).msg).toBe('退货失败,没有退货申请');
  await send('ship', shipment('O1'));
  sandbox.setOrderStatus('O1', 60);
  expect(await send('query-return', returnQuery('O1'))).toMatchObject({
    order_status: 60,
    logistics_order: 'SF1',
    logistics_status: 55,
    buyer_id: 'E1001',
  });
  expect((await send('confirm-return', returnConfirmation('O1', { goods_id: 'G3' }))).msg).toBe(
    '退货失败,商品不存在',
  );
  expect((await send('confirm-return', returnConfirmation('O1'))).status).toBe(0);
  expect((await send('confirm-return', returnConfirmation('O1', { goods_id: 'G2' }))).status).toBe(0);
  expect((await send('query-return', returnQuery('O1'))).order_status).toBe(99);
  expect(sandbox.state().violations).toEqual([]);
});

test('by hand an order goes from placed to return confirmed, one step at a time', async () => {
  const { send, sandbox, placeOne } = await runSandbox();
  const orderId = await placeOne();
  const statuses = [2, 50, 55, 60, 99].map(() => sandbox.advance(orderId)[0]?.status);
  expect(statuses).toEqual([2, 50, 55, 60, 99]);
  expect(sandbox.advance(orderId)).toEqual([]);
  expect(sandbox.advance('O77')).toEqual([]);
  expect((await send('query-logistics', logisticsQuery(orderId))).data).toMatchObject({
    logistics_name: '车同轨物流',
  });
});

test('advancing without an id moves every order that is not received', async () => {
  const { send, sandbox } = await runSandbox();
  for (const index of [1, 2, 3]) await send('place-order', order(line(index)));
  sandbox.setOrderStatus('O2', 55);
  expect(sandbox.advance()).toEqual([
    { order_id: 'O1', status: 2 },
    { order_id: 'O3', status: 2 },
  ]);
});

test('an order of the platform’s own side can be accepted and shipped', async () => {
  const { send, sandbox } = await runSandbox();
  sandbox.setOrderStatus('SALE-1', 1);
  expect((await send('query-order', orderQuery('SALE-1', 1))).order_status).toBe(2);
  expect((await send('ship', shipment('SALE-1'))).status).toBe(0);
});

test('an automatic lifecycle takes an order to received by itself and stops there', async () => {
  const { sandbox, placeOne } = await runSandbox({ lifecycle: { auto: true, stepMs: 1 } });
  const orderId = await placeOne();
  await until(() => sandbox.state().orders[orderId]?.status === 55);
  expect(sandbox.state().orders[orderId]).toMatchObject({ history: [1, 2, 50, 55], movedBy: 'lifecycle' });
  expect(sandbox.state().violations).toEqual([]);
});
