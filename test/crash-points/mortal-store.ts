import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { inject } from 'vitest';
import { createPglitePool } from '../../src/erp/pglite-pool.ts';
import { emptyStore } from '../support/empty-store.ts';
import { createDatabase } from '../support/services/index.ts';

/** One session of a {@link MortalStore}. */
export type MortalSession = {
  query(text: string, parameters?: readonly unknown[]): Promise<unknown>;
  release(): void;
};

/** A store that outlives the processes that work on it. */
export type MortalStore = {
  readonly engine: 'postgres' | 'pglite';
  /** A session, once no dead process holds anything any more. */
  connect(): Promise<MortalSession>;
  /** Tells of the end of a dead process's transaction. */
  ends(end: Promise<unknown>): void;
  close(): Promise<void>;
};

/** An empty store: on a PostgreSQL of the tests where there is one, which does the same in a fraction of the time. */
export async function openMortalStore(): Promise<MortalStore> {
  const url = inject('postgresUrl');
  const { connect, close, engine } = url === null ? await embedded() : await served(url);
  const ending = new Set<Promise<unknown>>();
  return {
    engine,
    connect: async () => {
      await Promise.all(ending);
      return connect();
    },
    ends: (end) => {
      const known = end.finally(() => ending.delete(known));
      ending.add(known);
    },
    close,
  };
}

type Opened = Pick<MortalStore, 'engine' | 'connect' | 'close'>;

async function embedded(): Promise<Opened> {
  const store = await PGlite.create('memory://', { loadDataDir: await emptyStore() });
  await store.exec("SET TIME ZONE 'UTC'");
  const pool = createPglitePool(store, { exclusive: true });
  return { engine: 'pglite', connect: () => pool.connect(), close: () => store.close() };
}

async function served(url: string): Promise<Opened> {
  const database = await createDatabase(url);
  const types = new pg.TypeOverrides();
  types.setTypeParser(20, Number);
  const pool = new pg.Pool({ connectionString: database.url, max: 4, types, options: '-c timezone=UTC' });
  return {
    engine: 'postgres',
    connect: async () => {
      const client = await pool.connect();
      return {
        query: (text, parameters) => client.query(text, parameters && [...parameters]),
        release: () => client.release(),
      };
    },
    close: async () => {
      await pool.end();
      await database.drop();
    },
  };
}
