import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { goods } from '../support/running-agent.ts';
import { anyStore } from '../support/stores.ts';
import { type AdminSetup, startAdminSetup } from './running-admin.ts';

const ADMIN = 'admin-token-0123456789';
const headers = { authorization: `Bearer ${ADMIN}` };

type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: object } } };
  readonly responses: Readonly<Record<string, unknown>>;
};
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

describe('GET /v1/openapi.json', () => {
  let setup: AdminSetup;
  let paths: Paths;
  beforeAll(async () => {
    setup = await startAdminSetup(anyStore(), { env: { ADMIN_TOKEN: ADMIN } });
    const { status, body } = await setup.request('/v1/openapi.json', { headers });
    expect(status).toBe(200);
    expect(body.openapi).toMatch(/^3\.1\./);
    paths = body.paths;
  });
  afterAll(() => setup?.stop());

  const operations = () =>
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
    );

  it('wants a token like the rest', async () => {
    expect(await setup.get('/v1/openapi.json')).toMatchObject({ status: 401 });
  });

  it('has each route with a sentence about it: give a new one describes({ summary: … })', () => {
    expect(operations().length).toBeGreaterThan(15);
    expect(operations().filter(({ summary }) => summary === '')).toEqual([]);
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has every route that docs/http-api.md names, and that page every route', () => {
    const page = readFileSync(new URL('../../docs/http-api.md', import.meta.url), 'utf8');
    const named = [...page.matchAll(/`(GET|POST|PUT|DELETE) (\/v1\/[^\s`?]*)/g)].map(
      ([, method = '', url = '']) => `${method.toLowerCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`,
    );
    const real = operations().map(({ path, method }) => `${method} ${path}`);
    expect([...new Set(named)].sort()).toEqual(real.sort());
  });

  it('has exactly the names of each path as its path parameters', () => {
    for (const { path, parameters } of operations()) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = parameters.filter((each) => each.in === 'path');
      expect(
        inPath.map(({ name }) => name),
        path,
      ).toEqual(wanted);
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  it('tells which parameters may be left out', () => {
    const parameters = paths['/v1/deliveries']?.get?.parameters ?? [];
    expect(parameters.map(({ name }) => name)).toContain('state');
    expect(parameters.filter(({ required }) => required)).toEqual([]);
    expect(parameters).toContainEqual(
      expect.objectContaining({ name: 'state', style: 'form', explode: false }),
    );
  });

  it('takes for a change what the server takes, and refuses what it refuses', async () => {
    const body = paths['/v1/changes']?.post?.requestBody?.content['application/json'].schema;
    const schema = z.fromJSONSchema(body as Parameters<typeof z.fromJSONSchema>[0]);
    const bodies: readonly [unknown, number][] = [
      [goods('G-1'), 202],
      [[goods('G-1'), { entity: 'goods', key: 'G-2', op: 'delete' }], 202],
      [{ entity: 'goods' }, 422],
      [{ entity: 'goods', key: 'G-1', wrong: 1 }, 422],
      [{ entity: 'goods', key: 'G-1', op: 'replace' }, 422],
    ];
    for (const [change, status] of bodies) {
      const reply = await setup.request('/v1/changes', { method: 'POST', body: change, headers });
      expect(reply.status).toBe(status);
      expect(schema.safeParse(change).success, JSON.stringify(change)).toBe(status === 202);
    }
  });
});
