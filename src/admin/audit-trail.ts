import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { beginAudit, endAudit } from '../ledger/audit.ts';
import { pathOf, READING } from './actor.ts';
import type { AdminContext } from './context.ts';

declare module 'fastify' {
  interface FastifyRequest {
    auditId: number | undefined;
  }
}

/**
 * Writes every request that changes something into `ctg_audit`: before it is done, and then how it ended. Changes that
 * an ERP hands in are none of a person's acts, and are in the ledger anyway.
 */
export function addAuditTrail(app: FastifyInstance, context: AdminContext): void {
  app.decorateRequest('auditId', undefined);
  app.addHook('preHandler', async (request) => {
    if (!isAct(request)) return;
    request.auditId = await beginAudit(context.database, {
      actor: request.actor?.name ?? 'unknown',
      address: request.ip,
      action: actionOf(request),
      target: await targetOf(context, request),
      note: textOf(request.body, 'note'),
    });
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.auditId === undefined) return payload;
    await endAudit(context.database, request.auditId, outcomeOf(reply, payload)).catch((error: unknown) => {
      context.logger.error({ audit: request.auditId, error: String(error) }, 'audit entry was not ended');
    });
    return payload;
  });
}

function isAct(request: FastifyRequest): boolean {
  if (READING.has(request.method) || pathOf(request) === '/v1/changes') return false;
  return !request.is404 && fieldOf(request.body, 'dryRun') !== true;
}

/** `POST /v1/deliveries/:id/retry` is `deliveries.retry`; `PUT /queues/api/queues/:queueName/pause` is `queues.pause`. */
function actionOf(request: FastifyRequest): string {
  const words = (request.routeOptions.url ?? '')
    .split('/')
    .filter((part) => part !== '' && !part.startsWith(':') && part !== 'v1' && part !== 'api');
  return [...new Set(words)].join('.');
}

const SHOWN_FIELDS = ['account', 'entity', 'key', 'keys', 'ids', 'all', 'since', 'platformId'] as const;

/** What it is done to: the route's parameters, and the fields of the body that name records. */
async function targetOf(context: AdminContext, request: FastifyRequest): Promise<string> {
  const parameters = Object.values(z.record(z.string(), z.string()).catch({}).parse(request.params));
  const record = await recordOf(context, request);
  const fields = SHOWN_FIELDS.flatMap((name) => {
    const value = fieldOf(request.body, name);
    return value === undefined || value === 'default' ? [] : [shown(name, value)];
  });
  return [...parameters, ...record, ...fields].join(' ');
}

function shown(name: string, value: unknown): string {
  const text = Array.isArray(value) ? value.slice(0, 10).join(',') : String(value);
  return name === 'entity' || name === 'key' ? text : `${name}=${text}`;
}

/** A delivery's number says nothing to a reader of the log: its record is named too. */
async function recordOf({ database }: AdminContext, request: FastifyRequest): Promise<string[]> {
  const id = Number(fieldOf(request.params, 'id'));
  if (!request.routeOptions.url?.startsWith('/v1/deliveries/') || !Number.isSafeInteger(id)) return [];
  const row = await database.kysely
    .selectFrom('ctg_delivery')
    .select(['entity', 'entity_key'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? [`${row.entity} ${row.entity_key}`] : [];
}

function outcomeOf({ statusCode }: FastifyReply, payload: unknown): string {
  if (statusCode < 400) return 'done';
  const failed = z.looseObject({ error: z.looseObject({ message: z.string() }) }).safeParse(parse(payload));
  const words = failed.success ? failed.data.error.message : `HTTP ${statusCode}`;
  return `${statusCode < 500 ? 'refused' : 'failed'}: ${words}`;
}

function parse(payload: unknown): unknown {
  try {
    return typeof payload === 'string' ? JSON.parse(payload) : undefined;
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : undefined;
}
