import { Redis } from 'ioredis';
import { requireBinary } from './find-binary.ts';
import { onFreePort } from './on-free-port.ts';
import { startOwnProcess } from './own-process.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { assignSlots, untilClusterIsOk } from './redis-cluster-slots.ts';
import type { Service } from './service.ts';

export interface RedisOptions {
  /** A Redis Cluster of one master that has every slot; the URL is then a `redis+cluster://` one. */
  readonly cluster?: boolean;
  /** More for the command line, for instance `['--appendonly', 'yes']`. */
  readonly args?: readonly string[];
}

/**
 * Starts a Redis that keeps nothing on disk: after `restart()` or `kill9()` it is empty, unless `args` says otherwise.
 *
 * @example
 * const redis = await startRedis({ args: ['--appendonly', 'yes'] });
 */
export async function startRedis({ cluster = false, args = [] }: RedisOptions = {}): Promise<Service> {
  if (!cluster) return startRedisProcess({ title: 'Redis', scheme: 'redis', args });
  const redis = await startClusterNode(args);
  try {
    await withRedis(redis.port, (client) => assignSlots(client, { part: 0, of: 1 }));
    await withRedis(redis.port, untilClusterIsOk);
    return redis;
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

/** Starts a Redis in cluster mode that has no slots yet. */
export function startClusterNode(args: readonly string[] = []): Promise<Service> {
  // A node that has met no other would not know its own address, and tell clients an empty one.
  const address = ['--cluster-announce-ip', '127.0.0.1'];
  const clusterArgs = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...address, ...args];
  return startRedisProcess({ title: 'Redis Cluster', scheme: 'redis+cluster', args: clusterArgs });
}

interface RedisProcess {
  readonly title: string;
  readonly scheme: string;
  readonly args: readonly string[];
  /** The URL's path, with its slash. */
  readonly path?: string;
  /** The content of its configuration file, where it needs one. */
  readonly config?: string;
}

/** Starts `redis-server` as what the arguments make it. */
export function startRedisProcess({
  title,
  scheme,
  args,
  path = '',
  config = '',
}: RedisProcess): Promise<Service> {
  const command = requireBinary('redis-server');
  return onFreePort((port) => {
    const directory = makePrivateDirectory('redis', { files: { 'redis.conf': config } });
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory];
    return startOwnProcess({
      title,
      url: `${scheme}://127.0.0.1:${port}${path}`,
      port,
      command,
      args: [`${directory}/redis.conf`, ...place, '--save', '', '--appendonly', 'no', ...args],
      directory,
      endSignal: 'SIGTERM',
      discardSignal: 'SIGKILL',
      answers: () => withRedis(port, async (client) => void (await client.ping())),
    });
  });
}

/** Connects for as long as `act` takes. */
export async function withRedis<T>(port: number, act: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    return await act(client);
  } finally {
    client.disconnect();
  }
}
