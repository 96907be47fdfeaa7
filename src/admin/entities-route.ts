import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ENTITIES } from '../config/entities.ts';
import { suggestion } from '../config/nearest.ts';
import { type DeliveryHistory, readTimeline, type Timeline } from '../ledger/timeline.ts';
import { interfaceFor, interfaceNamed } from '../mappers/registry.ts';
import type { AdminContext } from './context.ts';
import { maskJson } from './masking.ts';
import { describes } from './openapi.ts';
import { Problem } from './problem.ts';
import { keyField, readRequest } from './request.ts';

const parameters = z.strictObject({ entity: z.string().max(32), key: keyField });
const query = z.strictObject({ account: z.string().min(1).max(64).optional() });

const TIMELINE = describes({ summary: 'Everything that is known of one record', parameters, query });

/** `GET /v1/entities/:entity/:key`: everything that is known of one record, and what it waits for. */
export function addEntitiesRoute(app: FastifyInstance, context: AdminContext): void {
  app.get('/v1/entities/:entity/:key', TIMELINE, async (request) => {
    const { entity, key } = readRequest(parameters, request.params);
    const { account } = readRequest(query, request.query);
    const timeline = await readTimeline(context.database, { entity, key, account });
    requireKnown(timeline, entity, key);
    const secrets = interfaceFor(entity)?.push?.secretFields ?? [];
    return {
      entity,
      key,
      waitsFor: waitsFor(timeline, context, entity),
      waitingInOutbox: timeline.waitingInOutbox,
      bindings: timeline.bindings.map((row) => ({
        account: row.account,
        platformId: row.platform_id,
        present: row.present === 1,
        record: maskJson(row.record, secrets),
        delivery: row.delivery_id,
        updatedAt: row.updated_at,
      })),
      deliveries: timeline.deliveries.map((row) => shownDelivery(row, secrets)),
      statuses: timeline.statuses.map((row) => ({
        kind: row.kind,
        account: row.account,
        platformId: row.platform_id,
        status: row.status,
        message: row.message,
        detail: maskJson(row.detail),
        updatedAt: row.updated_at,
      })),
      watches: timeline.watches.map((row) => ({
        account: row.account,
        poll: row.poll,
        platformId: row.platform_id,
        status: row.status,
        quietPolls: row.quiet_polls,
        nextAt: row.next_at,
        changedAt: row.changed_at,
      })),
      inbox: timeline.inbox.map((row) => ({
        id: row.id,
        account: row.account,
        kind: row.kind,
        platformId: row.platform_id,
        status: row.status,
        previousStatus: row.previous_status,
        message: row.message,
        detail: maskJson(row.detail),
        seenAt: row.seen_at,
      })),
      writeBacks: timeline.writeBacks.map((row) => ({
        account: row.account,
        kind: row.kind,
        status: row.status,
        attempts: row.attempts,
        fault: row.fault,
        dueAt: row.due_at,
      })),
      waitedForBy: timeline.waitedFor.map((row) => ({
        delivery: row.id,
        entity: row.entity,
        key: row.entity_key,
      })),
    };
  });
}

function requireKnown(
  { deliveries, bindings, waitingInOutbox }: Timeline,
  entity: string,
  key: string,
): void {
  if (deliveries.length > 0 || bindings.length > 0 || waitingInOutbox > 0) return;
  const hint = ENTITIES.some((each) => each === entity) ? '' : suggestion(entity, ENTITIES);
  throw new Problem(404, {
    code: 'NOT_FOUND',
    message: `Nothing is known of ${entity} ${key}${hint}.`,
    fix: 'Check entity and key. A change that the ERP has not committed, or whose record never changed, is not here.',
  });
}

function shownDelivery(row: DeliveryHistory, secrets: readonly string[]) {
  return {
    id: row.id,
    account: row.account,
    op: row.op,
    interface: row.interface,
    state: row.state,
    outcome: row.outcome,
    reason: row.reason,
    attempts: row.attempts,
    version: row.version,
    idempotencyKey: row.idempotency_key,
    platformId: row.platform_id,
    waitsFor: row.waits_for,
    record: maskJson(row.record, secrets),
    frozen: maskJson(row.frozen, secrets),
    progress: maskJson(row.progress, secrets),
    capturedAt: row.captured_at,
    dueAt: row.due_at,
    sentAt: row.sent_at,
    closedAt: row.closed_at,
    history: row.tries.map(({ at, interface: via, stage, outcome, message, duration_ms: durationMs }) => ({
      at,
      interface: via,
      stage,
      outcome,
      message,
      durationMs,
    })),
  };
}

/** In words: why the newest change of this record is not at the platform yet; null when nothing is owed. */
function waitsFor(timeline: Timeline, context: AdminContext, entity: string): string | null {
  const open = timeline.deliveries.findLast(({ state }) => OWED.has(state));
  if (open) return whyOpen(open, context);
  if (timeline.waitingInOutbox === 0) return null;
  const unreadable = context.relay.unreadable().get(entity);
  return unreadable ?? 'the relay, which takes it out of the outbox when its turn comes';
}

const OWED: ReadonlySet<string> = new Set(['waiting', 'in_doubt', 'blocked', 'held']);

function whyOpen(open: DeliveryHistory, { logins, gateway }: AdminContext): string {
  if (open.state === 'held') return `a person: ${open.reason ?? 'it is held'}`;
  if (open.state === 'blocked')
    return open.reason ?? `${open.waits_for ?? 'another record'} to be at the platform`;
  const refusal = logins.refusal(open.account);
  if (refusal !== undefined)
    return `the log-in of account ${open.account}, which the platform refuses: ${refusal}`;
  const system = interfaceNamed(open.interface)?.system;
  if (system !== undefined && gateway.circuits()[system].state !== 'closed')
    return `the system "${system}", which is down`;
  if (open.claimed_by !== null) return `its send, which agent ${open.claimed_by} is at`;
  return open.reason === null ? 'its turn' : `its next attempt: ${open.reason}`;
}
