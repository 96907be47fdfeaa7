import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ENTITIES } from '../config/entities.ts';
import { dropDelivery } from '../ledger/drop.ts';
import { listDeliveries } from '../ledger/listing.ts';
import type { ReadyDelivery } from '../ledger/relay-store.ts';
import { type Retried, retryDelivery } from '../ledger/retry.ts';
import { CLOSED_STATES, OPEN_STATES } from '../ledger/states.ts';
import { type AdminContext, actingAgent } from './context.ts';
import { describes } from './openapi.ts';
import { problemOf } from './problem.ts';
import { readRequest } from './request.ts';

const STATES = [...OPEN_STATES, ...CLOSED_STATES, 'dead'] as const;
const MOST_A_PAGE = 500;

/** `none` is the interface of changes whose entity nothing carries. */
const listQuery = z.strictObject({
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(STATES, { error: `must be one of ${STATES.join(', ')}` })))
    .optional(),
  entity: z.string().max(32).optional(),
  interface: z.string().max(32).optional(),
  q: z.string().trim().min(1).max(191).optional(),
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(MOST_A_PAGE).default(50),
});

const idParameter = z.strictObject({ id: z.coerce.number().int().positive() });
const dropBody = z.strictObject({
  note: z.string().trim().min(1, { error: 'is required: why it is given up' }).max(500),
});
const deadBody = z.strictObject({
  entity: z.string().max(32).optional(),
  ids: z.array(z.int().positive()).min(1).max(MOST_A_PAGE).optional(),
  before: z.int().positive().optional(),
});

const LIST = describes({ summary: 'Deliveries, the newest first', query: listQuery });
const RETRY = describes({
  summary: 'Lets a held delivery go on, or sends a rejected record again',
  parameters: idParameter,
});
const DROP = describes({ summary: 'Gives a delivery up', parameters: idParameter, body: dropBody });
const RETRY_DEAD = describes({ summary: 'Retries what needs a person, a page at a time', body: deadBody });

/** The ledger, listed, and what a person decides about a delivery. */
export function addDeliveriesRoutes(app: FastifyInstance, context: AdminContext): void {
  const { database } = context;
  app.get('/v1/deliveries', LIST, async (request) => {
    const { state = [], entity, interface: name, q, before, limit } = readRequest(listQuery, request.query);
    const filter = { states: state, entity, interface: name, q, before, limit };
    const { deliveries, next } = await listDeliveries(database, filter, ENTITIES);
    return { deliveries, next: next ?? null };
  });

  app.post('/v1/deliveries/:id/retry', RETRY, async (request) => {
    const { id } = readRequest(idParameter, request.params);
    const retried = await retryDelivery(database, id, { sources: context.sources });
    await goOn(context, [retried]);
    if (retried.kind === 'refused') throw problemOf(retried);
    return { id, result: retried.kind };
  });

  app.post('/v1/deliveries/:id/drop', DROP, async (request) => {
    const { id } = readRequest(idParameter, request.params);
    const { note } = readRequest(dropBody, request.body);
    const dropped = await dropDelivery(database, actingAgent(context), id, note);
    if (dropped.kind === 'refused') throw problemOf(dropped);
    context.logger.info({ delivery: id, note }, 'delivery dropped by a person');
    await enqueue(context, dropped.ready);
    return { id, result: 'dropped' };
  });

  app.post('/v1/dead/retry', RETRY_DEAD, async (request) => {
    const { entity, ids, before } = readRequest(deadBody, request.body);
    const page = ids === undefined ? await deadPage(context, entity, before) : { ids, next: undefined };
    const results: { id: number; retried: Retried }[] = [];
    for (const id of page.ids) {
      results.push({ id, retried: await retryDelivery(database, id, { sources: context.sources }) });
    }
    await goOn(
      context,
      results.map(({ retried }) => retried),
    );
    const skipped = results.flatMap(({ id, retried }) =>
      retried.kind === 'refused' ? [{ id, reason: retried.message }] : [],
    );
    return { retried: results.length - skipped.length, skipped, next: page.next ?? null };
  });
}

async function deadPage(
  { database }: AdminContext,
  entity: string | undefined,
  before: number | undefined,
): Promise<{ ids: readonly number[]; next: number | undefined }> {
  const filter = { states: ['dead'], entity, interface: undefined, q: undefined, before, limit: MOST_A_PAGE };
  const { deliveries, next } = await listDeliveries(database, filter, ENTITIES);
  return { ids: deliveries.map(({ id }) => id), next };
}

/** Tells queue and relay of what was let go on. */
async function goOn(context: AdminContext, retried: readonly Retried[]): Promise<void> {
  await enqueue(
    context,
    retried.flatMap((each) => (each.kind === 'resumed' ? [each.ready] : [])),
  );
  if (retried.some(({ kind }) => kind === 'requeued')) context.relay.wake();
}

/** The queue is only a hint: what it does not take now, the sweep puts into it. */
export async function enqueue(
  { queues, logger }: AdminContext,
  ready: readonly ReadyDelivery[],
): Promise<void> {
  await queues.enqueueDeliveries(ready).catch((error: unknown) => {
    logger.warn({ error: String(error) }, 'could not queue deliveries');
  });
}
