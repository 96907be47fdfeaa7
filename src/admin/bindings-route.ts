import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isEntity } from '../config/entities.ts';
import { readRecords } from '../erp/records.ts';
import { bindRecord } from '../ledger/bind.ts';
import { type AdminContext, actingAgent } from './context.ts';
import { enqueue } from './deliveries-routes.ts';
import { describes } from './openapi.ts';
import { problemOf } from './problem.ts';
import { accountField, keyField, readRequest, requireTarget } from './request.ts';

const body = z.strictObject({
  account: accountField,
  entity: z.string(),
  key: keyField,
  platformId: z.string().trim().min(1).max(128),
  replace: z.boolean().default(false),
});

const BIND = describes({
  summary: 'Says which id the platform has for a record; what waited for that goes on',
  body,
});

/** `POST /v1/bindings`: a person says which id the platform has for a record; what waited for that goes on. */
export function addBindingsRoute(app: FastifyInstance, context: AdminContext): void {
  app.post('/v1/bindings', BIND, async (request) => {
    const { account, entity, key, platformId, replace } = readRequest(body, request.body);
    const { target, push } = requireTarget(entity);
    const bound = await bindRecord(
      context.database,
      { lane: { account, entity, key }, platformId, replace },
      {
        target,
        push,
        mapperOptions: context.pollContext.mapperOptions,
        agent: actingAgent(context),
        sourceRecord: await readSource(context, entity, key),
      },
    );
    if (bound.kind === 'refused') throw problemOf(bound);
    context.logger.info({ account, entity, key, platformId }, 'record bound by a person');
    await enqueue(context, bound.ready);
    context.relay.wake();
    return {
      account,
      entity,
      key,
      platformId,
      accepted: bound.accepted ?? null,
      resumed: bound.resumed ?? null,
      freed: bound.ready.length,
    };
  });
}

/** A source map that cannot be read at present only means that the ledger's own record is used. */
async function readSource(
  { database, sources }: AdminContext,
  entity: string,
  key: string,
): Promise<unknown> {
  const map = isEntity(entity) ? sources.get(entity) : undefined;
  if (!map) return undefined;
  const records = await readRecords(database.kysely, map, [key]).catch(() => undefined);
  return records?.get(key)?.record;
}
