import cron from 'node-cron';
import type { Logger } from 'pino';
import type { Queues } from './queues.ts';

/** What the schedule works with. */
export type ScheduleContext = {
  readonly queues: Pick<Queues, 'enqueueTick'>;
  /** When watches are looked through (node-cron, with seconds). */
  readonly pollCron: string;
  /** When what the platform holds is read; undefined: never. */
  readonly mirrorCron: string | undefined;
  /** When the ERP is compared with the platform; undefined: never. */
  readonly reconcileCron: string | undefined;
  readonly logger: Logger;
};

const SWEEP_CRON = '*/5 * * * * *';
const LOGIN_CRON = '*/5 * * * * *';
const HOUSEKEEPING_CRON = '0 17 * * * *';

/**
 * Starts the ticks. A tick only queues a job, whose id is the tick's own time, so that of any number of agents one does
 * the work. The result ends the schedule.
 */
export function startSchedule({
  queues,
  pollCron,
  mirrorCron,
  reconcileCron,
  logger,
}: ScheduleContext): () => Promise<void> {
  const tick = (name: string): (() => void) => {
    return () => {
      const second = new Date(Math.floor(Date.now() / 1000) * 1000);
      queues
        .enqueueTick(name, second)
        .catch((error: unknown) => logger.warn({ tick: name, error: String(error) }, 'tick was not queued'));
    };
  };
  // A tick that came late is no news: the next one does its work.
  const options = { suppressMissedWarning: true };
  const tasks = [
    cron.schedule(pollCron, tick('poll'), options),
    cron.schedule(SWEEP_CRON, tick('sweep'), options),
    cron.schedule(LOGIN_CRON, tick('logins'), options),
    cron.schedule(HOUSEKEEPING_CRON, tick('housekeeping'), options),
    ...(mirrorCron === undefined ? [] : [cron.schedule(mirrorCron, tick('mirror'), options)]),
    ...(reconcileCron === undefined ? [] : [cron.schedule(reconcileCron, tick('reconcile'), options)]),
  ];
  return async () => {
    for (const task of tasks) await task.destroy();
  };
}
