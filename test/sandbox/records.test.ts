import { expect, test } from 'vitest';
import type { Effect } from '../../src/sandbox/sandbox.ts';
import {
  credentials,
  customer,
  customerParam,
  discountParam,
  goods,
  type Json,
  listRule,
  registration,
  relationParam,
} from './document-requests.ts';
import { runSandbox } from './running-sandbox.ts';

test('an account that registers can log in at once and gets a company', async () => {
  const { send, sandbox } = await runSandbox();
  await send('register', registration());
  const reply = await send('login', { username: '13900000000', password: 'p', sec: 'sandbox-sec' });
  expect(reply.data).toMatchObject({ username: '13900000000', companyid: 'E1002' });
  expect((await send('register', registration())).status).toBe(1);
  expect(sandbox.state().accounts['13900000000']?.registrations).toBe(1);
});

test('given accounts replace the default one and keep their company', async () => {
  const accounts = [{ username: 'a', password: 'b', companyid: 'E7', companyName: '七号' }];
  const { send } = await runSandbox({ accounts, sec: 's' });
  const reply = await send('login', { username: 'a', password: 'b', sec: 's' });
  expect(reply).toMatchObject({ status: 0, data: { companyid: 'E7', companyName: '七号' }, sec: 's' });
  expect((await send('login', { ...credentials, sec: 's' })).status).toBe(1);
});

test('goods keep the newest body, count every send and remember the last twenty', async () => {
  const effects: Effect[] = [];
  const { send, sandbox } = await runSandbox({ onEffect: (effect) => effects.push(effect) });
  for (let stock = 1; stock <= 25; stock += 1) await send('list-goods', goods({ stock }));
  const kept = sandbox.state().goods['13800000000/G1'];
  expect(kept).toMatchObject({ sends: 25, effects: 25, lastBody: { stock: 25 } });
  expect(kept?.bodies.map(({ stock }) => stock)).toEqual(Array.from({ length: 20 }, (_, index) => index + 6));
  expect(effects.map(({ body }) => body.stock)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  expect(JSON.stringify(sandbox.state())).not.toMatch(/sandbox-sec|"password"/);
});

test('a customer is added without an id in the reply, found by query, modified and deleted', async () => {
  const { send, sandbox } = await runSandbox();
  await send('customer', customer(1, customerParam));
  const found = await send('customer', customer(4, { name: '甲公司', phone: '021', id: '' }));
  expect(found).toMatchObject({ totalRecords: 1, currentSize: 1, data: [{ id: 'C1', ...customerParam }] });
  await send('customer', customer(3, { id: 'C1', ...customerParam, name: '乙公司' }));
  expect(await send('customer', customer(4, { name: '甲公司' }))).toMatchObject({
    totalRecords: 0,
    data: [],
  });
  expect(await send('customer', customer(4, { name: '乙公司' }))).toMatchObject({ totalRecords: 1 });
  await send('customer', customer(2, { id: 'C1' }));
  expect(sandbox.state().customers).toEqual({});
});

test('the same customer added twice is two records and a violation', async () => {
  const { send, sandbox } = await runSandbox();
  await send('customer', customer(1, customerParam));
  await send('customer', customer(1, customerParam));
  expect(Object.keys(sandbox.state().customers)).toEqual(['C1', 'C2']);
  expect(sandbox.state().violations).toEqual(['customer 甲公司 021 added twice, first as C1']);
});

test('customers are filtered by every field and paged', async () => {
  const { send } = await runSandbox();
  for (const index of [1, 2, 3, 4, 5]) {
    await send(
      'customer',
      customer(1, { name: `n${index}`, phone: `${index % 2}`, address: 'a', trade: 't' }),
    );
  }
  const page = await send('customer', customer(4, {}, { pageNum: 2, pageSize: 2 }));
  expect(page).toMatchObject({ pageNum: 2, pageSize: 2, totalRecords: 5, currentSize: 2 });
  expect((page.data as Json[]).map(({ id }) => id)).toEqual(['C3', 'C4']);
  expect(await send('customer', customer(4, { phone: '1', trade: 't' }))).toMatchObject({ totalRecords: 3 });
  expect(await send('customer', customer(4, { id: 'C2' }))).toMatchObject({ totalRecords: 1 });
  expect(await send('customer', customer(4, { address: 'elsewhere' }))).toMatchObject({ totalRecords: 0 });
});

test('one account does not see the customers of another', async () => {
  const { send } = await runSandbox();
  await send('register', registration());
  await send('customer', customer(1, customerParam));
  const other = { username: '13900000000', password: 'p' };
  expect(await send('customer', customer(4, {}, other))).toMatchObject({ totalRecords: 0 });
  expect(await send('customer', customer(4, { name: '甲公司' }, other))).toMatchObject({ totalRecords: 0 });
  expect(await send('customer', customer(2, { id: 'C1' }, other))).toMatchObject({ status: 1 });
});

test('a relation is known by its two enterprises', async () => {
  const { send, sandbox } = await runSandbox();
  await send('customer-relation', customer(1, relationParam));
  await send('customer-relation', customer(3, { ...relationParam, relation_ID: 1 }));
  const found = await send(
    'customer-relation',
    customer(4, { enterprise_ID: 'E1', target_enterprise_ID: 'E2' }),
  );
  expect(found.data).toMatchObject([{ relation_ID: '1', relation_name: '竞争关系' }]);
  await send('customer-relation', customer(1, relationParam));
  expect(sandbox.state().violations).toEqual(['relation E1 to E2 added twice']);
  await send('customer-relation', customer(2, relationParam));
  await send('customer-relation', customer(2, relationParam));
  expect(sandbox.state().relations).toEqual({});
});

test('a discount is known by enterprise, relation and goods', async () => {
  const { send, sandbox } = await runSandbox();
  await send('list-goods', goods());
  await send('customer-discount', customer(1, discountParam));
  await send('customer-discount', customer(1, { ...discountParam, goods_ID: '*' }));
  await send('customer-discount', customer(3, { ...discountParam, discount: 9000 }));
  const { discount: _discount, ...key } = discountParam;
  const found = await send('customer-discount', customer(4, key));
  expect(found.data).toMatchObject([{ goods_ID: 'G1', goods_name: '刹车片', discount: 9000 }]);
  expect(await send('customer-discount', customer(4, {}))).toMatchObject({ totalRecords: 2 });
  expect(sandbox.state().violations).toEqual([]);
  await send('customer-discount', customer(1, discountParam));
  expect(sandbox.state().violations).toEqual(['discount of E1, relation 3, goods G1 added twice']);
  await send('customer-discount', customer(2, key));
  expect(Object.keys(sandbox.state().discounts)).toHaveLength(2);
});

test('a list rule is set, changed and removed', async () => {
  const { send, sandbox } = await runSandbox();
  await send('goods-list', listRule(1));
  await send('goods-list', listRule(1, { list_type: 'white' }));
  expect(Object.values(sandbox.state().listRules)).toMatchObject([
    { list_type: 'white', sends: 2, effects: 2 },
  ]);
  await send('goods-list', listRule(2));
  expect(sandbox.state().listRules).toEqual({});
});
