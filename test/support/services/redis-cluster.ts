import { startClusterNode, withRedis } from './redis.ts';
import { assignSlots, untilClusterIsOk } from './redis-cluster-slots.ts';
import type { Service } from './service.ts';

/** A Redis Cluster; `nodes` are its masters, and `port`, `pid` and `directory` are those of the first. */
export interface RedisCluster extends Service {
  readonly nodes: readonly Service[];
}

/** Starts a Redis Cluster of three masters and resolves when each of them calls it complete. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const starting = [startClusterNode(), startClusterNode(), startClusterNode()] as const;
  try {
    const nodes = await Promise.all(starting);
    await formCluster(nodes.map((node) => node.port));
    return clusterOf(nodes);
  } catch (error) {
    await Promise.allSettled(starting.map(async (node) => (await node).stop()));
    throw error;
  }
}

function clusterOf(nodes: readonly [Service, ...Service[]]): RedisCluster {
  const [first] = nodes;
  return {
    url: `redis+cluster://${nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}`,
    port: first.port,
    directory: first.directory,
    get pid() {
      return first.pid;
    },
    nodes,
    restart: async () => {
      await each(nodes, (node) => node.restart());
      await each(nodes, (node) => withRedis(node.port, untilClusterIsOk));
    },
    kill9: () => each(nodes, (node) => node.kill9()),
    stop: () => each(nodes, (node) => node.stop()),
  };
}

async function formCluster(ports: readonly number[]): Promise<void> {
  for (const [part, port] of ports.entries()) {
    await withRedis(port, async (client) => {
      // Masters that meet with the same epoch would first quarrel about it.
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(part + 1));
      await assignSlots(client, { part, of: ports.length });
      await client.call('CLUSTER', 'MEET', '127.0.0.1', String(ports[0]));
    });
  }
  await Promise.all(ports.map((port) => withRedis(port, untilClusterIsOk)));
}

async function each(nodes: readonly Service[], act: (node: Service) => Promise<void>): Promise<void> {
  await Promise.all(nodes.map(act));
}
