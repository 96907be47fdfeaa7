import cron from 'node-cron';
import type { Settings } from '../../config/settings.ts';
import { shortTime } from '../output.ts';
import { type Check, type Finding, fault, fine } from './finding.ts';

/** When the schedules that are settings tick next. One that is no cron expression is a fault of the settings. */
export function scheduleCheck({ pollCron, mirrorCron }: Settings): Check {
  return {
    what: 'schedule',
    examine: async () => [
      nextTick('POLL_CRON', pollCron),
      mirrorCron === undefined ? fine('MIRROR_CRON', 'off') : nextTick('MIRROR_CRON', mirrorCron),
    ],
  };
}

/** node-cron only knows the next tick of a task that runs. */
function nextTick(name: string, expression: string): Finding {
  const task = cron.schedule(expression, () => undefined);
  try {
    const next = task.getNextRun();
    if (next) return fine(name, `"${expression}", next tick ${shortTime(next.toISOString())}`);
    return fault(name, `"${expression}" never comes.`, 'give a cron expression that comes to pass.');
  } finally {
    void task.destroy();
  }
}
