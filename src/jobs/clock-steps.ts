import type { Logger } from 'pino';
import type { Database } from '../erp/database.ts';
import { bringForward, bringFromFuture } from '../ledger/clock-set.ts';
import type { Queues } from './queues.ts';
import type { Schedule } from './schedule.ts';

/** What has to know that the clock was set. */
export type ClockContext = {
  readonly database: Database;
  readonly queues: Pick<Queues, 'promoteDelayed'>;
  readonly schedule: Pick<Schedule, 'clockWasSet'>;
  /** Puts what is due back into the queues. */
  readonly refill: () => Promise<unknown>;
  readonly logger: Logger;
};

const LOOK_MS = 1_000;
/** Less than that is a clock that is being trimmed, or a process that was slow between two readings. */
const STEP_MS = 1_500;
const RETRY_MS = 1_000;
/** Looks at this machine's clock for each look at what the ledger says of the database's. */
const LOOKS_EACH = 10;

/**
 * Looks every second whether the clock of this machine was set, by comparing it with one that nobody can set. After that
 * no time that was noted before says when something is to happen: node-cron's timers, BullMQ's delayed jobs and, in the
 * embedded store, the ledger's own would all wait for as long as the clock was set back. What waits is looked at again
 * at once instead; at worst it is tried sooner than it had to be. Every ten seconds it also looks for deliveries that were sent in the future,
 * which tells of a clock that was set while nobody looked, or of a server's. The result ends the watch.
 */
export function watchClock(context: ClockContext): () => void {
  let offset = Date.now() - performance.now();
  let stopped = false;
  const act = async (): Promise<void> => {
    try {
      await bringForward(context.database, true);
      await context.queues.promoteDelayed();
      await context.refill();
    } catch (error) {
      context.logger.warn({ error: String(error) }, 'could not bring forward what waits');
      if (!stopped) setTimeout(() => void act(), RETRY_MS).unref();
    }
  };
  const lookAtLedger = async (): Promise<void> => {
    const deliveries = await bringFromFuture(context.database);
    if (deliveries === 0) return;
    context.logger.warn({ deliveries }, "the database's clock was set back");
    await act();
  };
  let looks = 0;
  const timer = setInterval(() => {
    looks += 1;
    // What fails now, the next look does.
    if (looks % LOOKS_EACH === 0) void lookAtLedger().catch(() => undefined);
    const present = Date.now() - performance.now();
    const byMs = Math.round(present - offset);
    // The reading is taken over, so that a clock which is trimmed slowly never adds up to a step.
    offset = present;
    if (Math.abs(byMs) < STEP_MS) return;
    context.logger.warn({ byMs }, 'the clock of this machine was set');
    context.schedule.clockWasSet();
    void act();
  }, LOOK_MS);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
