import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'mysql2/promise';
import { inject } from 'vitest';
import { createDatabase } from '../support/services/index.ts';
import type { Store } from '../support/stores.ts';

const DUMP = fileURLToPath(new URL('../../../shared/erp/jsherp-2020.sql', import.meta.url));

/** Why the tests on the real data cannot run here; undefined when they can. */
export function whyNoDump(): string | undefined {
  if (inject('mariadbUrl') === null || inject('redisUrl') === null) return 'MariaDB and Redis are needed';
  return existsSync(DUMP) ? undefined : '../shared/erp/jsherp-2020.sql is not there';
}

/** A MariaDB database that holds the dump, and a Redis. */
export const jsherpStore: Store = {
  name: 'jshERP',
  open: async () => {
    const database = await createDatabase(inject('mariadbUrl') ?? '');
    await load(database.url);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: inject('redisUrl') ?? '',
      QUEUE_PREFIX: `t${randomBytes(5).toString('hex')}`,
    };
    return { env, drop: () => database.drop() };
  },
};

async function load(url: string): Promise<void> {
  const connection = await createConnection({ uri: url, multipleStatements: true, charset: 'utf8mb4' });
  try {
    await connection.query(readFileSync(DUMP, 'utf8'));
  } finally {
    await connection.end();
  }
}
