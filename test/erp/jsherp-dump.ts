import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'mysql2/promise';
import { inject } from 'vitest';
import { createDatabase } from '../support/services/index.ts';
import type { Store } from '../support/stores.ts';
import { findDump } from './find-dump.ts';

const DUMP = findDump('jsherp-2020.sql');

/** An account of the sandbox for each tenant. */
export const JSHERP_SANDBOX_ACCOUNTS = [
  { username: '13800000000', password: 'sandbox', companyid: 'E1001', companyName: '甲' },
  { username: '13800000001', password: 'sandbox', companyid: 'E1002', companyName: '乙' },
  { username: '13800000063', password: 'sandbox', companyid: 'E1003', companyName: '丙' },
  { username: '13800000115', password: 'sandbox', companyid: 'E1004', companyName: '丁' },
  { username: '13800000117', password: 'sandbox', companyid: 'E1005', companyName: '戊' },
];
/** The accounts' names by tenant. */
export const USERNAMES = new Map(
  [null, 1, 63, 115, 117].map((tenant, index) => [tenant, JSHERP_SANDBOX_ACCOUNTS[index]?.username]),
);

/** The settings of the example. */
export const JSHERP_ENV = {
  CTG_USERNAME: '',
  CTG_PASSWORD: '',
  CTG_SEC: '',
  CTG_ACCOUNTS_FILE: fileURLToPath(new URL('../../examples/jsherp/accounts.yaml', import.meta.url)),
  PLATFORM_SEC: 'sandbox-sec',
  PASSWORD_OF_DEFAULT: 'sandbox',
  PASSWORD_OF_1: 'sandbox',
  PASSWORD_OF_63: 'sandbox',
  PASSWORD_OF_115: 'sandbox',
  PASSWORD_OF_117: 'sandbox',
};

/** Why the tests on the real data cannot run here; undefined when they can. */
export function whyNoDump(): string | undefined {
  if (inject('mariadbUrl') === null || inject('redisUrl') === null) return 'MariaDB and Redis are needed';
  return DUMP === undefined ? 'there is no erp/jsherp-2020.sql in a folder beside this project' : undefined;
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
    await connection.query(readFileSync(DUMP ?? '', 'utf8'));
  } finally {
    await connection.end();
  }
}
