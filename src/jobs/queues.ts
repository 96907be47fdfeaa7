import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import type { ReadyDelivery } from '../ledger/relay-store.ts';
import type { DueWatch } from '../ledger/watches.ts';
import { backoffMs } from '../platform/backoff.ts';
import type { JobData, JobQueue, JobWorker, QueueStore } from './connections.ts';
import {
  AGAIN_PRIORITY,
  type Apart,
  apartJob,
  deliveryJob,
  deliveryJobs,
  JOB_OPTIONS,
} from './delivery-jobs.ts';

/** What the processing of a job came to. */
export type JobResult =
  | { readonly kind: 'done'; readonly summary: string }
  /** Ended for good without the effect; shown among the failed jobs with the reason. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'later'; readonly inMs: number }
  /** A batch: what of it goes on apart is queued before the batch ends. */
  | { readonly kind: 'batch'; readonly summary: string; readonly apart: readonly Apart[] };

/** What a job's processor is told. */
export type JobTurn = {
  readonly data: JobData;
  /** Whether a person pressed "retry" on a job that had failed. */
  readonly retriedByPerson: boolean;
  /** Whether it was worked on before, and put off. */
  readonly again: boolean;
};

/** Works on one job. An error that it throws is unforeseen (a database that is down) and retried by the queue. */
export type Processor = (turn: JobTurn) => Promise<JobResult>;

/** The queues of this agent: one for each interface, and one for the ticks of the schedule. */
export type Queues = {
  readonly store: QueueStore['kind'];
  readonly all: readonly JobQueue[];
  /** Queues deliveries. One that is queued already is left as it is. */
  enqueueDeliveries(deliveries: readonly ReadyDelivery[]): Promise<void>;
  /**
   * Queues deliveries that are overdue, whatever stands in the way: a finished job that still holds a delivery's job id is
   * removed, and one that was put off, by a clock that was set since, goes now.
   *
   * @param orphaned whether a job that is said to be at work gets another beside it: its agent may be dead, and its lock
   * valid for long (PostgreSQL's locks end by the clock of the agent). The ledger lets one of the two send.
   */
  requeueDeliveries(deliveries: readonly ReadyDelivery[], orphaned: boolean): Promise<void>;
  enqueueWatches(watches: readonly DueWatch[]): Promise<void>;
  /**
   * Queues one tick; any number of agents may queue the same one, and it is worked on once.
   *
   * @param steps how often the clock was set since the agent began: a second that comes again is another one.
   */
  enqueueTick(name: string, at: Date, steps?: number): Promise<void>;
  /** Lets every job that was put off go now. */
  promoteDelayed(): Promise<void>;
  work(name: string, concurrency: number, processor: Processor): void;
  /** How many jobs of an interface wait: new ones, those whose turn has come again, and those that are put off. */
  depth(name: string): Promise<{ waiting: number; again: number; delayed: number }>;
  wasEmptied(): Promise<boolean>;
  ping(): Promise<void>;
  /** Takes no more jobs, and lets the running ones end. */
  stopWorkers(): Promise<void>;
  close(): Promise<void>;
};

/** The queue of the schedule's ticks. */
export const TICKS = 'ticks';

/** Opens the queues called `names`, and the one of the ticks. */
export function createQueues(store: QueueStore, names: readonly string[], logger: Logger): Queues {
  const queues = new Map([...names, TICKS].map((name) => [name, openQueue(store, name, logger)]));
  const workers: JobWorker[] = [];
  const queueOf = (name: string): JobQueue => {
    const queue = queues.get(name);
    if (!queue) throw new Error(`There is no queue "${name}".`);
    return queue;
  };
  return {
    store: store.kind,
    all: [...queues.values()],
    enqueueDeliveries: async (deliveries) => {
      for (const [name, group] of Map.groupBy(deliveries, (each) => each.interface)) {
        await queueOf(name).addBulk(deliveryJobs(group));
      }
    },
    requeueDeliveries: async (deliveries, orphaned) => {
      for (const delivery of deliveries) await requeue(queueOf(delivery.interface), delivery, orphaned);
    },
    enqueueWatches: async (watches) => {
      for (const [name, group] of Map.groupBy(watches, (each) => each.poll)) {
        await queueOf(name).addBulk(group.map(watchJob));
      }
    },
    enqueueTick: async (name, at, steps = 0) => {
      const jobId = `${name}-${at.toISOString().replaceAll(':', '.')}${steps > 0 ? `-${steps}` : ''}`;
      await queueOf(TICKS).add(
        name,
        { tick: name },
        { jobId, attempts: 1, removeOnComplete: { age: 300, count: 50 }, removeOnFail: { count: 50 } },
      );
    },
    promoteDelayed: async () => {
      for (const queue of queues.values()) await queue.promoteJobs();
    },
    work: (name, concurrency, processor) => {
      workers.push(openWorker(store, queueOf(name), name, concurrency, processor, logger));
    },
    depth: async (name) => {
      const counts = await queueOf(name).getJobCounts('waiting', 'prioritized', 'delayed');
      return { waiting: counts.waiting ?? 0, again: counts.prioritized ?? 0, delayed: counts.delayed ?? 0 };
    },
    wasEmptied: () => store.wasEmptied(),
    ping: () => store.ping(),
    stopWorkers: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
    },
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await store.close();
    },
  };
}

function openQueue(store: QueueStore, name: string, logger: Logger): JobQueue {
  const queue = store.createQueue(name, { streams: { events: { maxLen: 1000 } } });
  queue.on('error', (error) => logger.warn({ queue: name, error: error.message }, 'queue error'));
  return queue;
}

async function requeue(queue: JobQueue, delivery: ReadyDelivery, orphaned: boolean): Promise<void> {
  const job = deliveryJob(delivery);
  const { jobId } = job.opts;
  const state = await queue.getJobState(jobId);
  if (state === 'completed' || state === 'failed') await queue.remove(jobId);
  if (state === 'delayed') await (await queue.getJob(jobId))?.promote();
  // What goes again goes behind what was never tried; where there is always something new, it must not wait for ever.
  if (state === 'prioritized' && orphaned) await (await queue.getJob(jobId))?.changePriority({ priority: 0 });
  if (state === 'active' && orphaned) {
    await queue.add(job.name, job.data, { ...job.opts, jobId: `${jobId}-beside`, removeOnComplete: true });
  } else await queue.add(job.name, job.data, job.opts);
}

/**
 * The job of one poll. It has no id of its own: the watch was claimed for exactly this job, and an id that an earlier, still
 * shown job happens to have would keep it out.
 */
function watchJob(watch: DueWatch): { name: string; data: JobData; opts: object } {
  return { name: `poll ${watch.key}`, data: { watch: watch.id }, opts: { ...JOB_OPTIONS, attempts: 1 } };
}

function openWorker(
  store: QueueStore,
  queue: JobQueue,
  name: string,
  concurrency: number,
  processor: Processor,
  logger: Logger,
): JobWorker {
  const worker = store.createWorker(name, (job, token) => processJob(queue, job, token, processor), {
    concurrency,
    // A job of an agent that died is found after at most the sum of the two.
    lockDuration: 15_000,
    stalledInterval: 5_000,
    maxStalledCount: 1_000_000,
    // After a lost connection a worker asks again soon; BullMQ's own pause of 15 s comes on top of the outage.
    runRetryDelay: 1_000,
    settings: {
      backoffStrategy: (attempt: number) => backoffMs({ attempt, capMs: 15_000, random: Math.random }),
    },
  });
  worker.on('error', (error) => logger.warn({ queue: name, error: error.message }, 'worker error'));
  return worker;
}

/** The only place that speaks BullMQ's errors. */
async function processJob(
  queue: JobQueue,
  job: Job<JobData, string, string>,
  token: string | undefined,
  processor: Processor,
): Promise<string> {
  // A job that ended runs again only when a person retries it (or, after a crash, because its end was not recorded).
  const retriedByPerson = 'ended' in job.data && job.stalledCounter === 0;
  const result = await processor({ data: job.data, retriedByPerson, again: job.priority === AGAIN_PRIORITY });
  switch (result.kind) {
    case 'done':
      return result.summary;
    case 'failed':
      if ('delivery' in job.data) await job.updateData({ ...job.data, ended: true });
      throw new UnrecoverableError(result.reason);
    case 'batch':
      if (result.apart.length > 0) {
        await queue.addBulk(result.apart.map((each) => apartJob(each, job.id ?? '')));
      }
      return result.summary;
    case 'later':
      if (job.priority !== AGAIN_PRIORITY) await job.changePriority({ priority: AGAIN_PRIORITY });
      // A whole number: the queue on PostgreSQL takes no other.
      await job.moveToDelayed(Math.ceil(Date.now() + result.inMs), token);
      throw new DelayedError();
  }
}
