import { expect, test } from 'vitest';
import { sandboxInterfaces } from '../../src/sandbox/sandbox.ts';
import {
  credentials,
  customer,
  customerParam,
  discountParam,
  goods,
  type Json,
  line,
  listRule,
  logisticsQuery,
  order,
  orderQuery,
  receipt,
  registration,
  relationParam,
  reminder,
  returnConfirmation,
  returnQuery,
  shipment,
  timestamp,
} from './document-requests.ts';
import { type RunningSandbox, runSandbox } from './running-sandbox.ts';

const plain = ['status', 'msg', 'sec'];
const page = ['status', 'msg', 'pageNum', 'pageSize', 'totalRecords', 'currentSize', 'data', 'sec'];

interface HappyCase {
  readonly name: string;
  readonly body: Json;
  readonly keys: readonly string[];
  readonly msg: string;
  readonly before?: (running: RunningSandbox) => Promise<unknown>;
  readonly dataKeys?: readonly string[];
}

const place = ({ placeOne }: RunningSandbox) => placeOne();
const shipped = async (running: RunningSandbox) => {
  await place(running);
  await running.send('ship', shipment('O1'));
};
const returning = async (running: RunningSandbox) => {
  await shipped(running);
  running.sandbox.setOrderStatus('O1', 60);
};

const shipmentKeys = Object.keys(shipment('O1').param as Json);

const happyCases: readonly HappyCase[] = [
  {
    name: 'register',
    body: registration(),
    keys: ['status', 'msg', 'data', 'sec'],
    msg: '注册成功',
    dataKeys: ['username', 'realName'],
  },
  {
    name: 'login',
    body: credentials,
    keys: ['status', 'msg', 'data', 'sec'],
    msg: '登录成功',
    dataKeys: ['companyName', 'companyAddress', 'companyid', 'username', 'tell', 'legalMan'],
  },
  { name: 'list-goods', body: goods(), keys: plain, msg: '上架商品成功' },
  { name: 'customer', body: customer(1, customerParam), keys: plain, msg: '操作成功!' },
  {
    name: 'customer',
    body: customer(4, {}),
    keys: page,
    msg: '操作成功!',
    before: ({ send }) => send('customer', customer(1, customerParam)),
    dataKeys: ['id', 'name', 'phone', 'address', 'trade'],
  },
  { name: 'customer-relation', body: customer(1, relationParam), keys: plain, msg: '操作成功!' },
  {
    name: 'customer-relation',
    body: customer(4, { relation_ID: '*' }),
    keys: page,
    msg: '操作成功!',
    before: ({ send }) => send('customer-relation', customer(1, relationParam)),
    dataKeys: [
      'enterprise_ID',
      'target_enterprise_ID',
      'target_enterprise_name',
      'relation_ID',
      'relation_name',
    ],
  },
  { name: 'customer-discount', body: customer(1, discountParam), keys: plain, msg: '操作成功!' },
  {
    name: 'customer-discount',
    body: customer(4, {}),
    keys: page,
    msg: '操作成功!',
    before: ({ send }) => send('customer-discount', customer(1, discountParam)),
    dataKeys: ['enterprise_ID', 'relation_ID', 'relation_name', 'goods_ID', 'goods_name', 'discount'],
  },
  { name: 'order-reminder', body: reminder('O1'), keys: plain, msg: '操作成功!', before: place },
  {
    name: 'place-order',
    body: order(line(1), line(2)),
    keys: ['status', 'msg', 'companyID', 'companyName', 'order_id', 'data', 'sec'],
    msg: '操作成功!',
    dataKeys: ['goods_id', 'timestamp'],
  },
  {
    name: 'query-order',
    body: orderQuery('O1', 1),
    keys: ['status', 'msg', 'companyID', 'order_ID', 'order_status'],
    msg: '接单成功!',
    before: place,
  },
  { name: 'ship', body: shipment('O1'), keys: plain, msg: '成功', before: place },
  { name: 'receive', body: receipt('O1'), keys: plain, msg: '成功', before: shipped },
  {
    name: 'query-logistics',
    body: logisticsQuery('O1'),
    keys: ['status', 'msg', 'data', 'sec'],
    msg: '成功',
    before: shipped,
    dataKeys: [...shipmentKeys, 'message'],
  },
  {
    name: 'query-return',
    body: returnQuery('O1'),
    keys: [
      'status',
      'msg',
      'companyID',
      'companyName',
      'order_id',
      'order_status',
      'logistics_order',
      'logistics_status',
      'buyer_id',
      'buyer_name',
      'buyer_tel',
      'sec',
    ],
    msg: '操作成功!',
    before: returning,
  },
  {
    name: 'confirm-return',
    body: returnConfirmation('O1'),
    keys: ['status', 'msg', 'companyID', 'companyName', 'order_id', 'goods_id', 'logistics_order'],
    msg: '操作成功!',
    before: returning,
  },
  { name: 'goods-list', body: listRule(1), keys: ['status', 'msg'], msg: '设置成功!' },
];

test.each(happyCases)(
  '$name answers $body.op_type $msg with exactly the keys of the document',
  async (happy) => {
    const running = await runSandbox();
    await happy.before?.(running);
    const reply = await running.send(happy.name, happy.body);
    expect({ status: reply.status, msg: reply.msg }).toEqual({ status: 0, msg: happy.msg });
    expect(Object.keys(reply)).toEqual(happy.keys);
    const record = Array.isArray(reply.data) ? reply.data[0] : reply.data;
    if (happy.dataKeys !== undefined) expect(Object.keys(record)).toEqual(happy.dataKeys);
    expect(running.sandbox.state().violations).toEqual([]);
  },
);

test('every interface of the document has a happy case', () => {
  const tested = new Set(happyCases.map(({ name }) => name));
  expect(sandboxInterfaces.map(({ name }) => name)).toEqual([...tested]);
  expect(sandboxInterfaces.map(({ number }) => number)).toEqual(
    Array.from({ length: 15 }, (_, index) => index + 1),
  );
});

const withoutSec = new Set(['login', 'goods-list']);

test.each(happyCases)('$name fails with exactly the keys of the document', async ({ name, body }) => {
  const { send } = await runSandbox();
  const reply = await send(name, { ...body, surplus: 1 });
  expect(reply).toEqual({
    status: 1,
    msg: '参数错误: 未知字段 surplus',
    ...(!withoutSec.has(name) && { sec: 'sandbox-sec' }),
  });
});

test.each(happyCases)(
  '$name refuses a wrong sec without giving the right one away',
  async ({ name, body }) => {
    const { send, sandbox } = await runSandbox();
    const reply = await send(name, { ...body, sec: 'guess' });
    expect(reply).toEqual({
      status: 1,
      msg: '加密秘钥不正确',
      ...(!withoutSec.has(name) && { sec: 'guess' }),
    });
    expect(sandbox.state().counts[name]?.effects).toBe(0);
  },
);

const withAccount = happyCases.filter(({ name }) => name !== 'register');

test.each(withAccount)('$name refuses a wrong password and an unknown user', async ({ name, body }) => {
  const { send } = await runSandbox();
  const wrong = await send(name, { ...body, password: 'x' });
  const unknown = await send(name, { ...body, username: 'nobody' });
  expect([wrong.msg, unknown.msg]).toEqual(['用户不存在或密码不正确', '用户不存在或密码不正确']);
});

const refusals: readonly { name: string; body: Json; msg: string }[] = [
  { name: 'register', body: registration({ username: '13800000000' }), msg: '注册失败,用户名已存在' },
  { name: 'customer', body: customer(2, { id: 'C7' }), msg: '操作失败!客户不存在' },
  { name: 'customer', body: customer(3, { id: 'C7', name: 'x' }), msg: '操作失败!客户不存在' },
  { name: 'customer', body: customer(4, {}, { pageSize: 51 }), msg: '查询失败: 字段 pageSize 最大为50' },
  { name: 'customer-relation', body: customer(2, relationParam), msg: '操作失败!客户关系不存在' },
  { name: 'customer-relation', body: customer(3, relationParam), msg: '操作失败!客户关系不存在' },
  { name: 'customer-discount', body: customer(2, discountParam), msg: '操作失败!客户折扣不存在' },
  { name: 'customer-discount', body: customer(3, discountParam), msg: '操作失败!客户折扣不存在' },
  { name: 'order-reminder', body: reminder('O9'), msg: '操作失败!订单不存在' },
  { name: 'query-order', body: orderQuery('O9', 1), msg: '接单失败,订单不存在' },
  { name: 'query-order', body: orderQuery('O9', 4), msg: '查询失败,订单不存在' },
  { name: 'ship', body: shipment('O9'), msg: '失败,订单不存在' },
  { name: 'receive', body: receipt('O9'), msg: '失败,订单不存在' },
  { name: 'query-logistics', body: logisticsQuery('O9'), msg: '失败,订单不存在' },
  { name: 'query-return', body: returnQuery('O9'), msg: '操作失败!订单不存在' },
  { name: 'confirm-return', body: returnConfirmation('O9'), msg: '退货失败,订单不存在' },
  { name: 'goods-list', body: listRule(2), msg: '设置失败!名单不存在' },
];

test.each(refusals)('$name refuses what does not exist: $msg', async ({ name, body, msg }) => {
  const { send } = await runSandbox();
  expect(await send(name, body)).toEqual({
    status: 1,
    msg,
    ...(!withoutSec.has(name) && { sec: 'sandbox-sec' }),
  });
});

test('an order reply names the company and echoes goods_id and timestamp of every line', async () => {
  const { send } = await runSandbox();
  const reply = await send('place-order', order(line(1), line(2)));
  expect(reply).toMatchObject({ companyID: 'E1001', companyName: '示例汽配有限公司', order_id: 'O1' });
  expect(reply.data).toEqual([
    { goods_id: 'G1', timestamp: timestamp(1) },
    { goods_id: 'G2', timestamp: timestamp(2) },
  ]);
});
