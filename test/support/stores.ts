import { randomBytes } from 'node:crypto';
import { describe, inject } from 'vitest';
import { createDatabase } from './services/index.ts';

/** The settings of one store, fresh for one test, and how to remove it. */
export type OpenStore = { readonly env: Record<string, string>; readonly drop: () => Promise<void> };

/** A combination of database and queue that the agent runs on. */
export type Store = { readonly name: string; readonly open: () => Promise<OpenStore> };

const POSTGRES_ALONE = 'PostgreSQL alone';

const embedded: Store = {
  name: 'PGlite',
  open: async () => ({ env: { DATA_DIR: 'memory' }, drop: async () => undefined }),
};

function served(name: string, databaseUrl: string, redisUrl: string | null): Store {
  return {
    name,
    open: async () => {
      const database = await createDatabase(databaseUrl);
      const redis: Record<string, string> =
        redisUrl === null ? {} : { REDIS_URL: redisUrl, QUEUE_PREFIX: `t${randomBytes(5).toString('hex')}` };
      return { env: { DATABASE_URL: database.url, ...redis }, drop: () => database.drop() };
    },
  };
}

/** The stores of this run: those whose services are there. The run's set-up says loudly which are not. */
export function availableStores(): Store[] {
  const [postgres, mariadb, redis] = [inject('postgresUrl'), inject('mariadbUrl'), inject('redisUrl')];
  return [
    embedded,
    ...(postgres !== null && redis !== null ? [served('PostgreSQL + Redis', postgres, redis)] : []),
    ...(mariadb !== null && redis !== null ? [served('MariaDB + Redis', mariadb, redis)] : []),
    ...(postgres !== null ? [served(POSTGRES_ALONE, postgres, null)] : []),
  ];
}

/** Runs one suite on each store; the queues on PostgreSQL only where `also` asks for them. */
export function describeOnEachStore(
  title: string,
  suite: (store: Store) => void,
  also: 'queues on PostgreSQL' | 'no other' = 'no other',
): void {
  const stores = availableStores().filter(
    (store) => also === 'queues on PostgreSQL' || store.name !== POSTGRES_ALONE,
  );
  for (const store of stores) describe(`${title} (${store.name})`, () => suite(store));
}

/** Runs the suite once, on a server with Redis where there is one: for what does not depend on the store. */
export function describeOnOneStore(title: string, suite: (store: Store) => void): void {
  const store = anyStore();
  describe(`${title} (${store.name})`, () => suite(store));
}

/** A store for what does not depend on it: on a server where there is one, since an embedded one takes seconds to start. */
export function anyStore(): Store {
  return availableStores().find(({ name }) => name.endsWith('+ Redis')) ?? embedded;
}

/**
 * Runs one suite on the two SQL families, each with Redis: for what does not depend on where the queues are. Where no
 * server is to be had, on the embedded store.
 */
export function describeOnEachDialect(title: string, suite: (store: Store) => void): void {
  const served = availableStores().filter((store) => store.name.endsWith('+ Redis'));
  const stores = served.length > 0 ? served : availableStores().slice(0, 1);
  for (const store of stores) describe(`${title} (${store.name})`, () => suite(store));
}
