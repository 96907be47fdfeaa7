// Longer than other files: what doctor looks at is many things, each with its own fault, on one setting of the stage.
import { Redis } from 'ioredis';
import { sql } from 'kysely';
import { createConnection } from 'mysql2/promise';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  onTestFinished,
} from 'vitest';
import { openDatabase } from '../../src/erp/database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { accept, selfSignedCertificate, startHttpsServer } from '../platform/fault-server.ts';
import { freePort } from '../support/services/free-port.ts';
import {
  createDatabase,
  type Service,
  startMariadb,
  startRedis,
  type TestDatabase,
} from '../support/services/index.ts';
import { createWorkplace, type Workplace } from './running-command.ts';

type Finding = { ok: boolean; level: string; what: string; detail: string; fix?: string; samples?: string[] };

const EMBEDDED = { DATABASE_URL: '', DATA_DIR: 'memory' };

let sandbox: Sandbox;
let place: Workplace;
/** One database for all tests that are not about it; where there is none, the embedded one, which takes its time. */
let anyDatabase: TestDatabase | undefined;
beforeAll(async () => {
  const server = inject('postgresUrl');
  anyDatabase = server === null ? undefined : await createDatabase(server);
});
afterAll(() => anyDatabase?.drop());
beforeEach(async () => {
  sandbox = await startSandbox();
  place = createWorkplace({
    CTG_BASE_URL: sandbox.url,
    CTG_USERNAME: '13800000000',
    CTG_PASSWORD: 'sandbox',
    CTG_SEC: 'sandbox-sec',
    ...EMBEDDED,
    ...(anyDatabase && { DATABASE_URL: anyDatabase.url }),
    HTTP_PORT: '0',
  });
});
afterEach(async () => {
  place.remove();
  await sandbox.close();
});

/** What doctor finds that is not well, and its exit code. */
async function troubles(env: Record<string, string>): Promise<{ code: number | null; found: Finding[] }> {
  const { code, stdout, stderr } = await place.run(['doctor', '--json'], env);
  expect(stderr).toBe('');
  const { findings }: { findings: Finding[] } = JSON.parse(stdout);
  const found = findings.filter(({ level }) => level !== 'fine');
  for (const each of found) expect(each.fix, each.what).toBeTruthy();
  return { code, found };
}

/** Expects exactly one fault, of this name, with these words in it. */
async function expectFault(env: Record<string, string>, what: string, words: RegExp): Promise<Finding> {
  const { code, found } = await troubles(env);
  expect(found).toEqual([expect.objectContaining({ level: 'fault', ok: false, what })]);
  expect(code).toBe(1);
  const [finding] = found;
  expect(`${finding?.detail} ${finding?.fix}`).toMatch(words);
  return finding as Finding;
}

describe('doctor', () => {
  it('finds a sound set-up on the embedded store well, in one line each', async () => {
    const { code, stdout, stderr } = await place.run(['doctor'], { ...EMBEDDED, DATA_DIR: 'data' });
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('✓ '))).toEqual([]);
    for (const what of ['settings', 'Node.js', 'POLL_CRON', 'DATA_DIR', 'HTTP_PORT', 'database', 'queues'])
      expect(stdout).toContain(`✓ ${what}`);
    expect(stdout).toContain('✓ platform crm, data, order, logistics: ');
    expect(stdout).toContain('✓ account default: the platform takes its log-in');
  });

  it('names a bad cron expression', () =>
    expectFault({ POLL_CRON: 'every minute' }, 'POLL_CRON', /not a cron expression/));

  it('names a DATA_DIR that is a file', async () => {
    place.write('data', '');
    const { code, found } = await troubles({ ...EMBEDDED, DATA_DIR: 'data' });
    expect(code).toBe(1);
    expect(found[0]).toMatchObject({ what: 'DATA_DIR', detail: expect.stringContaining('not a directory') });
  });

  it('names a port that something else uses, and knows its own agent', async () => {
    await expectFault({ HTTP_PORT: new URL(sandbox.url).port }, 'HTTP_PORT', /in use, and not by an agent/);
  });

  it('names a platform that cannot be reached, and says where to look for the log-in', async () => {
    const { code, found } = await troubles({ CTG_BASE_URL: `http://127.0.0.1:${await freePort()}` });
    expect([code, found.map(({ what }) => what)]).toEqual([
      1,
      ['platform crm, data, order, logistics', 'account default'],
    ]);
    expect(found[0]?.detail).toContain('ECONNREFUSED');
  });

  it('tells a certificate that is not trusted from a server that is down', async () => {
    const certificate = selfSignedCertificate();
    if (!certificate) return;
    const server = await startHttpsServer(certificate, accept);
    onTestFinished(() => server[Symbol.asyncDispose]());
    await expectFault({ CTG_DATA_URL: server.url }, 'platform data', /not trusted.*NODE_EXTRA_CA_CERTS/);
  });

  it('names a log-in that is refused, by its password and by its sec', async () => {
    await expectFault({ CTG_PASSWORD: 'wrong' }, 'account default', /refuses.*CTG_PASSWORD/);
    await expectFault({ CTG_SEC: 'wrong' }, 'account default', /refuses.*CTG_SEC/);
  });

  it('names a reply with another sec', async () => {
    sandbox.setFaults([{ kind: 'wrong-sec', interface: 'login' }]);
    await expectFault({}, 'account default', /another sec.*CTG_SEC/);
  });

  it('names each faulty account and file, and looks at the rest all the same', async () => {
    const accounts = place.write(
      'accounts.yaml',
      '- {id: one, username: u, password: env:CTG_NOT_THERE, sec: s}\n',
    );
    const sources = place.write('sources.yaml', 'goods: {kee: a}\n');
    const { code, found } = await troubles({ CTG_ACCOUNTS_FILE: accounts, CTG_SOURCES_FILE: sources });
    expect(code).toBe(1);
    const named = found.map(({ what }) => what).join();
    expect(named).toMatch(/accounts\[0\]\.password.*goods/);
  });

  it('warns of secrets that everybody can read, and does not fail for it', async () => {
    place.write('.env', 'CTG_SEC=sandbox-sec\n');
    const { code, found } = await troubles({});
    expect([code, found]).toEqual([0, [expect.objectContaining({ level: 'warning', what: 'secret files' })]]);
  });

  it('names op types that an interface does not have', async () => {
    const paths = place.write(
      'paths.yaml',
      'interfaces:\n  customer: {opTypes: {ad: 7}}\n  ship: {opTypes: {a: 1}}\n',
    );
    const { found } = await troubles({ CTG_PATHS_FILE: paths });
    expect(found.map(({ what, detail }) => `${what} ${detail}`)).toEqual([
      expect.stringMatching(/customer\.opTypes\.ad .*did you mean "add"/),
      expect.stringMatching(/ship\.opTypes\.a .*is not an op type/),
    ]);
  });
});

/** A new, migrated database of a server, with a few customers in it. */
async function makeGarages(serverUrl: string): Promise<string> {
  const { url, drop } = await createDatabase(serverUrl);
  onTestFinished(drop);
  const database = await openDatabase({ url, dataDir: 'memory', connections: 1 });
  try {
    await migrate(database);
    await sql`CREATE TABLE garage (id INT PRIMARY KEY, name VARCHAR(64), tel VARCHAR(20),
      state INT NOT NULL)`.execute(database.kysely);
    await sql`INSERT INTO garage VALUES (1, '汽修一厂', '13912345678', 0), (2, '汽修二厂', NULL, 0),
      (3, '汽修三厂', NULL, 0)`.execute(database.kysely);
  } finally {
    await database.close();
  }
  return url;
}

const MAP = `customer:
  table: garage
  key: id
  select: |
    SELECT id AS entity_key, name, tel AS phone, 'x' AS trade FROM garage WHERE id IN (:keys)
  selectAll: SELECT id AS entity_key FROM garage WHERE id > :after ORDER BY id LIMIT :limit
  writeBack: {status: "UPDATE garage SET state = :status WHERE id = :key"}
`;

const servers = (
  [
    ['PostgreSQL', inject('postgresUrl')],
    ['MariaDB', inject('mariadbUrl')],
  ] as const
).flatMap(([name, url]) => (url === null ? [] : [{ name, server: url }]));

describe.each(servers)('doctor on $name', ({ server }) => {
  it('finds a sound set-up well, with a source map', async () => {
    const url = await makeGarages(server);
    place.write('sources.yaml', MAP);
    const { code, stdout } = await place.run(['doctor', '--samples'], {
      DATABASE_URL: url,
      CTG_SOURCES_FILE: 'sources.yaml',
    });
    expect(stdout).toContain('✓ source map customer: runs; 3 of 3 records tried are sound');
    expect(stdout).toContain('汽修一厂');
    expect(stdout).not.toContain('13912345678');
    for (const what of ['database tables', 'database rights', 'database clock'])
      expect(stdout).toContain(`✓ ${what}`);
    expect([code, stdout.match(/[✗!] .*/g)]).toEqual([0, null]);
  });

  it('names a wrong password', async () => {
    const url = new URL(server);
    if (url.protocol.startsWith('postgres')) url.username = 'nobody';
    url.password = 'wrong';
    const { code, found } = await troubles({ DATABASE_URL: url.href });
    expect(code).toBe(1);
    expect(found[0]).toMatchObject({ what: 'database', detail: expect.stringMatching(/nobody|denied/) });
    expect(JSON.stringify(found)).not.toContain('wrong');
  });

  it('names pending migrations that start would not apply', async () => {
    const { url, drop } = await createDatabase(server);
    onTestFinished(drop);
    const env = { DATABASE_URL: url, AUTO_MIGRATE: 'false' };
    await expectFault(env, 'database tables', /0001-tables.*ctg-sync migrate/);
  });

  it('names a user without rights', async () => {
    const url = await asPlainUser(server, await makeGarages(server));
    place.write('sources.yaml', MAP);
    const { code, found } = await troubles({ DATABASE_URL: url, CTG_SOURCES_FILE: 'sources.yaml' });
    expect(code).toBe(1);
    const rights = found.find(({ what }) => what === 'database rights');
    expect(rights?.detail).toMatch(/INSERT.* on ctg_/);
    const source = found.find(({ what }) => what === 'source map customer');
    expect(source?.detail).toMatch(/^writeBack\.status .*denied/);
  });

  it('names the statement of a source map that has an unknown column', async () => {
    place.write('sources.yaml', MAP.replace('state = :status', 'stat = :status'));
    const env = { DATABASE_URL: await makeGarages(server), CTG_SOURCES_FILE: 'sources.yaml' };
    await expectFault(env, 'source map customer', /^writeBack\.status .*stat/);
  });

  it('names records that would be rejected, with counts and reasons', async () => {
    place.write(
      'sources.yaml',
      MAP.replace('entity_key, name', 'entity_key, CASE WHEN id > 1 THEN NULL ELSE name END AS name'),
    );
    const env = { DATABASE_URL: await makeGarages(server), CTG_SOURCES_FILE: 'sources.yaml' };
    await expectFault(env, 'source map customer', /^2 of 3 records .*\(2 such as 2: name: /);
  });

  it('warns when key.digits is lower than the keys that were given', async () => {
    const url = await makeGarages(server);
    const database = await openDatabase({ url, dataDir: 'memory', connections: 1 });
    await sql`UPDATE ctg_clock SET value = 1795549999999999 WHERE name = 'key'`.execute(database.kysely);
    await database.close();
    place.write('paths.yaml', 'key: {digits: 13}\n');
    const { code, found } = await troubles({ DATABASE_URL: url, CTG_PATHS_FILE: 'paths.yaml' });
    expect([code, found]).toEqual([0, [expect.objectContaining({ level: 'warning', what: 'keys' })]]);
  });

  it('names an AGENT_ID that another agent works under', async () => {
    const url = await makeGarages(server);
    const database = await openDatabase({ url, dataDir: 'memory', connections: 1 });
    await sql`INSERT INTO ctg_agent (id, host, pid, lease_ms) VALUES ('a1', 'elsewhere', 7, 60000000)`.execute(
      database.kysely,
    );
    await database.close();
    await expectFault({ DATABASE_URL: url, AGENT_ID: 'a1' }, 'AGENT_ID', /a1 \(elsewhere, process 7\)/);
  });
});

/** A user of this database who may read everything and write nothing. */
async function asPlainUser(server: string, url: string): Promise<string> {
  const user = `reader${process.pid}`;
  const name = new URL(url).pathname.slice(1);
  const admin = await openDatabase({ url, dataDir: 'memory', connections: 1 });
  const run = (text: string) => sql.raw(text).execute(admin.kysely);
  const asUser = new URL(url);
  asUser.username = user;
  asUser.password = 'secret';
  if (server.startsWith('postgres')) {
    await run(`DROP ROLE IF EXISTS ${user}`);
    await run(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'`);
    await run(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${user}`);
  } else {
    await run(`CREATE OR REPLACE USER '${user}'@'127.0.0.1' IDENTIFIED BY 'secret'`);
    await run(`GRANT SELECT ON ${name}.* TO '${user}'@'127.0.0.1'`);
  }
  await admin.close();
  return asUser.href;
}

const redisUrl = inject('redisUrl');
describe.runIf(redisUrl !== null)('doctor on Redis', () => {
  let redis: Service;
  let client: Redis;
  beforeAll(async () => {
    redis = await startRedis({ args: ['--appendonly', 'yes'] });
    client = new Redis(redis.url);
  });
  afterEach(async () => {
    await client.config('SET', 'maxmemory-policy', 'noeviction');
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  it('finds it well, and leaves nothing behind', async () => {
    const { code, stdout } = await place.run(['doctor'], { REDIS_URL: redis.url });
    expect(stdout).toMatch(/✓ queues: Redis .*noeviction, keeps jobs on disk/);
    expect([code, await client.keys('*')]).toEqual([0, []]);
  });

  it('names a policy that throws keys away', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expectFault({ REDIS_URL: redis.url }, 'queues', /allkeys-lru.*noeviction/);
  });

  it('names a Redis that is not there', async () =>
    expectFault(
      { REDIS_URL: `redis://127.0.0.1:${await freePort()}` },
      'queues',
      /does not answer.*ECONNREFUSED/,
    ));

  it('names a wrong password, and a user that may not do what BullMQ needs', async () => {
    await client.call('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '&*', '+@read', '+info', '+ping');
    const at = `127.0.0.1:${redis.port}`;
    await expectFault({ REDIS_URL: `redis://reader:wrong@${at}` }, 'queues', /log-in.*WRONGPASS/);
    await expectFault({ REDIS_URL: `redis://reader:secret@${at}` }, 'queues', /does not allow.*QUEUE_PREFIX/);
  });
});

describe.runIf(inject('mariadbUrl') !== null)('doctor and the clock of the database', () => {
  it('names a clock that is far from that of this machine', async () => {
    const mariadb = await startMariadb({ args: ['--init-connect=SET timestamp = 1700000000'] });
    onTestFinished(() => mariadb.stop());
    const admin = await createConnection(mariadb.url);
    await admin.query("CREATE USER 'plain'@'127.0.0.1' IDENTIFIED BY 'plain'");
    await admin.query("GRANT ALL PRIVILEGES ON ctg.* TO 'plain'@'127.0.0.1'");
    await admin.end();
    const url = `mysql://plain:plain@127.0.0.1:${mariadb.port}/ctg`;
    await expectFault({ DATABASE_URL: url }, 'database clock', /s behind this machine's.*NTP/);
  });
});
