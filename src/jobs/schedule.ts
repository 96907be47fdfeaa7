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

/** The ticks that run, and when each comes next. */
export type Schedule = {
  next(): Readonly<Record<string, Date | null>>;
  /** Says that the clock was set: the timers, which wait for a time on the old one, are laid anew. */
  clockWasSet(): void;
  stop(): Promise<void>;
};

/**
 * Starts the ticks. A tick only queues a job, whose id is the tick's own time, so that of any number of agents one does
 * the work.
 */
export function startSchedule({
  queues,
  pollCron,
  mirrorCron,
  reconcileCron,
  logger,
}: ScheduleContext): Schedule {
  // After a clock was set back its seconds come round again, and the jobs of the first time are still shown.
  let steps = 0;
  const tick = (name: string): (() => void) => {
    return () => {
      const second = new Date(Math.floor(Date.now() / 1000) * 1000);
      queues
        .enqueueTick(name, second, steps)
        .catch((error: unknown) => logger.warn({ tick: name, error: String(error) }, 'tick was not queued'));
    };
  };
  // A tick that came late is no news: the next one does its work.
  const options = { suppressMissedWarning: true };
  const crons = {
    poll: pollCron,
    sweep: SWEEP_CRON,
    logins: LOGIN_CRON,
    housekeeping: HOUSEKEEPING_CRON,
    ...(mirrorCron !== undefined && { mirror: mirrorCron }),
    ...(reconcileCron !== undefined && { reconcile: reconcileCron }),
  };
  const start = () =>
    Object.entries(crons).map(
      ([name, expression]) => [name, cron.schedule(expression, tick(name), options)] as const,
    );
  let tasks = start();
  const stop = async (): Promise<void> => {
    for (const [, task] of tasks) await task.destroy();
  };
  return {
    next: () => Object.fromEntries(tasks.map(([name, task]) => [name, task.getNextRun()])),
    clockWasSet: () => {
      void stop();
      steps += 1;
      tasks = start();
    },
    stop,
  };
}
