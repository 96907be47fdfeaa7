import { expect, test } from 'vitest';
import type { Fault } from '../../src/sandbox/sandbox.ts';
import {
  customer,
  customerParam,
  goods,
  line,
  listRule,
  order,
  reminder,
  timestamp,
} from './document-requests.ts';
import { runSandbox, until } from './running-sandbox.ts';

async function runWith(fault: Fault) {
  const running = await runSandbox();
  running.sandbox.setFaults([fault]);
  const effects = () => running.sandbox.state().counts['list-goods']?.effects;
  return { ...running, effects };
}

test('latency delays, and the effect and the reply still come', async () => {
  const { send, effects } = await runWith({ kind: 'latency', ms: 1 });
  expect((await send('list-goods', goods())).status).toBe(0);
  expect(effects()).toBe(1);
});

test('status answers with the code and Retry-After and has no effect', async () => {
  const { post, effects } = await runWith({ kind: 'status', code: 503, retryAfter: 7 });
  const response = await post('list-goods', goods());
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
  expect(effects()).toBe(0);
});

test('status with effect answers with the code after the effect', async () => {
  const { post, effects } = await runWith({ kind: 'status', code: 500, effect: true });
  expect((await post('list-goods', goods())).status).toBe(500);
  expect(effects()).toBe(1);
});

const refusals: readonly { fault: Fault; msg: string }[] = [
  { fault: { kind: 'busy' }, msg: '系统繁忙,请稍后再试' },
  { fault: { kind: 'reject' }, msg: '操作失败!' },
  { fault: { kind: 'reject', msg: '价格不合理' }, msg: '价格不合理' },
  { fault: { kind: 'duplicate' }, msg: '操作失败!记录已存在' },
];

test.each(refusals)(
  '$fault.kind refuses with $msg, in the form of the interface, and has no effect',
  async (refusal) => {
    const { send, effects } = await runWith(refusal.fault);
    expect(await send('list-goods', goods())).toEqual({ status: 1, msg: refusal.msg, sec: 'sandbox-sec' });
    expect(await send('goods-list', listRule(1))).toEqual({ status: 1, msg: refusal.msg });
    expect(effects()).toBe(0);
  },
);

const drops: readonly { fault: Fault; expected: number }[] = [
  { fault: { kind: 'drop-before' }, expected: 0 },
  { fault: { kind: 'drop-after' }, expected: 1 },
  { fault: { kind: 'hang', ms: 1 }, expected: 0 },
  { fault: { kind: 'hang-after', ms: 1 }, expected: 1 },
];

test.each(drops)('$fault.kind breaks the connection after $expected effects', async ({ fault, expected }) => {
  const { post, effects } = await runWith(fault);
  await expect(post('list-goods', goods())).rejects.toThrow('fetch failed');
  expect(effects()).toBe(expected);
});

const hangs: readonly { kind: 'hang' | 'hang-after'; expected: number }[] = [
  { kind: 'hang', expected: 0 },
  { kind: 'hang-after', expected: 1 },
];

test.each(hangs)(
  '$kind never answers, has $expected effects, and close destroys it',
  async ({ kind, expected }) => {
    const { post, effects, sandbox } = await runWith({ kind });
    const failure = post('list-goods', goods()).then(
      () => 'answered',
      () => 'destroyed',
    );
    await until(() => sandbox.requests()[0]?.ending === 'hang');
    expect(effects()).toBe(expected);
    await sandbox.close();
    expect(await failure).toBe('destroyed');
  },
);

test('truncated has the effect and sends half of the JSON', async () => {
  const { post, effects } = await runWith({ kind: 'truncated' });
  const response = await post('list-goods', goods());
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow('terminated');
  expect(effects()).toBe(1);
});

test('garbage has the effect and answers 200 with HTML', async () => {
  const { post, effects } = await runWith({ kind: 'garbage' });
  const response = await post('list-goods', goods());
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await response.text()).toContain('<html>');
  expect(effects()).toBe(1);
});

test('no-status, wrong-sec and string-status have the effect and bend the reply', async () => {
  const { send, sandbox, effects } = await runWith({ kind: 'no-status' });
  expect(await send('list-goods', goods())).toEqual({ msg: '上架商品成功', sec: 'sandbox-sec' });
  sandbox.setFaults([{ kind: 'wrong-sec' }]);
  expect(await send('list-goods', goods())).toEqual({ status: 0, msg: '上架商品成功', sec: 'not-the-sec' });
  sandbox.setFaults([{ kind: 'string-status' }]);
  expect(await send('list-goods', goods())).toEqual({ status: '0', msg: '上架商品成功', sec: 'sandbox-sec' });
  expect(effects()).toBe(3);
});

test('indexed-data keys the records of a query by index and leaves all else alone', async () => {
  const { send, sandbox } = await runWith({ kind: 'indexed-data', times: 1 });
  await send('customer', customer(1, customerParam));
  await send('customer', customer(1, { ...customerParam, name: '乙' }));
  expect(sandbox.faults()).toHaveLength(1);
  const reply = await send('customer', customer(4, {}));
  expect(reply.data).toMatchObject({ '0': { id: 'C1' }, '1': { id: 'C2' } });
});

test('partial acknowledges the first lines only, and a resend adds the rest to the same order', async () => {
  const { send, sandbox } = await runWith({ kind: 'partial', lines: 1, times: 1 });
  const reply = await send('place-order', order(line(1), line(2)));
  expect(reply.data).toEqual([{ goods_id: 'G1', timestamp: timestamp(1) }]);
  expect(Object.keys(sandbox.state().timestamps)).toEqual([timestamp(1)]);
  expect(await send('place-order', order(line(1), line(2)))).toMatchObject({ order_id: 'O1' });
  expect(sandbox.state().orders.O1?.timestamps).toEqual([timestamp(1), timestamp(2)]);
  expect(sandbox.state().violations).toEqual([]);
});

test('a rule with times is gone after so many hits', async () => {
  const { send, sandbox } = await runWith({ kind: 'busy', times: 2 });
  const statuses = [];
  for (let index = 0; index < 3; index += 1) statuses.push((await send('list-goods', goods())).status);
  expect(statuses).toEqual([1, 1, 0]);
  expect(sandbox.faults()).toEqual([]);
});

test('a rule hits only its interface or its system', async () => {
  const { send, sandbox } = await runWith({ kind: 'busy', interface: 'customer' });
  expect((await send('list-goods', goods())).status).toBe(0);
  expect((await send('customer', customer(4, {}))).status).toBe(1);
  sandbox.setFaults([{ kind: 'busy', system: 'data', interface: '*' }]);
  expect((await send('list-goods', goods())).status).toBe(1);
  expect((await send('customer', customer(4, {}))).status).toBe(0);
});

test('where makes one record poison, at any depth', async () => {
  const { send, sandbox } = await runWith({ kind: 'reject', where: { field: 'goods_ID', equals: 'G1' } });
  expect((await send('list-goods', goods())).status).toBe(1);
  expect((await send('list-goods', goods({ info: { goods_name: 'x', goods_ID: 'G2' } }))).status).toBe(0);
  sandbox.setFaults([{ kind: 'reject', where: { field: 'timestamp', equals: timestamp(2) } }]);
  expect((await send('place-order', order(line(1), line(2)))).status).toBe(1);
  expect((await send('place-order', order(line(3)))).status).toBe(0);
});

test('a rate hits the same requests again under the same seed', async () => {
  const { send, sandbox } = await runSandbox({ seed: 42 });
  const run = async () => {
    sandbox.setFaults([{ kind: 'busy', rate: 0.5 }]);
    const statuses = [];
    for (let index = 0; index < 40; index += 1) statuses.push((await send('list-goods', goods())).status);
    return statuses;
  };
  const first = await run();
  expect(new Set(first)).toEqual(new Set([0, 1]));
  expect(await run()).toEqual(first);
});

test('latency joins with another fault, and only one ending applies', async () => {
  const { send, sandbox } = await runSandbox();
  sandbox.setFaults([
    { kind: 'busy', times: 1 },
    { kind: 'latency', ms: 1 },
    { kind: 'reject', msg: 'x' },
  ]);
  expect((await send('list-goods', goods())).msg).toBe('系统繁忙,请稍后再试');
  expect(sandbox.requests()[0]?.faults).toEqual(['busy', 'latency']);
  expect((await send('list-goods', goods())).msg).toBe('x');
});

test('faults that are cleared strike no more', async () => {
  const { send, sandbox } = await runWith({ kind: 'busy' });
  sandbox.clearFaults();
  expect((await send('list-goods', goods())).status).toBe(0);
});

test('a reminder survives a dropped answer with one effect', async () => {
  const { send, post, sandbox, placeOne } = await runSandbox();
  const orderId = await placeOne();
  sandbox.setFaults([{ kind: 'drop-after', interface: 'order-reminder', times: 1 }]);
  await expect(post('order-reminder', reminder(orderId))).rejects.toThrow();
  expect((await send('order-reminder', reminder(orderId))).status).toBe(0);
  expect(sandbox.state().reminders[timestamp(900)]).toMatchObject({ sends: 2, effects: 1 });
});
