import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { inject } from 'vitest';
import { createDatabase } from '../support/services/index.ts';
import type { Store } from '../support/stores.ts';
import { findDump } from './find-dump.ts';

const DUMP = findDump('northwind.sql');

/** Why the tests on Northwind cannot run here; undefined when they can. */
export function whyNoNorthwind(): string | undefined {
  if (inject('postgresUrl') === null || inject('redisUrl') === null) return 'PostgreSQL and Redis are needed';
  return DUMP === undefined ? 'there is no erp/northwind.sql in a folder beside this project' : undefined;
}

/** A PostgreSQL database that holds the dump, and a Redis. */
export const northwindStore: Store = {
  name: 'Northwind',
  open: async () => {
    const database = await createDatabase(inject('postgresUrl') ?? '');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(readFileSync(DUMP ?? '', 'utf8'));
    await client.end();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: inject('redisUrl') ?? '',
      QUEUE_PREFIX: `t${randomBytes(5).toString('hex')}`,
    };
    return { env, drop: () => database.drop() };
  },
};
