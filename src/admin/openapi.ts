import type { FastifyInstance, RouteOptions } from 'fastify';
import { z } from 'zod';
import { readVersion } from './version.ts';

/** What a route says of itself, for `GET /v1/openapi.json`. Its schemas are those that it reads its requests with. */
export type Operation = {
  /** One sentence: what it gives or does. */
  readonly summary: string;
  readonly parameters?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** The status of an answer that is no refusal. Default 200. */
  readonly status?: number;
};

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly operation?: Operation;
  }
}

type Json = Readonly<Record<string, unknown>>;
type Route = { readonly method: string; readonly url: string; readonly operation: Operation | undefined };

/**
 * The options of a route under `/v1`, with which it is described.
 *
 * @example
 * app.get('/v1/alerts', describes({ summary: 'The alerts that are on' }), async () => …);
 */
export function describes(operation: Operation): { readonly config: { readonly operation: Operation } } {
  return { config: { operation } };
}

/**
 * `GET /v1/openapi.json`: the routes under `/v1` as they are registered. Comes before them, so that none can be missing;
 * one that does not describe itself is there with its path alone.
 */
export function addOpenApi(app: FastifyInstance): void {
  const routes: Route[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(...routesOf(route));
  });
  let document: Json | undefined;
  app.get('/v1/openapi.json', describes({ summary: 'This document' }), async () => {
    document ??= documentOf(routes);
    return document;
  });
}

function routesOf({ method, url, config }: RouteOptions): Route[] {
  if (!url.startsWith('/v1/')) return [];
  return [method]
    .flat()
    .filter((each) => each !== 'HEAD')
    .map((each) => ({ method: each.toLowerCase(), url, operation: config?.operation }));
}

function documentOf(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationObject(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ctg-sync',
      version: readVersion(),
      description: 'The admin server; see docs/http-api.md.',
    },
    security: [{ bearer: [] }, { basic: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic', description: 'Any user, with the token as password' },
      },
      schemas: { Refusal: schemaOf(refusal, 'output') },
    },
  };
}

const refusal = z.looseObject({
  error: z.object({ code: z.string(), message: z.string(), fix: z.string() }),
});

function operationObject({ method, url, operation }: Route): Json {
  const { summary = '', parameters, query, body, status = 200 } = operation ?? {};
  const named = parameters ?? pathParameters(url);
  return {
    operationId: `${method} ${url}`.replaceAll(/\W+/g, '_').replace(/_$/, ''),
    summary,
    parameters: [
      ...(named ? parametersOf('path', named) : []),
      ...(query ? parametersOf('query', query) : []),
    ],
    ...(body && { requestBody: { required: true, content: jsonContent(schemaOf(body, 'input')) } }),
    responses: {
      [status]: { description: summary, content: jsonContent({ type: 'object' }) },
      default: {
        description: 'Refused or failed: what is wrong, and what to do',
        content: jsonContent({ $ref: '#/components/schemas/Refusal' }),
      },
    },
  };
}

function pathParameters(url: string): z.ZodType | undefined {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  if (names.length === 0) return undefined;
  return z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
}

const objectSchema = z.looseObject({
  properties: z.record(z.string(), z.looseObject({ type: z.unknown() })).default({}),
  required: z.array(z.string()).default([]),
});

/** Texts of an address are turned into numbers and lists: what they are then says more than that they were texts. */
function parametersOf(place: 'path' | 'query', schema: z.ZodType): Json[] {
  const { properties } = objectSchema.parse(schemaOf(schema, 'output'));
  const { required } = objectSchema.parse(schemaOf(schema, 'input'));
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(property.type === 'array' && { style: 'form', explode: false }),
    schema: property,
  }));
}

function jsonContent(schema: Json): Json {
  return { 'application/json': { schema } };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
