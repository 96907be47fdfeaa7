import pLimit from 'p-limit';
import type { Logger } from 'pino';
import type { PlatformInterface } from '../mappers/interface.ts';
import type { BatchedDelivery } from './connections.ts';
import { type Deliverer, UNDER_WAY_PER_SEND } from './deliver.ts';
import type { Apart } from './delivery-jobs.ts';
import type { JobResult } from './queues.ts';

/** What working on batches needs. */
export type BatchContext = {
  readonly deliverer: Pick<Deliverer, 'deliver'>;
  readonly logger: Logger;
  readonly concurrency: number;
};

/** How long a delivery of a batch waits after an unforeseen error (a database that is down). */
const UNFORESEEN_PAUSE_MS = 1_000;

/**
 * Builds the work on an interface's batches: each delivery goes its own way, and one that fails or must wait leaves the
 * batch and goes on as a job of its own.
 */
export function batchDeliverer(
  target: PlatformInterface,
  { deliverer, logger, concurrency }: BatchContext,
): (batch: readonly BatchedDelivery[]) => Promise<JobResult> {
  // Before the circuit is asked, and not only before the send: whoever has its leave should be able to use it at once.
  const lanes = pLimit(concurrency * UNDER_WAY_PER_SEND);
  const deliverOne = async (delivery: BatchedDelivery): Promise<Apart[]> => {
    const result = await deliverer.deliver(target, delivery.id).catch((error: unknown): JobResult => {
      logger.warn({ delivery: delivery.id, error: String(error) }, 'unforeseen error');
      return { kind: 'later', inMs: UNFORESEEN_PAUSE_MS };
    });
    return result.kind === 'later' || result.kind === 'failed' ? [{ delivery, next: result }] : [];
  };
  return async (batch) => {
    const apart = await Promise.all(batch.map((delivery) => lanes(() => deliverOne(delivery))));
    return { kind: 'batch', summary: `${batch.length} deliveries`, apart: apart.flat() };
  };
}
