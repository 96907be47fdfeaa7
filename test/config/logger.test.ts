import { Writable } from 'node:stream';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { createLogger } from '../../src/config/logger.ts';
import { Secret } from '../../src/config/secret.ts';

/** A stream that keeps what is written to it. */
class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function logTo(level = 'info') {
  const kept = new Kept();
  return { kept, logger: createLogger({ level, agent: 'agent-1', destination: kept }) };
}

const PLANTED = 'hunter2hunter2';

test('a line is JSON with ISO time, the agent and its facts, and without process id and host', () => {
  const { kept, logger } = logTo();
  logger.info({ interface: 'place-order', attempt: 2 }, 'sent');
  const line = JSON.parse(kept.text);
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    agent: 'agent-1',
    interface: 'place-order',
    attempt: 2,
    msg: 'sent',
  });
});

test.each([
  ['at the top', { password: PLANTED }],
  ['in a request', { request: { headers: { authorization: `Bearer ${PLANTED}`, Cookie: PLANTED } } }],
  ['deep in arrays', { a: [{ b: { c: [{ d: { sec: PLANTED, token: PLANTED } }] } }] }],
  [
    'under longer names',
    { adminToken: PLANTED, CTG_PASSWORD: PLANTED, client_secret: PLANTED, 'set-cookie': [PLANTED] },
  ],
  ['as an object', { token: { value: PLANTED } }],
  ['in a URL', { reason: `connect redis://u:${PLANTED}@host:6379 failed` }],
  ['in a URL object', { url: new URL(`https://u:${PLANTED}@host/`) }],
  ['in a Secret', { account: { anything: new Secret(PLANTED) } }],
  ['in quoted JSON', { reason: `body was {"password": "${PLANTED}"}` }],
  ['in an error', { err: Object.assign(new Error('refused'), { options: { json: { data: PLANTED } } }) }],
  ["in an error's cause", { err: new Error('x', { cause: new Error(`postgres://u:${PLANTED}@h/d`) }) }],
])('a secret %s is not written', (_where, fields) => {
  const { kept, logger } = logTo();
  logger.info(fields, 'sent');
  logger.child(fields).info('sent');
  logger.child({ part: 'relay' }).child(fields, { level: 'info' }).info('sent');
  expect(kept.text.trim().split('\n')).toHaveLength(3);
  expect(kept.text).not.toContain(PLANTED);
});

test('credentials in a message are not written', () => {
  const { kept, logger } = logTo();
  logger.error(new Error(`mysql://u:${PLANTED}@h/d is down`));
  logger.warn(`asked with Bearer ${PLANTED}`);
  expect(kept.text).not.toContain(PLANTED);
  expect(kept.text).toContain('is down');
});

test('an error keeps its type, code, message and stack', () => {
  const { kept, logger } = logTo();
  logger.error({ err: Object.assign(new TypeError('broken'), { code: 'E_BROKEN' }) }, 'failed');
  expect(JSON.parse(kept.text).err).toMatchObject({ type: 'TypeError', code: 'E_BROKEN', message: 'broken' });
  expect(JSON.parse(kept.text).err.stack).toContain('logger.test');
});

test('telephone numbers are masked wherever they lie', () => {
  const { kept, logger } = logTo();
  const phone = '13812345678';
  logger.info(
    { phone, courier: { tel: phone }, body: [{ receiver_tel: phone, senderPhone: Number(phone) }] },
    'sent',
  );
  logger.child({ tel: phone }).info('sent');
  expect(kept.text).not.toContain(phone);
  expect(kept.text).toContain('138********');
});

test('names that only look like secrets are written', () => {
  const { kept, logger } = logTo();
  logger.info({ second: 5, section: 'a', tokens: 7, hotel: 'x', at: new Date(0), nothing: null }, 'sent');
  expect(JSON.parse(kept.text)).toMatchObject({
    second: 5,
    section: 'a',
    tokens: 7,
    hotel: 'x',
    at: '1970-01-01T00:00:00.000Z',
    nothing: null,
  });
});

test('fields that refer to themselves are written without an end', () => {
  const { kept, logger } = logTo();
  const loop: Record<string, unknown> = { name: 'loop' };
  loop.self = loop;
  logger.info({ loop }, 'sent');
  expect(JSON.parse(kept.text).loop).toEqual({ name: 'loop', self: '[circular]' });
});

test('Fastify logs the method, URL and status of a request, and none of its headers', async () => {
  const { kept, logger } = logTo();
  const server = fastify({ loggerInstance: logger });
  server.get('/v1/status', async () => ({}));
  await server.inject({ url: '/v1/status', headers: { authorization: `Bearer ${PLANTED}` } });
  await server.close();
  expect(kept.text).toContain('"method":"GET","url":"/v1/status"');
  expect(kept.text).toContain('"statusCode":200');
  expect(kept.text).not.toContain(PLANTED);
});

test('a plain request in a line shows no header either', () => {
  const { kept, logger } = logTo();
  logger.info({ req: { method: 'POST', url: '/crm/login', body: { data: PLANTED } } }, 'sent');
  expect(kept.text).toContain('/crm/login');
  expect(kept.text).not.toContain(PLANTED);
});

test('lines below the level are not written', () => {
  const { kept, logger } = logTo('warn');
  logger.info('no');
  logger.warn('yes');
  expect(kept.text).toContain('yes');
  expect(kept.text).not.toContain('"no"');
});

test('pretty lines are for people, and as discreet', async () => {
  const kept = new Kept();
  const logger = createLogger({ level: 'info', pretty: true, destination: kept });
  logger.info({ password: PLANTED, entity: 'goods' }, 'sent');
  await expect.poll(() => kept.text).toContain('sent');
  expect(kept.text).toContain('goods');
  expect(kept.text).not.toContain(PLANTED);
});
