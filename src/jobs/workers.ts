import { INTERFACES } from '../mappers/registry.ts';
import type { Deliverer } from './deliver.ts';
import { batchDeliverer } from './deliver-batch.ts';
import type { Logins } from './logins.ts';
import { type PollContext, pollDue, pollWatch } from './poll.ts';
import { type Queues, TICKS } from './queues.ts';

/** What the workers work with. */
export type WorkersContext = {
  readonly queues: Queues;
  readonly deliverer: Deliverer;
  readonly pollContext: PollContext;
  readonly logins: Logins;
  readonly concurrency: number;
  readonly sweep: () => Promise<number>;
  /** Clears away history that is too old. */
  readonly housekeeping: () => Promise<unknown>;
  /** Reads what the platform holds. */
  readonly mirror: () => Promise<unknown>;
  /** Compares the ERP with the platform. */
  readonly reconcile: () => Promise<unknown>;
  /** What a person's "retry" of a failed job means: the ledger decides whether, and as what, the record goes again. */
  readonly retry: (deliveryId: number) => Promise<void>;
};

/** Starts a worker for each interface's queue, and one for the ticks. */
export function startWorkers({
  queues,
  deliverer,
  pollContext,
  logins,
  concurrency,
  sweep,
  housekeeping,
  mirror,
  reconcile,
  retry,
}: WorkersContext): void {
  for (const target of INTERFACES) {
    if (!target.push && !target.poll) continue;
    const deliverBatch = batchDeliverer(target, { deliverer, logger: pollContext.logger, concurrency });
    queues.work(target.name, concurrency, async ({ data, retriedByPerson, again }) => {
      if ('deliveries' in data) return deliverBatch(data.deliveries);
      if ('delivery' in data) {
        if (data.refusal !== undefined && !retriedByPerson) return { kind: 'failed', reason: data.refusal };
        if (retriedByPerson) await retry(data.delivery);
        return deliverer.deliver(target, data.delivery, again);
      }
      if ('watch' in data) return pollWatch(pollContext, data.watch);
      return { kind: 'done', summary: 'nothing to do' };
    });
  }
  const ticks: Record<string, () => Promise<unknown>> = {
    poll: pollTick(pollContext),
    sweep,
    logins: () => logins.check(),
    housekeeping,
    mirror,
    reconcile,
  };
  queues.work(TICKS, 3, async ({ data }) => {
    const tick = 'tick' in data ? ticks[data.tick] : undefined;
    await tick?.();
    return { kind: 'done', summary: 'tick' };
  });
}

/** Most seconds that a tick makes up for: after a long pause the due watches are not asked all at once. */
const LONGEST_TICK_SECONDS = 10;

function pollTick(context: PollContext): () => Promise<number> {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = Math.min(LONGEST_TICK_SECONDS, (now - last) / 1000);
    last = now;
    return pollDue(context, seconds);
  };
}
