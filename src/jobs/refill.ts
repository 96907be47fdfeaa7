import type { Logger } from 'pino';
import type { Queues } from './queues.ts';

const EMPTIED_CHECK_MS = 1_000;

/** Looks every second whether the queues were lost (a flushed or restarted Redis), and fills them again at once. */
export function watchForEmptiedQueue(
  queues: Queues,
  refill: () => Promise<number>,
  logger: Logger,
): () => void {
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      if (await queues.wasEmptied()) {
        const count = await refill();
        logger.info({ deliveries: count }, 'queues filled from the ledger');
      }
    } catch (error) {
      logger.warn({ error: String(error) }, 'the queue store does not answer');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void look(), EMPTIED_CHECK_MS);
  void look();
  return () => clearInterval(timer);
}
