import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { isEntity } from '../config/entities.ts';
import type { SourceMap } from '../config/source-map.ts';
import { startBackfill } from '../ledger/backfill-store.ts';
import { type Preview, previewKeys } from '../ledger/preview.ts';
import { enqueueKeys, type ResyncSelection, readKeys } from '../ledger/resync.ts';
import { shownBackfill } from './backfills-routes.ts';
import type { AdminContext } from './context.ts';
import { maskField } from './masking.ts';
import { obstaclesTo } from './obstacles.ts';
import { describes } from './openapi.ts';
import { Problem } from './problem.ts';
import { accountField, keyField, readRequest, requireTarget } from './request.ts';

const body = z
  .strictObject({
    entity: z.string(),
    account: accountField,
    keys: z.array(keyField).min(1).max(1000).optional(),
    all: z.literal(true).optional(),
    since: z.string().trim().min(4).max(40).optional(),
    after: z.string().max(2000).optional(),
    limit: z.int().min(1).max(1000).default(500),
    dryRun: z.boolean().default(false),
    force: z.boolean().default(false),
  })
  .refine(({ keys, all, since }) => [keys, all, since].filter((each) => each !== undefined).length === 1, {
    error: 'give exactly one of keys, all and since',
  });

type Body = z.infer<typeof body>;

const RESYNC = describes({
  summary: 'Sends records of the source map that differ; 202 with a backfill where they are many',
  body,
});

/**
 * `POST /v1/resync`: puts the records of these keys into the outbox, starts a backfill of many, or says of one page what
 * that would do (`next` is the `after` of the following page).
 */
export function addResyncRoute(app: FastifyInstance, context: AdminContext): void {
  app.post('/v1/resync', RESYNC, async (request, reply) => {
    const asked = readRequest(body, request.body);
    const { target, push } = requireTarget(asked.entity);
    const map = requireMap(context, asked.entity);
    const { entity, account, force } = asked;
    if (asked.keys === undefined && !asked.dryRun) {
      refuseAfter(asked);
      const selection = selectionOf(asked);
      // A map that does not fit the tables is said now, to the person who asks, and not later in a log.
      await readOrExplain(map, () =>
        readKeys(context.database, map, selection, { after: undefined, limit: 1 }),
      );
      const since = selection.kind === 'since' ? selection.since : undefined;
      const started = await startBackfill(context.database, { entity, account, force, since });
      context.backfills.wake();
      return reply.code(202).send({ joined: started.joined, backfill: shownBackfill(started.backfill) });
    }
    const page = await readOrExplain(map, () =>
      readKeys(context.database, map, selectionOf(asked), { after: asked.after, limit: asked.limit }),
    );
    const answer = { next: page.next ?? null, done: page.next === undefined };
    if (asked.dryRun) {
      const companyOf = context.logins.companyOf;
      const obstacles = await obstaclesTo(context, target);
      const previews = await readOrExplain(map, () =>
        previewKeys(
          context.database,
          page,
          { entity, account, force },
          { map, target, companyOf, obstacles },
        ),
      );
      const sample = previews.map((each) => shownPreview(each, push.secretFields));
      return { dryRun: true, enqueued: 0, ...answer, would: countsOf(previews), sample };
    }
    await enqueueKeys(context.database, page, { entity, account, force });
    context.relay.wake();
    return { enqueued: page.keys.length, ...answer };
  });
}

function refuseAfter({ after }: Body): void {
  if (after === undefined) return;
  throw new Problem(422, {
    code: 'INVALID_REQUEST',
    message: '"after" goes with "dryRun": a backfill knows itself where it stands.',
    fix: 'Leave it out. POST /v1/backfills/:id/resume goes on with one that was stopped.',
  });
}

function requireMap({ sources }: AdminContext, entity: string): SourceMap {
  const map = isEntity(entity) ? sources.get(entity) : undefined;
  if (map) return map;
  throw new Problem(409, {
    code: 'NO_SOURCE_MAP',
    message: `There is no source map for ${entity}, so its records cannot be read.`,
    fix: 'Add it to CTG_SOURCES_FILE, or hand the records in with POST /v1/changes (ctg-sync import).',
  });
}

function selectionOf({ keys, since }: Body): ResyncSelection {
  if (keys !== undefined) return { kind: 'keys', keys };
  return since === undefined ? { kind: 'all' } : { kind: 'since', since: asDatabaseTime(since) };
}

/**
 * A time with a zone is turned to UTC, in which the agent's connections speak; one without is taken as the column has
 * it.
 */
function asDatabaseTime(since: string): string {
  if (!/\d(z|[+-]\d\d:?\d\d)$/i.test(since)) return since;
  const moment = new Date(since);
  if (Number.isNaN(moment.getTime())) return since;
  return moment.toISOString().replace('T', ' ').replace('Z', '');
}

async function readOrExplain<T>(map: SourceMap, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new Problem(409, {
      code: 'SOURCE_UNREADABLE',
      message: `The records of ${map.entity} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      fix: 'Correct its source map (CTG_SOURCES_FILE); "ctg-sync doctor" tries it.',
    });
  }
}

function countsOf(previews: readonly Preview[]): Record<string, number> {
  const counts = { add: 0, modify: 0, delete: 0, unchanged: 0, invalid: 0, cannot_change: 0, blocked: 0 };
  for (const { would, blockedBy } of previews) {
    counts[would] += 1;
    // Beside what it would do: a record that is held up does that later.
    if (blockedBy !== undefined) counts.blocked += 1;
  }
  return counts;
}

function shownPreview({ changes, ...rest }: Preview, secretFields: readonly string[]) {
  const shown = changes?.map(({ field, old, new: wanted }) => ({
    field,
    old: maskField(field, old, secretFields),
    new: maskField(field, wanted, secretFields),
  }));
  return { ...rest, ...(shown && { changes: shown }) };
}
