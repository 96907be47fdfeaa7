import { expect, test } from 'vitest';
import { goods, registration } from './document-requests.ts';
import { runSandbox } from './running-sandbox.ts';

const json = { 'content-type': 'application/json' };

test('the state and the requests are there over HTTP, without secrets', async () => {
  const { sandbox, send } = await runSandbox();
  await send('list-goods', goods());
  await send('register', registration({ password: 'very-secret' }));
  const state = await (await fetch(`${sandbox.url}/_sandbox/state`)).json();
  expect(state).toEqual(JSON.parse(JSON.stringify(sandbox.state())));
  const requests = await (await fetch(`${sandbox.url}/_sandbox/requests`)).text();
  expect(JSON.parse(requests)).toMatchObject([
    { sequence: 1, interface: 'list-goods', body: { password: '***', sec: '***' }, ending: 'reply' },
    { sequence: 2, interface: 'register' },
  ]);
  expect(requests + JSON.stringify(state)).not.toMatch(/very-secret|sandbox-sec/);
});

test('only the last thousand requests are kept, oldest first', async () => {
  const { sandbox, send } = await runSandbox();
  for (let sent = 0; sent < 1010; sent += 10) {
    await Promise.all(Array.from({ length: 10 }, () => send('list-goods', goods())));
  }
  const sequences = sandbox.requests().map(({ sequence }) => sequence);
  expect(sequences).toEqual(Array.from({ length: 1000 }, (_, index) => index + 11));
});

test('faults are put, listed and deleted over HTTP', async () => {
  const { sandbox, send } = await runSandbox();
  const address = `${sandbox.url}/_sandbox/faults`;
  const rules = [{ interface: 'list-goods', kind: 'busy', times: 3 }];
  const put = await fetch(address, { method: 'PUT', headers: json, body: JSON.stringify(rules) });
  expect(await put.json()).toEqual(rules);
  expect((await send('list-goods', goods())).status).toBe(1);
  expect(await (await fetch(address)).json()).toMatchObject([{ times: 2 }]);
  expect((await fetch(address, { method: 'DELETE' })).status).toBe(204);
  expect((await send('list-goods', goods())).status).toBe(0);
});

test('a fault that is not understood is refused and leaves the others in force', async () => {
  const { sandbox } = await runSandbox();
  sandbox.setFaults([{ kind: 'busy' }]);
  const body = JSON.stringify([{ kind: 'nonsense' }]);
  const response = await fetch(`${sandbox.url}/_sandbox/faults`, { method: 'PUT', headers: json, body });
  expect(response.status).toBe(400);
  expect(sandbox.faults()).toEqual([{ kind: 'busy' }]);
});

test('an order is advanced over HTTP', async () => {
  const { sandbox, placeOne } = await runSandbox();
  const orderId = await placeOne();
  const moved = await fetch(`${sandbox.url}/_sandbox/orders/${orderId}/advance`, { method: 'POST' });
  expect(await moved.json()).toEqual([{ order_id: orderId, status: 2 }]);
  const unknown = await fetch(`${sandbox.url}/_sandbox/orders/O99/advance`, { method: 'POST' });
  expect(unknown.status).toBe(404);
});

test('a reset forgets state, requests, faults and registered accounts', async () => {
  const { sandbox, send, placeOne } = await runSandbox();
  const before = JSON.stringify(sandbox.state());
  await send('register', registration());
  await placeOne();
  sandbox.setFaults([{ kind: 'busy' }]);
  expect((await fetch(`${sandbox.url}/_sandbox/reset`, { method: 'POST' })).status).toBe(204);
  expect(JSON.stringify(sandbox.state())).toBe(before);
  expect([sandbox.requests(), sandbox.faults()]).toEqual([[], []]);
  expect(await placeOne()).toBe('O1');
});

test('the page shows counts and requests, escapes what it shows, and loads nothing', async () => {
  const { sandbox, send } = await runSandbox();
  sandbox.setFaults([{ kind: 'reject', msg: '<script>' }]);
  await send('list-goods', goods());
  const response = await fetch(sandbox.url);
  const page = await response.text();
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page).toContain('车同轨沙箱 · CTG sandbox');
  expect(page).toContain('list-goods');
  expect(page).toContain('http-equiv="refresh"');
  expect(page).not.toMatch(/<script|src=|href=/);
});
