import { afterEach, beforeEach, expect, it } from 'vitest';
import { customer, goods } from '../support/running-agent.ts';
import { describeOnEachDialect } from '../support/stores.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';

describeOnEachDialect('POST /v1/changes', (store) => {
  let setup: AdminSetup;
  beforeEach(async () => {
    setup = await startAdminSetup(store);
  });
  afterEach(() => setup.stop());

  const captured = async (): Promise<number> => (await setup.get('/v1/status')).body.balance.captured;

  it('stores one change, and it arrives at the platform', async () => {
    const reply = await setup.post('/v1/changes', goods('G-1'));
    expect(reply).toMatchObject({ status: 202, body: { stored: 1 } });
    await setup.untilState('goods', 'G-1', 'accepted');
    expect(setup.sandbox.state().goods['13800000000/G-1']?.lastBody).toMatchObject({ stock: 10 });
  });

  it('stores an array', async () => {
    const reply = await setup.post('/v1/changes', [goods('G-1'), customer('C-1')]);
    expect(reply.body).toEqual({ stored: 2 });
    await setup.untilState('customer', 'C-1', 'accepted');
    await setup.untilState('goods', 'G-1', 'accepted');
  });

  it('stores NDJSON of more lines than one statement takes, blank lines aside', async () => {
    const lines = Array.from({ length: 1203 }, (_, index) => JSON.stringify(goods(`G-${index}`)));
    const raw = `${lines.slice(0, 600).join('\n')}\r\n\n${lines.slice(600).join('\n')}\n`;
    const headers = { 'content-type': 'application/x-ndjson' };
    const reply = await setup.request('/v1/changes', { method: 'POST', raw, headers });
    expect(reply).toMatchObject({ status: 202, body: { stored: 1203 } });
    expect(await captured()).toBe(1203);
  });

  it('never reads bytes that are not UTF-8 as another character: names the line', async () => {
    const gbkName = Buffer.concat([
      Buffer.from('{"entity":"goods","key":"'),
      Buffer.from([0xbb, 0xfa]),
      Buffer.from('"}'),
    ]);
    const raw = Buffer.concat([Buffer.from(`${JSON.stringify(goods('G-1'))}\n`), gbkName]);
    const send = async (type: string, body: Buffer) => {
      const headers = { 'content-type': type };
      const reply = await fetch(`${setup.url}/v1/changes`, {
        method: 'POST',
        headers,
        body: new Uint8Array(body),
      });
      return { status: reply.status, body: await reply.json() };
    };
    expect(await send('application/x-ndjson', raw)).toMatchObject({
      status: 422,
      body: { faults: [{ line: 2, problem: 'holds bytes that are not UTF-8' }] },
    });
    expect(await send('application/json', gbkName)).toMatchObject({
      status: 400,
      body: { error: { code: 'NOT_UTF8' } },
    });
    expect(await captured()).toBe(0);
  });

  it('stores nothing when one change of many is faulty, and names each fault with its fix', async () => {
    const reply = await setup.post('/v1/changes', [
      goods('G-1'),
      { entity: 'good', key: 'G-2' },
      { entity: 'goods', entity_key: 'G-3' },
      { entity: 'goods', key: 'x'.repeat(192), op: 'remove', payload: [] },
    ]);
    expect(reply.status).toBe(422);
    expect(reply.body.error).toMatchObject({ code: 'INVALID_CHANGES' });
    expect(reply.body.faults).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          index: 1,
          field: 'entity',
          problem: expect.stringContaining('did you mean "goods"'),
        }),
        expect.objectContaining({ index: 2, field: 'entity_key', fix: expect.stringContaining('"key"') }),
        expect.objectContaining({ index: 2, field: 'key', problem: 'is missing' }),
        expect.objectContaining({ index: 3, field: 'key' }),
        expect.objectContaining({ index: 3, field: 'op' }),
        expect.objectContaining({ index: 3, field: 'payload' }),
      ]),
    );
    expect(await captured()).toBe(0);
  });

  it('names the line of a fault in NDJSON', async () => {
    const raw = `${JSON.stringify(goods('G-1'))}\n\n{"entity": "goods"\n`;
    const headers = { 'content-type': 'application/x-ndjson' };
    const reply = await setup.request('/v1/changes', { method: 'POST', raw, headers });
    expect(reply.status).toBe(422);
    expect(reply.body.faults).toEqual([
      expect.objectContaining({ line: 3, problem: expect.stringContaining('JSON') }),
    ]);
    expect(await captured()).toBe(0);
  });

  it('stores the same request once, and refuses its key for another body', async () => {
    const key = { 'idempotency-key': 'night-run-1' };
    const replies = await Promise.all(
      [1, 2, 3].map(() => setup.post('/v1/changes', [goods('G-1'), goods('G-2')], key)),
    );
    expect(replies.map(({ status, body }) => ({ status, body }))).toEqual(
      Array.from({ length: 3 }, () => ({ status: 202, body: { stored: 2 } })),
    );
    expect(await captured()).toBe(2);
    const other = await setup.post('/v1/changes', [goods('G-3')], key);
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'IDEMPOTENCY_CONFLICT' } } });
    expect(await captured()).toBe(2);
  });

  it('takes a record that the platform would not, and shows why it was rejected', async () => {
    await setup.post('/v1/changes', { entity: 'goods', key: 'G-1', payload: { goodsId: 'G-1' } });
    const rejected = await setup.untilState('goods', 'G-1', 'rejected');
    expect(rejected.reason).toContain('name');
  });

  it('refuses what is not JSON, and other content types', async () => {
    const json = { 'content-type': 'application/json' };
    const broken = await setup.request('/v1/changes', { method: 'POST', raw: '{"entity":', headers: json });
    expect(broken).toMatchObject({ status: 400, body: { error: { code: 'NOT_JSON' } } });
    const text = { 'content-type': 'text/plain' };
    const plain = await setup.request('/v1/changes', { method: 'POST', raw: '{}', headers: text });
    expect(plain).toMatchObject({ status: 415, body: { error: { fix: expect.stringContaining('ndjson') } } });
  });
});
