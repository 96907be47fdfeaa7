import { Redis } from 'ioredis';
import { sql } from 'kysely';
import { expect, inject, it } from 'vitest';
import { startAdmin } from '../../src/admin/server.ts';
import type { Database } from '../../src/erp/database.ts';
import { writeOutbox } from '../../src/erp/outbox.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { startLoggedAgent } from '../support/logged-agent.ts';
import { customer, order, platformEnvironment } from '../support/running-agent.ts';
import { createDatabase } from '../support/services/index.ts';
import { until } from '../support/until.ts';

const [postgresUrl, redisUrl] = [inject('postgresUrl'), inject('redisUrl')];
const PREFIX = 'planted';

/** Each is a text that occurs nowhere else. */
const SECRETS = {
  password: 'PLANTED-account-password',
  sec: 'PLANTED-shared-sec',
  registration: 'PLANTED-registration-password',
  adminToken: 'PLANTED-admin-token-0123456789',
  ingestToken: 'PLANTED-ingest-token-0123456789',
};

/** Of a customer: allowed in the ERP's own database and in what an administrator looks at, nowhere else. */
const PERSONAL = { name: 'PLANTED-customer-name', phone: '13711112222' };

const registration = {
  entity: 'registration',
  key: 'REG-1',
  payload: { username: 'new-user', password: SECRETS.registration },
};

const ADMIN_PATHS = [
  '/v1/status',
  '/v1/deliveries',
  '/v1/entities/registration/REG-1',
  '/v1/entities/order/SO-1',
  '/v1/alerts',
  '/metrics',
  '/readyz',
  '/v1/nothing-of-the-kind',
];

it.skipIf(postgresUrl === null || redisUrl === null)(
  'no planted secret is found anywhere but at the platform',
  async () => {
    const sandbox = await startSandbox({
      sec: SECRETS.sec,
      accounts: [{ username: '13800000000', password: SECRETS.password }],
    });
    const target = await createDatabase(postgresUrl ?? '');
    const { agent, text } = await startLoggedAgent({
      ...platformEnvironment(sandbox.url),
      DATABASE_URL: target.url,
      REDIS_URL: redisUrl ?? '',
      QUEUE_PREFIX: PREFIX,
      CTG_PASSWORD: SECRETS.password,
      CTG_SEC: SECRETS.sec,
      ADMIN_TOKEN: SECRETS.adminToken,
      INGEST_TOKEN: SECRETS.ingestToken,
      LOG_LEVEL: 'info',
    });
    const admin = await startAdmin(agent, { port: 0 });
    try {
      sandbox.setFaults([
        { interface: 'register', kind: 'garbage', times: 1 },
        { interface: 'place-order', kind: 'wrong-sec', times: 1 },
        { interface: 'customer', kind: 'truncated', times: 1 },
      ]);
      const changes = [
        registration,
        order('SO-1'),
        customer('C-1', PERSONAL),
        // Faulty whatever the log-in tells meanwhile: an empty companyId would be filled in.
        order('SO-2', []),
      ];
      await writeOutbox(
        agent.database.kysely,
        changes.map((each) => ({ account: 'default', op: 'upsert' as const, ...each })),
      );
      await until('all of it is closed', async () => {
        const { rows } = await sql<{ open: number }>`SELECT count(*) AS open FROM ctg_delivery
        WHERE open_lane IS NOT NULL`.execute(agent.database.kysely);
        return Number(rows[0]?.open) === 0 && Object.keys(sandbox.state().reminders).length === 1;
      });
      expect(sandbox.state().accounts['new-user']?.registrations).toBe(1);
      const headers = { authorization: `Bearer ${SECRETS.adminToken}` };
      const answers = await Promise.all(
        ADMIN_PATHS.map(async (path) => (await fetch(`${admin.url}${path}`, { headers })).text()),
      );
      const places = {
        'the log': text(),
        'the database': await everyRow(agent.database),
        Redis: await everyKey(),
        'the admin server': answers.join('\n'),
      };
      for (const [place, content] of Object.entries(places)) {
        expect(content, place).not.toBe('');
        for (const [name, secret] of Object.entries(SECRETS))
          expect(content.includes(secret), `${name} is in ${place}`).toBe(false);
      }
    } finally {
      await admin.close();
      await agent.stop();
      await sandbox.close();
      await target.drop();
    }
  },
);

async function everyRow({ kysely }: Database): Promise<string> {
  const tables = await sql<{ name: string }>`SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = 'public'`.execute(kysely);
  const texts = await Promise.all(
    tables.rows.map(async ({ name }) =>
      JSON.stringify((await sql`SELECT * FROM ${sql.table(name)}`.execute(kysely)).rows),
    ),
  );
  return texts.join('\n');
}

/** Every key of this test's queues, as Redis would dump it. */
async function everyKey(): Promise<string> {
  const client = new Redis(redisUrl ?? '');
  const keys = await client.keys(`${PREFIX}*`);
  const dumps = await Promise.all(
    keys.map(async (key) => `${key} ${(await client.dumpBuffer(key))?.toString('latin1')}`),
  );
  const hashes = await Promise.all(keys.map((key) => client.hgetall(key).catch(() => ({}))));
  await client.del(...keys);
  client.disconnect();
  return [...dumps, JSON.stringify(hashes)].join('\n');
}
