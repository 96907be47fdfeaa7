import { outboxHas } from '../erp/outbox.ts';
import type { ReadyDelivery } from '../ledger/relay-store.ts';
import { INTERFACES } from '../mappers/registry.ts';
import { BATCH_SIZE } from './delivery-jobs.ts';
import type { Observer } from './observer.ts';
import { type RelayBatch, type RelayContext, relayOutbox } from './relay.ts';
import { createSleep } from './sleep.ts';
import { SourceUnreadable } from './source-unreadable.ts';

/** What the loop works with. */
export type RelayLoopContext = RelayContext & {
  readonly enqueue: (ready: readonly ReadyDelivery[]) => Promise<void>;
  readonly depth: (queue: string) => Promise<{ waiting: number; delayed: number }>;
  readonly refusedAccounts: () => readonly string[];
  /** Whether the outbox is looked at without being told: MySQL has no notifications. */
  readonly polls: boolean;
  readonly observer?: Pick<Observer, 'relayed'>;
};

/** The relay of this agent, at work. */
export type RelayLoop = {
  /** Says that there may be something in the outbox. */
  wake(): void;
  /** Entities whose source map cannot be read at present, and why. */
  unreadable(): ReadonlyMap<string, string>;
  /** When the relay last looked at the outbox without an error (`performance.now()`). */
  lastProgress(): number;
  stop(): Promise<void>;
};

/** Changes that one transaction moves, of as many records. */
const BATCH = 500;
/**
 * Jobs that wait in a queue at most, which are batches while there is a backlog; the rest of it stays in the outbox,
 * where it costs no memory.
 */
const WINDOW = Math.round(2_000 / BATCH_SIZE);
/** Jobs that are put off (retries) before the relay stops adding more of their kind. */
const DELAYED_WINDOW = 50_000;
/** Jobs that wait in some queue, from which on a batch that is of few records is followed by a rest. */
const WORK_AHEAD = 8;
const FEW_RECORDS_REST_MS = 100;
/** While the window is full: when to see whether the queues have drained. */
const FULL_PAUSE_MS = 20;
/** Looks at an outbox that tells nothing. Each is one statement that reads one row at most. */
const BUSY_LOOK_MS = 5;
const IDLE_LOOK_MS = 50;
/** While rows are stepped over (a refused account's, say), a look may read all of those. */
const FILTERED_LOOK_MS = 500;
/** PostgreSQL tells of changes; this look is for the case that the connection that listens was down. */
const SAFETY_POLL_MS = 2_000;
const UNREADABLE_PAUSE_MS = 10_000;
const ERROR_PAUSE_MS = 1_000;

const pushedEntities = INTERFACES.flatMap(({ push }) => (push ? [push.entity] : []));

/** Starts the relay's loop. */
export function startRelay(context: RelayLoopContext): RelayLoop {
  const unreadable = new Map<string, { until: number; reason: string }>();
  const sleep = createSleep();
  let lastProgress = performance.now();
  let lastWork = 0;

  let backlogged = false;
  let isFiltered = false;
  const round = async (): Promise<RelayBatch> => {
    for (const [entity, { until }] of unreadable) if (performance.now() > until) unreadable.delete(entity);
    const full = backlogged ? await fullEntities(context) : [];
    const filter = {
      onlyEntities: full.length > 0 ? pushedEntities.filter((entity) => !full.includes(entity)) : undefined,
      unreadableEntities: [...unreadable.keys()],
      refusedAccounts: context.refusedAccounts(),
    };
    isFiltered = filter.unreadableEntities.length > 0 || filter.refusedAccounts.length > 0;
    if (context.polls && !(await outboxHas(context.database.kysely, filter))) {
      backlogged = full.length > 0;
      return { claimed: 0, records: 0, ready: [] };
    }
    const batch = await relayOutbox(context, BATCH, filter);
    const { claimed, ready } = batch;
    if (claimed > 0) context.observer?.relayed(claimed);
    // The queue is only a hint: what could not be queued is put back by the sweep.
    await context
      .enqueue(ready)
      .catch((error: unknown) => logFault(context, error, 'could not queue deliveries'));
    backlogged = claimed >= BATCH || full.length > 0;
    return batch;
  };

  const run = async (): Promise<void> => {
    while (!sleep.stopped()) {
      sleep.begin();
      try {
        const { claimed, records } = await round();
        lastProgress = performance.now();
        if (claimed > 0) lastWork = performance.now();
        if (claimed < BATCH) await sleep.pause(idleMs());
        // Changes that come to nothing are work too: what is ready to be sent comes first.
        else if (records * 2 < BATCH && (await isWorkAhead(context))) await sleep.rest(FEW_RECORDS_REST_MS);
      } catch (error) {
        if (error instanceof SourceUnreadable) {
          unreadable.set(error.entity, {
            until: performance.now() + UNREADABLE_PAUSE_MS,
            reason: error.message,
          });
          logFault(context, error, 'source map unreadable');
          continue;
        }
        logFault(context, error, 'relay failed');
        sleep.begin();
        await sleep.pause(ERROR_PAUSE_MS);
      }
    }
  };
  const idleMs = (): number => {
    if (backlogged) return FULL_PAUSE_MS;
    if (!context.polls) return SAFETY_POLL_MS;
    if (isFiltered) return FILTERED_LOOK_MS;
    return performance.now() - lastWork < 1_000 ? BUSY_LOOK_MS : IDLE_LOOK_MS;
  };
  const running = run();
  return {
    wake: sleep.wake,
    unreadable: () => new Map([...unreadable].map(([entity, { reason }]) => [entity, reason])),
    lastProgress: () => lastProgress,
    stop: async () => {
      sleep.stop();
      await running;
    },
  };
}

async function isWorkAhead(context: RelayLoopContext): Promise<boolean> {
  return (await readDepths(context)).some(({ waiting }) => waiting >= WORK_AHEAD);
}

/** Entities whose queue holds enough: their changes stay in the outbox until it has drained, and others go past. */
async function fullEntities(context: RelayLoopContext): Promise<string[]> {
  return (await readDepths(context))
    .filter(({ waiting, delayed }) => waiting >= WINDOW || delayed >= DELAYED_WINDOW)
    .map(({ entity }) => entity);
}

/** How much each queue of changes holds, by the entity that it is for. */
async function readDepths({ depth }: RelayLoopContext) {
  const depths = await Promise.all(
    INTERFACES.map(async ({ name, push }) => (push ? { entity: push.entity, ...(await depth(name)) } : [])),
  );
  return depths.flat();
}

function logFault(context: RelayLoopContext, error: unknown, message: string): void {
  context.logger.error({ error: error instanceof Error ? error.message : String(error) }, message);
}
