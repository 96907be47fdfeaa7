import { setTimeout as pause } from 'node:timers/promises';
import { withRedis } from '../support/services/redis.ts';
import type { Fault } from './faults.ts';
import type { Stage } from './stage.ts';

/** `/readyz` gives it three seconds to answer. */
const NOTICED_WITHIN_MS = 5_000;

/** Redis, in the ways that it fails. */
export const redisFaults: readonly Fault[] = [
  {
    name: 'Redis: killed, comes back empty',
    needs: 'redis',
    restarts: 'redis',
    blindsWithinMs: NOTICED_WITHIN_MS,
    make: async ({ redis }, _actor, trouble) => {
      await redis?.kill9();
      await trouble.lasts();
      await redis?.restart();
    },
  },
  { name: 'Redis: FLUSHALL', needs: 'redis', make: (stage) => ask(stage, ['FLUSHALL']) },
  {
    name: 'Redis: paused',
    needs: 'redis',
    blindsWithinMs: NOTICED_WITHIN_MS,
    make: async (stage, _actor, trouble) => {
      await ask(stage, ['CLIENT', 'PAUSE', String(trouble.lastsMs)]);
      await trouble.lasts();
    },
  },
  {
    name: 'Redis: out of memory',
    needs: 'redis',
    make: async (stage, _actor, trouble) => {
      await ask(stage, ['CONFIG', 'SET', 'maxmemory', '1']);
      await trouble.lasts();
      await ask(stage, ['CONFIG', 'SET', 'maxmemory', '0']);
    },
  },
  {
    name: 'Redis: connections killed',
    needs: 'redis',
    make: (stage) => ask(stage, ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']),
  },
];

/** Another fault may end the connection, or the server: what mends must be done all the same. */
async function ask({ redis }: Stage, [command = '', ...words]: readonly string[]): Promise<void> {
  if (!redis) return;
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      await withRedis(redis.port, (client) => client.call(command, ...words));
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(100);
    }
  }
}
