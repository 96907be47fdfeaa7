import { isEntity } from '../config/entities.ts';
import type { Logger } from '../config/logger.ts';
import type { SourceMap, Sources } from '../config/source-map.ts';
import type { Database } from '../erp/database.ts';
import {
  type Backfill,
  noteFault,
  noteTotal,
  outboxHolds,
  runningBackfills,
  writePage,
} from '../ledger/backfill-store.ts';
import { countRecords, type ResyncSelection, readKeys } from '../ledger/resync.ts';
import { interfaceFor } from '../mappers/registry.ts';
import { BATCH_SIZE } from './delivery-jobs.ts';
import { createSleep } from './sleep.ts';

/** What the backfills' loop works with. */
export type BackfillContext = {
  readonly database: Database;
  readonly sources: Sources;
  readonly agent: string;
  readonly logger: Logger;
  readonly depth: (queue: string) => Promise<{ waiting: number; delayed: number }>;
  /** Records per second; 0 is no limit. */
  readonly rateLimit: number;
  /** There is something new in the outbox. */
  readonly onOutbox: () => void;
};

/** The backfills' loop of this agent. */
export type Backfills = {
  /** Says that there may be a backfill to work on. */
  wake(): void;
  stop(): Promise<void>;
};

const PAGE = 500;
/**
 * A page is written only while fewer changes of its entity wait, in the outbox and in the queue. So a live change finds
 * at most this and one page before it, the backfill goes as fast as is sent, and what a million records take of memory
 * and of the outbox is what a thousand take.
 */
const WINDOW = 1_000;
/** Sends that are put off (a platform that is busy) before no more are added to them. */
const DELAYED_WINDOW = 5_000;
const IDLE_MS = 2_000;
const BUSY_MS = 50;
const FAULT_PAUSE_MS = 2_000;
/** A database may restart under a backfill; what fails so often in a row does not pass by itself. */
const MOST_FAULTS = 5;

/**
 * Works on the backfills that run, a page of each in turn. Any number of agents may do so: a page is written only from
 * where the backfill stands in the database, so that an agent which dies is simply not there any more.
 */
export function startBackfills(context: BackfillContext): Backfills {
  const faults = new Map<number, number>();
  const sleep = createSleep();
  const run = async (): Promise<void> => {
    while (!sleep.stopped()) {
      sleep.begin();
      const busy = await round(context, faults, sleep.stopped).catch((error: unknown) => {
        context.logger.error({ error: wordsOf(error) }, 'backfills cannot be worked on');
        return false;
      });
      await sleep.pause(busy ? BUSY_MS : IDLE_MS);
    }
  };
  const running = run();
  return {
    wake: sleep.wake,
    stop: async () => {
      sleep.stop();
      await running;
    },
  };
}

/** One page of each backfill that runs. Gives whether there is any. */
async function round(
  context: BackfillContext,
  faults: Map<number, number>,
  isStopped: () => boolean,
): Promise<boolean> {
  const running = await runningBackfills(context.database);
  for (const { backfill, isDue } of running) {
    if (isStopped()) break;
    if (!isDue) continue;
    try {
      await advance(context, backfill);
      faults.delete(backfill.id);
    } catch (error) {
      const count = (faults.get(backfill.id) ?? 0) + 1;
      faults.set(backfill.id, count);
      await reportFault(context, backfill, error, count);
      if (count >= MOST_FAULTS) faults.delete(backfill.id);
    }
  }
  return running.length > 0;
}

async function advance(context: BackfillContext, backfill: Backfill): Promise<void> {
  const { database, rateLimit, agent } = context;
  if (!(await hasRoom(context, backfill.entity))) return;
  const map = requireMap(context, backfill.entity);
  const selection = selectionOf(backfill);
  if (backfill.pages === 0) await estimate(database, map, backfill);
  const limit = rateLimit > 0 ? Math.min(PAGE, rateLimit) : PAGE;
  const page = await readKeys(database, map, selection, { after: backfill.after, limit });
  const pauseMs = rateLimit > 0 ? (page.keys.length * 1000) / rateLimit : 0;
  if (!(await writePage(database, backfill, page, { agent, pauseMs }))) return;
  context.onOutbox();
  if (page.next === undefined) {
    const records = backfill.records + page.keys.length;
    context.logger.info({ backfill: backfill.id, entity: backfill.entity, records }, 'backfill done');
  }
}

async function hasRoom({ database, depth }: BackfillContext, entity: string): Promise<boolean> {
  const target = interfaceFor(entity);
  const { waiting, delayed } = target ? await depth(target.name) : { waiting: 0, delayed: 0 };
  // While the backlog is deep a job holds several deliveries: it is counted as if it were full.
  const queued = waiting * BATCH_SIZE;
  if (queued >= WINDOW || delayed >= DELAYED_WINDOW) return false;
  return !(await outboxHolds(database, entity, WINDOW - queued));
}

function requireMap({ sources }: BackfillContext, entity: string): SourceMap {
  const map = isEntity(entity) ? sources.get(entity) : undefined;
  if (map) return map;
  throw new Error(`There is no source map for ${entity} (CTG_SOURCES_FILE), so its records cannot be read.`);
}

function selectionOf({ since }: Backfill): Exclude<ResyncSelection, { readonly kind: 'keys' }> {
  return since === undefined ? { kind: 'all' } : { kind: 'since', since };
}

/** The number is for the progress bar alone: a backfill does without it. */
async function estimate(database: Database, map: SourceMap, backfill: Backfill): Promise<void> {
  const total = await countRecords(database, map, selectionOf(backfill)).catch(() => undefined);
  if (total !== undefined) await noteTotal(database, backfill.id, total);
}

async function reportFault(
  { database, logger }: BackfillContext,
  backfill: Backfill,
  error: unknown,
  count: number,
): Promise<void> {
  const ends = count >= MOST_FAULTS;
  const reason = `The records of ${backfill.entity} cannot be read: ${wordsOf(error)}`;
  logger.error(
    { backfill: backfill.id, entity: backfill.entity, error: wordsOf(error) },
    ends ? 'backfill failed' : 'backfill is put off',
  );
  await noteFault(database, backfill, { reason, ends, pauseMs: FAULT_PAUSE_MS });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
