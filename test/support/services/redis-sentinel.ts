import { startRedis, startRedisProcess } from './redis.ts';
import type { Service } from './service.ts';

const MASTER_NAME = 'mymaster';

/** One Redis and one Sentinel that watches it. `redis` is the Redis; everything else is the Sentinel's. */
export interface Sentinel extends Service {
  readonly redis: Service;
}

/** Starts both; the URL is `redis+sentinel://…/mymaster`. `stop()` ends both. */
export async function startSentinel(): Promise<Sentinel> {
  const redis = await startRedis();
  try {
    const sentinel = await startRedisProcess({
      title: 'Redis Sentinel',
      scheme: 'redis+sentinel',
      path: `/${MASTER_NAME}`,
      args: ['--sentinel'],
      config: [
        `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${redis.port} 1`,
        `sentinel down-after-milliseconds ${MASTER_NAME} 1000`,
      ].join('\n'),
    });
    return sentinelOf(sentinel, redis);
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

function sentinelOf(sentinel: Service, redis: Service): Sentinel {
  return {
    url: sentinel.url,
    port: sentinel.port,
    directory: sentinel.directory,
    get pid() {
      return sentinel.pid;
    },
    redis,
    restart: () => sentinel.restart(),
    kill9: () => sentinel.kill9(),
    stop: async () => {
      await Promise.all([sentinel.stop(), redis.stop()]);
    },
  };
}
