import { describe, expect, inject, it } from 'vitest';
import { goods, order, startSetup } from '../support/running-agent.ts';
import { createDatabase, startRedisCluster, startSentinel } from '../support/services/index.ts';
import { until } from '../support/until.ts';

const postgresUrl = inject('postgresUrl');
const isMissing = postgresUrl === null || inject('redisUrl') === null;

describe.skipIf(isMissing)('the queues', () => {
  it.each([
    ['a Sentinel', startSentinel],
    ['a Cluster', startRedisCluster],
  ] as const)('run on %s', async (_name, start) => {
    const service = await start();
    const database = await createDatabase(postgresUrl ?? '');
    const setup = await startSetup({
      name: 'own Redis',
      open: async () => ({
        env: { DATABASE_URL: database.url, REDIS_URL: service.url },
        drop: async () => {
          await database.drop();
          await service.stop();
        },
      }),
    });
    try {
      await setup.change(
        ...Array.from({ length: 100 }, (_, index) => goods(`G-${index}`)),
        order('SO-1', ['S1', 'S2']),
      );
      await setup.untilState('order', 'SO-1', 'accepted');
      await until('the reminders are out', () => Object.keys(setup.sandbox.state().reminders).length === 2);
      await setup.untilSettled();
      expect(Object.keys(setup.sandbox.state().goods)).toHaveLength(100);
      expect(setup.sandbox.state().violations).toEqual([]);
    } finally {
      await setup.stop();
    }
  });
});
