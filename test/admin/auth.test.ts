import { afterEach, describe, expect, it } from 'vitest';
import { goods } from '../support/running-agent.ts';
import { anyStore } from '../support/stores.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';

const ADMIN = 'admin-token-0123456789';
const READONLY = 'looking-token-0123456789';
const INGEST = 'ingest-token-0123456789';

describe('who may use the admin server', () => {
  let setup: AdminSetup;
  afterEach(() => setup.stop());

  const start = async (env: Record<string, string>): Promise<void> => {
    setup = await startAdminSetup(anyStore(), { env });
  };
  const status = async (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
    body?: unknown,
  ): Promise<number> =>
    (await setup.request(path, { method, headers, ...(body !== undefined && { body }) })).status;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const basic = (user: string, token: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`,
  });

  it('wants the token everywhere but for health', async () => {
    await start({ ADMIN_TOKEN: ADMIN });
    for (const path of ['/v1/status', '/v1/deliveries', '/queues', '/queues/api/queues', '/', '/nothing']) {
      const refused = await setup.get(path);
      expect([path, refused.status]).toEqual([path, 401]);
      expect(refused.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    }
    expect(await status('/healthz')).toBe(200);
    expect(await status('/readyz')).toBe(200);
    expect(await status('/v1/status', bearer(ADMIN))).toBe(200);
    expect(await status('/v1/status', basic('anyone', ADMIN))).toBe(200);
    expect(await status('/v1/status', bearer(`${ADMIN}x`))).toBe(401);
    expect(await status('/queues', basic('anyone', ADMIN))).toBe(200);
    expect(await status('/v1/changes', bearer(ADMIN), 'POST', goods('G-1'))).toBe(202);
  });

  it('lets the ingest token hand changes in, and nothing else', async () => {
    await start({ ADMIN_TOKEN: ADMIN, INGEST_TOKEN: INGEST });
    expect(await status('/v1/changes', bearer(INGEST), 'POST', goods('G-1'))).toBe(202);
    expect(await status('/v1/status', bearer(INGEST))).toBe(401);
    expect(await status('/v1/polls/poll', bearer(INGEST), 'POST')).toBe(401);
    expect(await status('/v1/changes', {}, 'POST', goods('G-1'))).toBe(401);
  });

  it('lets the read-only token look, and change nothing', async () => {
    await start({ ADMIN_TOKEN: ADMIN, ADMIN_TOKEN_READONLY: READONLY });
    expect(await status('/v1/status', bearer(READONLY))).toBe(200);
    expect(await status('/queues', basic('x', READONLY))).toBe(200);
    expect(await status('/v1/polls/poll', bearer(READONLY), 'POST')).toBe(403);
    expect(await status('/v1/changes', bearer(READONLY), 'POST', goods('G-1'))).toBe(403);
    expect(await status('/queues/api/queues/list-goods/empty', bearer(READONLY), 'PUT')).toBe(403);
  });

  it('is open without tokens, but not to other hosts and other sites', async () => {
    await start({});
    expect(await status('/v1/status')).toBe(200);
    const { port } = new URL(setup.url);
    const ask = async (host: string): Promise<number> => {
      const { request } = await import('node:http');
      return new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port, path: '/v1/status', headers: { host } }, (reply) => {
          reply.resume();
          resolve(reply.statusCode ?? 0);
        });
        asked.on('error', reject).end();
      });
    };
    expect(await ask(`localhost:${port}`)).toBe(200);
    expect(await ask(`rebound.example:${port}`)).toBe(403);
    const evil = { origin: 'https://evil.example' };
    expect(await status('/v1/polls/poll', evil, 'POST')).toBe(403);
    expect(await status('/v1/polls/poll', { 'sec-fetch-site': 'cross-site' }, 'POST')).toBe(403);
    const ours = { origin: setup.url, 'sec-fetch-site': 'same-origin' };
    expect(await status('/v1/polls/poll', ours, 'POST')).toBe(403);
    expect(await status('/v1/polls/poll', { ...ours, 'hx-request': 'true' }, 'POST')).toBe(202);
  });

  it('refuses a cross-site request even with remembered credentials', async () => {
    await start({ ADMIN_TOKEN: ADMIN });
    const evil = { ...basic('x', ADMIN), origin: 'https://evil.example' };
    expect(await status('/v1/polls/poll', evil, 'POST')).toBe(403);
    // A form of another site says nothing of where it comes from in an old browser, and sets no header.
    expect(await status('/v1/polls/poll', basic('x', ADMIN), 'POST')).toBe(403);
    const own = { ...basic('x', ADMIN), 'x-requested-with': 'curl' };
    expect(await status('/v1/polls/poll', own, 'POST')).toBe(202);
  });

  it('stops listening to an address that sends wrong tokens, with the right one too', async () => {
    await start({ ADMIN_TOKEN: ADMIN });
    for (let guess = 0; guess < 10; guess++)
      expect(await status('/v1/status', bearer(`guess-${guess}`))).toBe(401);
    const refused = await setup.request('/v1/status', { headers: bearer(ADMIN) });
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'TOO_MANY_FAILURES' } } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await status('/healthz')).toBe(200);
  });

  it('does not count requests without a token as guesses', async () => {
    await start({ ADMIN_TOKEN: ADMIN });
    for (let asked = 0; asked < 20; asked++) expect(await status('/v1/status')).toBe(401);
    expect(await status('/v1/status', bearer(ADMIN))).toBe(200);
  });

  it('sends security headers, and its errors in one form', async () => {
    await start({});
    const reply = await setup.get('/nothing');
    expect(reply).toMatchObject({
      status: 404,
      body: { error: { code: 'NOT_FOUND', fix: expect.any(String) } },
    });
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
    expect(reply.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect((await setup.get('/')).headers.get('content-security-policy')).not.toContain('unsafe-inline');
    expect(await setup.post('/v1/reconcile', {})).toMatchObject({
      status: 422,
      body: { error: { code: 'INVALID_REQUEST' } },
    });
  });
});
