import type { ReadyDelivery } from '../ledger/relay-store.ts';
import type { BatchedDelivery, JobData } from './connections.ts';

/** A job as `addBulk` takes it. */
export type NewJob = {
  readonly name: string;
  readonly data: JobData;
  readonly opts: Record<string, unknown>;
};

/** A delivery of a batch that goes on as a job of its own: later, or to be shown among the failed ones. */
export type Apart = {
  readonly delivery: BatchedDelivery;
  readonly next:
    | { readonly kind: 'later'; readonly inMs: number }
    | { readonly kind: 'failed'; readonly reason: string };
};

/** Unforeseen errors are retried for as long as they last; the delivery's own age is what bounds it. */
const UNFORESEEN_ATTEMPTS = 1_000_000;

/**
 * Of jobs that go again. Those without a priority, which were never tried, come first: however many records fail again and
 * again, new ones do not stand behind them.
 */
export const AGAIN_PRIORITY = 1;

/** What all jobs of deliveries and watches have in common. */
export const JOB_OPTIONS = {
  attempts: UNFORESEEN_ATTEMPTS,
  backoff: { type: 'custom' },
  removeOnComplete: { count: 100 },
  removeOnFail: { count: 1000, age: 14 * 24 * 3600 },
};

/** Deliveries of one batch. A worker takes as many jobs as it may send at once, so this bounds what one holds. */
export const BATCH_SIZE = 16;
/** From so many at once on there is a backlog; below, each delivery has a job of its own, which anybody can read. */
const BATCHED_FROM = 100;

/**
 * The jobs of deliveries that become ready together. A queue's work for a job costs as much as sending one, so while the
 * backlog is deep one job carries several.
 */
export function deliveryJobs(deliveries: readonly ReadyDelivery[]): NewJob[] {
  if (deliveries.length < BATCHED_FROM) return deliveries.map(deliveryJob);
  const count = Math.ceil(deliveries.length / BATCH_SIZE);
  return Array.from({ length: count }, (_, index) =>
    batchJob(deliveries.slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE)),
  );
}

/**
 * The job of a delivery. Its id holds the version, so that a delivery which a person let go on gets a new job even while
 * the finished one is still shown. Two jobs of one delivery do no harm: the claim in the ledger lets one of them send.
 */
export function deliveryJob(delivery: ReadyDelivery): NewJob & { readonly opts: { readonly jobId: string } } {
  return {
    name: labelOf(delivery),
    data: { delivery: delivery.id },
    opts: { ...JOB_OPTIONS, jobId: `d${delivery.id}-v${delivery.version}` },
  };
}

/** A batch is removed at once when it has ended: nothing can stand in the way of the same deliveries put back later. */
function batchJob(deliveries: readonly ReadyDelivery[]): NewJob {
  const items = deliveries.map((each) => ({ id: each.id, version: each.version, label: labelOf(each) }));
  const [first, last] = [items[0], items.at(-1)];
  return {
    name: `${items.length} × ${deliveries[0]?.entity ?? ''}`,
    data: { deliveries: items },
    opts: {
      ...JOB_OPTIONS,
      removeOnComplete: true,
      jobId: `b${first?.id}-v${first?.version}-${last?.id}-v${last?.version}-${items.length}`,
    },
  };
}

/**
 * The job of a delivery that leaves its batch. The batch is part of the id: an ended job of the same delivery must not
 * keep it out, and a batch that runs again after a crash adds it once.
 */
export function apartJob({ delivery: { id, version, label }, next }: Apart, batch: string): NewJob {
  const jobId = `d${id}-v${version}-${batch}`;
  return next.kind === 'later'
    ? {
        name: label,
        data: { delivery: id },
        opts: { ...JOB_OPTIONS, jobId, delay: Math.round(next.inMs), priority: AGAIN_PRIORITY },
      }
    : { name: label, data: { delivery: id, refusal: next.reason }, opts: { ...JOB_OPTIONS, jobId } };
}

function labelOf({ entity, entity_key: key }: ReadyDelivery): string {
  return `${entity} ${key}`;
}
