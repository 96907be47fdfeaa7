import { expect, test } from 'vitest';
import {
  credentials,
  customer,
  customerParam,
  discountParam,
  goods,
  type Json,
  line,
  order,
  orderQuery,
  receipt,
  reminder,
  returnConfirmation,
  shipment,
} from './document-requests.ts';
import { runSandbox } from './running-sandbox.ts';

const info = { goods_name: '刹车片', goods_ID: 'G1', goods_brand: '博世' };
const { oeid: _oeid, ...goodsWithoutOe } = goods();
const { param: returnFields, ...returnHead } = returnConfirmation('O1');

const faults: readonly { name: string; body: unknown; msg: string }[] = [
  { name: 'list-goods', body: goods({ goodsId: 'G1' }), msg: '未知字段 goodsId' },
  {
    name: 'list-goods',
    body: goods({ info: { goods_name: 'x', goods_id: 'G1' } }),
    msg: '未知字段 info.goods_id',
  },
  { name: 'list-goods', body: goods({ info: { goods_name: 'x' } }), msg: '缺少字段 info.goods_ID' },
  { name: 'list-goods', body: goodsWithoutOe, msg: '缺少字段 oeid' },
  { name: 'list-goods', body: goods({ stock: '5' }), msg: '字段 stock 类型不正确' },
  { name: 'list-goods', body: goods({ price: '12.5' }), msg: '字段 price 类型不正确' },
  { name: 'list-goods', body: goods({ price: 0.1 + 0.2 }), msg: '字段 price 小数位过多' },
  { name: 'list-goods', body: goods({ price: 1e-7 }), msg: '字段 price 小数位过多' },
  { name: 'list-goods', body: goods({ price: -1 }), msg: '字段 price 取值不正确' },
  { name: 'list-goods', body: goods({ info: { ...info, goods_ID: '' } }), msg: '字段 info.goods_ID' },
  { name: 'list-goods', body: [goods()], msg: '请求不是JSON对象' },
  { name: 'list-goods', body: { ...goods(), sec: undefined }, msg: '缺少字段 sec' },
  { name: 'customer', body: customer(1, { ...customerParam, tel: '1' }), msg: '未知字段 param.tel' },
  { name: 'customer', body: customer(1, customerParam, { pageNum: 1 }), msg: '未知字段 pageNum' },
  { name: 'customer', body: { ...credentials, op_type: 4, param: {} }, msg: '缺少字段 pageNum' },
  { name: 'customer', body: customer(5, {}), msg: '字段 op_type 取值不正确' },
  { name: 'customer', body: customer(2, customerParam), msg: '缺少字段 param.id' },
  {
    name: 'customer-discount',
    body: customer(1, { ...discountParam, discount: '9850' }),
    msg: '字段 param.discount 类型不正确',
  },
  {
    name: 'customer-discount',
    body: customer(1, { ...discountParam, discount: 98.5 }),
    msg: '字段 param.discount 类型不正确',
  },
  {
    name: 'customer-discount',
    body: customer(1, { ...discountParam, goods_id: 'G' }),
    msg: '未知字段 param.goods_id',
  },
  { name: 'order-reminder', body: reminder('O1', { order_id: 'O1' }), msg: '未知字段 param.order_id' },
  {
    name: 'order-reminder',
    body: reminder('O1', { timestamp: 'now' }),
    msg: '字段 param.timestamp 格式不正确',
  },
  { name: 'place-order', body: order(line(1, { goods_ID: 'G1' })), msg: '未知字段 param.0.goods_ID' },
  { name: 'place-order', body: order(line(1, { companyId: 'E' })), msg: '未知字段 param.0.companyId' },
  {
    name: 'place-order',
    body: order(line(1), line(2, { goods_amount: '2' })),
    msg: '字段 param.1.goods_amount 类型',
  },
  {
    name: 'place-order',
    body: order(line(1, { goods_totalPrice: 30.000000000000004 })),
    msg: 'goods_totalPrice 小数',
  },
  {
    name: 'place-order',
    body: order(line(1, { timestamp: '1700000000000000' })),
    msg: 'param.0.timestamp 格式',
  },
  { name: 'place-order', body: order(), msg: '字段 param 取值不正确' },
  { name: 'query-order', body: orderQuery('O1', 7), msg: '字段 param.op_type' },
  { name: 'ship', body: shipment('O1', { order_ID: 'O1' }), msg: '未知字段 param.order_ID' },
  { name: 'ship', body: shipment('O1', { status: '50' }), msg: '字段 param.status' },
  { name: 'receive', body: receipt('O1', { status: 50 }), msg: '字段 param.status' },
  { name: 'confirm-return', body: { ...returnHead, ...(returnFields as Json) }, msg: '未知字段 ' },
];

test.each(faults)('$name names the field that is wrong: $msg', async ({ name, body, msg }) => {
  const { send, sandbox } = await runSandbox();
  const reply = await send(name, body);
  expect(reply.status).toBe(1);
  expect(reply.msg).toContain(`参数错误: `);
  expect(reply.msg).toContain(msg);
  expect(sandbox.state().counts[name]).toMatchObject({ requests: 1, accepted: 0, refused: 1, effects: 0 });
});

test('the keys that may be empty in the ERP may be left out', async () => {
  const { send } = await runSandbox();
  const { quality: _quality, ...bare } = goods({ info: { goods_name: 'x', goods_ID: 7 } });
  expect((await send('list-goods', bare)).status).toBe(0);
  const { discount: _discount, ...bareLine } = line(1);
  expect((await send('place-order', order(bareLine))).status).toBe(0);
});

test('money of six decimals and large amounts pass', async () => {
  const { send } = await runSandbox();
  expect((await send('list-goods', goods({ price: 123456789.123456, stock: 1e12 }))).status).toBe(0);
});

test('a body that is not JSON is refused with HTTP 400', async () => {
  const { sandbox } = await runSandbox();
  const response = await fetch(`${sandbox.url}/data/goods`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"username":',
  });
  expect(response.status).toBe(400);
});

test('a path that no interface has is not found', async () => {
  const { sandbox } = await runSandbox();
  const response = await fetch(`${sandbox.url}/crm/nothing`, { method: 'POST' });
  expect(response.status).toBe(404);
});
