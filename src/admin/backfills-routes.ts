import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  type Backfill,
  changeBackfill,
  findBackfill,
  listBackfills,
  noBackfill,
} from '../ledger/backfill-store.ts';
import type { AdminContext } from './context.ts';
import { describes } from './openapi.ts';
import { problemOf } from './problem.ts';
import { readRequest } from './request.ts';

const listQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(20) });
const idParameter = z.strictObject({ id: z.coerce.number().int().positive() });

const ACTIONS = ['pause', 'resume', 'cancel'] as const;

const LIST = describes({ summary: 'Backfills, the newest first', query: listQuery });
const ONE = describes({ summary: 'One backfill', parameters: idParameter });
const OPERATIONS = {
  pause: describes({ summary: 'Lets a backfill rest where it is', parameters: idParameter }),
  resume: describes({ summary: 'Lets a backfill go on', parameters: idParameter }),
  cancel: describes({ summary: 'Ends a backfill; what it handed over is sent', parameters: idParameter }),
} as const;

/** Backfills, listed, and what a person does with one: `GET /v1/backfills`, `POST /v1/backfills/:id/pause`, and so on. */
export function addBackfillsRoutes(app: FastifyInstance, { database, backfills }: AdminContext): void {
  app.get('/v1/backfills', LIST, async (request) => {
    const { limit } = readRequest(listQuery, request.query);
    return { backfills: (await listBackfills(database, limit)).map(shownBackfill) };
  });

  app.get('/v1/backfills/:id', ONE, async (request) => {
    const { id } = readRequest(idParameter, request.params);
    const backfill = await findBackfill(database, id);
    if (!backfill) throw problemOf(noBackfill(id));
    return { backfill: shownBackfill(backfill) };
  });

  for (const action of ACTIONS) {
    app.post(`/v1/backfills/:id/${action}`, OPERATIONS[action], async (request) => {
      const { id } = readRequest(idParameter, request.params);
      const changed = await changeBackfill(database, id, action);
      if ('kind' in changed) throw problemOf(changed);
      backfills.wake();
      return { backfill: shownBackfill(changed) };
    });
  }
}

/** A backfill as it is answered. */
export function shownBackfill(backfill: Backfill): Readonly<Record<string, unknown>> {
  const { id, entity, account, force, since, state, reason, records, total, agent } = backfill;
  const { startedAt, updatedAt, endedAt } = backfill;
  return {
    id,
    entity,
    account,
    since: since ?? null,
    force,
    state,
    reason: reason ?? null,
    records,
    total: total ?? null,
    agent: agent ?? null,
    startedAt,
    updatedAt,
    endedAt: endedAt ?? null,
  };
}
