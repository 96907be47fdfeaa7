import {
  createDatabase,
  type Service,
  startMariadb,
  startPostgres,
  startRedis,
} from '../test/support/services/index.ts';
import type { Stage } from './contender.ts';
import type { StoreName } from './plan.ts';

/** The stores of a run. */
export type Servers = {
  /** Addresses of an empty store, and how to remove it. */
  open(name: StoreName): Promise<Pick<Stage, 'databaseUrl' | 'redisUrl'> & { drop(): Promise<void> }>;
  stop(): Promise<void>;
};

/** Starts the servers that these stores need: one Redis, and a database each. */
export async function startServers(names: ReadonlySet<StoreName>): Promise<Servers> {
  const postgres = names.has('postgres') ? await startPostgres() : undefined;
  const mariadb = names.has('mariadb') ? await startMariadb() : undefined;
  const redis = postgres || mariadb ? await startRedis() : undefined;
  const services: Partial<Record<StoreName, Service | undefined>> = { postgres, mariadb };
  return {
    open: async (name) => {
      const service = services[name];
      if (!service) return { databaseUrl: undefined, redisUrl: undefined, drop: async () => undefined };
      const database = await createDatabase(service);
      return { databaseUrl: database.url, redisUrl: redis?.url, drop: () => database.drop() };
    },
    stop: async () => {
      await Promise.all([postgres, mariadb, redis].map((service) => service?.stop()));
    },
  };
}
