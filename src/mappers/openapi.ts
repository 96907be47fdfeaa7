import { z } from 'zod';
import { SYSTEMS } from '../config/systems.ts';
import type { JsonObject, PlatformInterface } from './interface.ts';

/** The part of a request's JSON schema that the credentials are added to. */
const bodySchema = z.looseObject({
  $schema: z.unknown(),
  properties: z.record(z.string(), z.looseObject({})).default({}),
  required: z.array(z.string()).default([]),
});

const CREDENTIALS = {
  username: { type: 'string', description: "用户名: the account's; in 接口 1 the new user's" },
  password: {
    type: 'string',
    format: 'password',
    description: "密码: the account's; in 接口 1 the new user's",
  },
  sec: {
    type: 'string',
    format: 'password',
    description: '加密秘钥: the shared secret; a reply that carries one must carry the same',
  },
} as const;

const DESCRIPTION = `The fifteen interfaces of the platform's document (车同轨 × 祎讯, version 1.0.1) as the agent speaks them.
Paths and op types are settings (\`CTG_PATHS_FILE\`); the document gives no addresses. A failure has HTTP status 200 and a
\`status\` other than 0. Replies may carry more than is described here.`;

/**
 * The platform as the agent understands it, as an OpenAPI 3.1 document. Pure: the same interfaces give the same document.
 *
 * @example
 * JSON.stringify(openApiOf(INTERFACES), null, 2);
 */
export function openApiOf(interfaces: readonly PlatformInterface[]): JsonObject {
  return {
    openapi: '3.1.0',
    info: { title: '车同轨 × 祎讯 (CTG)', version: '1.0.1', description: DESCRIPTION },
    servers: [{ url: 'http://127.0.0.1:4000', description: "The platform's stand-in: ctg-sync sandbox" }],
    tags: SYSTEMS.map((name) => ({ name })),
    paths: Object.fromEntries(interfaces.map((target) => [target.path, { post: operationOf(target) }])),
    components: { schemas: Object.fromEntries(interfaces.flatMap(schemasOf)) },
  };
}

function operationOf(target: PlatformInterface): JsonObject {
  const { number, name, title, system, kind, inDoubt, remark, opTypes } = target;
  return {
    operationId: name,
    summary: `${number}. ${title}`,
    ...(remark !== undefined && { description: remark.en }),
    tags: [system],
    requestBody: { required: true, content: jsonContent(requestName(target)) },
    responses: {
      200: {
        description: '`status` 0 is success; any other is a refusal',
        content: jsonContent(replyName(target)),
      },
    },
    'x-number': number,
    'x-kind': kind,
    'x-in-doubt': inDoubt.en,
    ...(opTypes !== undefined && { 'x-op-types': opTypes }),
  };
}

function jsonContent(schema: string): JsonObject {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
}

function schemasOf(target: PlatformInterface): [string, JsonObject][] {
  return [
    [requestName(target), requestSchema(target)],
    [replyName(target), replySchema(target)],
  ];
}

/** The interface's own fields with the credentials that every request carries beside them. */
function requestSchema({ request }: PlatformInterface): JsonObject {
  const { $schema: _, properties, required, ...rest } = bodySchema.parse(jsonSchemaOf(request));
  const names = new Set([...Object.keys(CREDENTIALS), ...required]);
  return { ...rest, properties: { ...properties, ...CREDENTIALS }, required: [...names] };
}

function replySchema({ reply }: PlatformInterface): JsonObject {
  const { $schema: _, ...rest } = jsonSchemaOf(reply);
  return rest;
}

function jsonSchemaOf(schema: z.ZodType): JsonObject {
  return { ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) };
}

function requestName({ name }: PlatformInterface): string {
  return `${pascal(name)}Request`;
}

function replyName({ name }: PlatformInterface): string {
  return `${pascal(name)}Reply`;
}

/** `place-order` → `PlaceOrder`. */
function pascal(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
