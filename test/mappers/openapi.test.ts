import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject, PlatformInterface } from '../../src/mappers/interface.ts';
import { openApiOf } from '../../src/mappers/openapi.ts';
import { INTERFACES } from '../../src/mappers/registry.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { readFixtures } from './read-fixtures.ts';

const CREDENTIALS = { username: '13800000000', password: 'sandbox', sec: 'sandbox-sec' };

const DOCUMENT = openApiOf(INTERFACES);

/** What a JSON pointer (`#/components/schemas/…`) leads to. */
function follow(reference: string): unknown {
  const steps = reference.replace(/^#\//, '').split('/');
  return steps.reduce<unknown>((at, step) => (at as JsonObject | undefined)?.[step], DOCUMENT);
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' ? [String(inner)] : referencesIn(inner),
  );
}

type Content = { content: { 'application/json': { schema: { $ref: string } } } };
type Operation = JsonObject & { requestBody: Content; responses: { 200: Content } };

function operationOf({ path }: PlatformInterface): Operation {
  return (DOCUMENT.paths as Record<string, { post: Operation }>)[path]?.post as Operation;
}

/** The validator that a reader of the document would build from it. */
function validatorOf({ content }: Content): z.ZodType {
  const schema = follow(content['application/json'].schema.$ref);
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
}

/** All recorded requests that go through an interface, also those of other interfaces' fixtures. */
function requestsThrough(name: string): { file: string; request: JsonObject }[] {
  return INTERFACES.flatMap((owner) =>
    readFixtures(owner.name)
      .filter(({ fixture }) => fixture.expectRequest && (fixture.expectVia ?? owner.name) === name)
      .map(({ file, fixture }) => ({
        file: `${owner.name}/${file}`,
        request: { ...CREDENTIALS, ...fixture.expectRequest },
      })),
  );
}

describe('the OpenAPI document of the platform', () => {
  it('is of version 3.1 and has the fifteen paths, each posted to by an operation of its own', () => {
    expect(DOCUMENT.openapi).toMatch(/^3\.1\./);
    expect(Object.keys(DOCUMENT.paths as JsonObject)).toEqual(INTERFACES.map(({ path }) => path));
    expect(INTERFACES).toHaveLength(15);
    const ids = INTERFACES.map((target) => operationOf(target).operationId);
    expect(ids).toEqual(INTERFACES.map(({ name }) => name));
  });

  it('has no reference that leads nowhere, and no schema that nothing refers to', () => {
    const references = referencesIn(DOCUMENT);
    for (const reference of references)
      expect(follow(reference), reference).toMatchObject({ type: 'object' });
    const named = Object.keys((DOCUMENT.components as { schemas: JsonObject }).schemas);
    expect(new Set(references)).toEqual(new Set(named.map((name) => `#/components/schemas/${name}`)));
    expect(named).toHaveLength(30);
  });

  it('is JSON, the same in every run, and what docs/openapi/platform.json says', () => {
    const written = readFileSync(new URL('../../docs/openapi/platform.json', import.meta.url), 'utf8');
    expect(JSON.parse(written)).toEqual(DOCUMENT);
    expect(openApiOf(INTERFACES)).toEqual(DOCUMENT);
  });

  it('is served by a sandbox that it is given to, and by no other', async () => {
    const [given, none] = [await startSandbox({ openapi: DOCUMENT }), await startSandbox()];
    try {
      const served = await fetch(`${given.url}/_sandbox/openapi.json`);
      expect(served.headers.get('content-type')).toContain('application/json');
      expect(await served.json()).toEqual(DOCUMENT);
      expect((await fetch(`${none.url}/_sandbox/openapi.json`)).status).toBe(404);
    } finally {
      await Promise.all([given.close(), none.close()]);
    }
  });

  it.each(INTERFACES)('tells of $name its number, title, kind, and what is done in doubt', (target) => {
    expect(operationOf(target)).toMatchObject({
      summary: `${target.number}. ${target.title}`,
      tags: [target.system],
      'x-kind': target.kind,
      'x-in-doubt': target.inDoubt.en,
    });
  });

  it.each(INTERFACES)('takes every recorded request of $name', (target) => {
    const validator = validatorOf(operationOf(target).requestBody);
    const requests = requestsThrough(target.name);
    expect(requests.length).toBeGreaterThan(0);
    for (const { file, request } of requests)
      expect(validator.safeParse(request).error, file).toBeUndefined();
  });

  it.each(INTERFACES)('refuses requests of $name without credentials, or with a field too many', (target) => {
    const validator = validatorOf(operationOf(target).requestBody);
    const [{ request = {} } = {}] = requestsThrough(target.name);
    for (const name of Object.keys(CREDENTIALS)) {
      const { [name]: _, ...without } = request;
      expect(validator.safeParse(without).success, name).toBe(false);
    }
    expect(validator.safeParse({ ...request, surprise: 1 }).success).toBe(false);
  });

  it.each(INTERFACES)('takes every recorded reply of $name that the agent takes', (target) => {
    const validator = validatorOf(operationOf(target).responses[200]);
    const replies = readFixtures(target.name).flatMap(({ fixture }) =>
      fixture.reply && (fixture.expectVia ?? target.name) === target.name ? [fixture.reply] : [],
    );
    expect(replies.length).toBeGreaterThan(0);
    for (const reply of replies) expect(validator.safeParse(reply).error).toBeUndefined();
  });

  it('asks for every field of a request that the mapper always sends', () => {
    for (const target of INTERFACES) {
      const { required = [] } = z
        .looseObject({ required: z.array(z.string()).optional() })
        .parse(z.toJSONSchema(target.request, { io: 'input' }));
      const reference = operationOf(target).requestBody.content['application/json'].schema.$ref;
      expect((follow(reference) as { required: string[] }).required, target.name).toEqual(
        expect.arrayContaining([...required, ...Object.keys(CREDENTIALS)]),
      );
    }
  });
});
