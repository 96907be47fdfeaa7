import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { readEnvironment } from '../../src/config/environment.ts';
import { requirePlatform } from '../../src/config/require-platform.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { faultNamesOf, settingsErrorOf } from './faults-of.ts';
import { temporaryDirectory, temporaryFile, writeIn } from './temporary-files.ts';

test('an empty environment gives the documented defaults', () => {
  expect(loadSettings({})).toMatchObject({
    dataDir: './data',
    httpHost: '127.0.0.1',
    httpPort: 3000,
    syncUrl: 'http://127.0.0.1:3000',
    concurrency: 64,
    rateLimit: 0,
    timeoutMs: 15_000,
    pollCron: '*/5 * * * * *',
    logLevel: 'info',
    autoMigrate: true,
    senders: 1,
    httpClient: 'got',
    retryMaxAgeHours: 72,
    retryCapMs: 300_000,
    queuePrefix: 'ctg',
    bullBoardReadOnly: false,
    goodsDelete: 'stock-zero',
    historyDays: 0,
    allowInsecure: false,
    warnings: [],
  });
  expect(loadSettings({}).databaseUrl).toBeUndefined();
  expect(loadSettings({}).redis).toBeUndefined();
  expect(loadSettings({}).agentId).toBeUndefined();
});

test('an empty variable is one that is not set', () => {
  expect(loadSettings({ CONCURRENCY: '', REDIS_URL: ' ', ADMIN_TOKEN: '' })).toMatchObject({
    concurrency: 64,
  });
});

test('all faults are reported together, each by name and with its fix', () => {
  const error = settingsErrorOf(() =>
    loadSettings({
      CONCURRENCY: '0',
      CTG_RATE_LIMIT: '1.5',
      CTG_HTTP_CLIENT: 'axios',
      AUTO_MIGRATE: 'perhaps',
      POLL_CRON: 'often',
      DATABASE_URL: 'oracle://erp/erp',
      HTTP_HOST: '0.0.0.0',
      CTG_CRM_URL: 'http://ctg.example.com',
    }),
  );
  expect(error.code).toBe('SETTINGS_INVALID');
  expect(error.faults.map(({ name }) => name).sort()).toEqual([
    'ADMIN_TOKEN',
    'AUTO_MIGRATE',
    'CONCURRENCY',
    'CTG_CRM_URL',
    'CTG_HTTP_CLIENT',
    'CTG_RATE_LIMIT',
    'DATABASE_URL',
    'POLL_CRON',
  ]);
  expect(error.message).toContain(
    'CONCURRENCY: "0" is not accepted. Fix: give a whole number from 1 to 1024',
  );
  expect(error.message.split('\n')).toHaveLength(8);
  for (const line of error.message.split('\n')) expect(line).toMatch(/^[A-Z_]+: .+\. Fix: .+$/);
});

test.each([
  ['DATABASE_URL', 'mongodb://erp:hunter2hunter2@db/erp'],
  ['DATABASE_URL', 'postgres://erp:hunter2hunter2@db'],
  ['DATABASE_URL', 'postgres://erp:hunter2hunter2#x@db/erp'],
  ['REDIS_URL', 'redis://:hunter2hunter2@host:port/0'],
  ['REDIS_URL', 'redis+sentinel://:hunter2hunter2@host'],
  ['REDIS_URL', 'redis+sentinel://:x/hunter2hunter2@host:1/name'],
  ['REDIS_URL', 'redis+cluster://:hunter2hunter2@host:99999'],
  ['REDIS_URL', 'redis+cluster://:%hunter2hunter2@host'],
  ['REDIS_URL', 'hunter2hunter2'],
  ['ADMIN_TOKEN', 'hunter2hunter2 with spaces'],
  ['CTG_BASE_URL', 'https://erp:hunter2hunter2@ctg.example.com'],
])('a fault of %s shows nothing of its value (%s)', (name, value) => {
  const error = settingsErrorOf(() => loadSettings({ [name]: value }));
  expect(error.faults.map((fault) => fault.name)).toEqual([name]);
  expect(inspect(error, { depth: 9 })).not.toContain('hunter2hunter2');
});

test('the settings show no secret when they are printed or made JSON', () => {
  const settings = loadSettings({
    DATABASE_URL: 'postgres://erp:hunter2@db/erp',
    REDIS_URL: 'redis+sentinel://u:hunter2@h/name',
    CTG_PASSWORD: 'hunter2',
    CTG_SEC: 'hunter2',
    ADMIN_TOKEN: 'hunter2',
    INGEST_TOKEN: 'hunter2',
    ADMIN_TOKEN_READONLY: 'hunter2',
  });
  expect(inspect(settings, { depth: 9 })).not.toContain('hunter2');
  expect(JSON.stringify({ settings })).not.toContain('hunter2');
  expect(settings.defaultLogin.password?.reveal()).toBe('hunter2');
  expect(settings.databaseUrl).toBe('postgres://erp:hunter2@db/erp');
});

test.each([
  'DATABASE_URL',
  'REDIS_URL',
  'CTG_USERNAME',
  'CTG_PASSWORD',
  'CTG_SEC',
  'ADMIN_TOKEN',
  'ADMIN_TOKEN_READONLY',
  'INGEST_TOKEN',
])('%s may come from the file that its _FILE names, and not from both', (name) => {
  const value = name.endsWith('_URL')
    ? `${name === 'REDIS_URL' ? 'redis' : 'mysql'}://u:p@h/0`
    : 'from-a-file';
  const file = temporaryFile('secret', `  ${value}\n`);
  expect(loadSettings({ [`${name}_FILE`]: file }).warnings).toEqual([]);
  expect(faultNamesOf(() => loadSettings({ [name]: value, [`${name}_FILE`]: file }))).toEqual([name]);
});

test('the content of a secret file is trimmed', () => {
  const file = temporaryFile('password', '\n hunter2 \r\n');
  expect(loadSettings({ CTG_PASSWORD_FILE: file }).defaultLogin.password?.reveal()).toBe('hunter2');
});

test('a secret file that is absent or empty is a fault of its own name', () => {
  const env = { CTG_SEC_FILE: '/nowhere/sec', CTG_PASSWORD_FILE: temporaryFile('empty', ' \n') };
  const { message, faults } = settingsErrorOf(() => loadSettings(env));
  expect(faults.map(({ name }) => name)).toEqual(['CTG_PASSWORD_FILE', 'CTG_SEC_FILE']);
  expect(message).toContain('/nowhere/sec cannot be read (ENOENT)');
});

test('an unreadable ADMIN_TOKEN_FILE is not reported a second time as a missing token', () => {
  const env = { ADMIN_TOKEN_FILE: '/nowhere/token', HTTP_HOST: '0.0.0.0' };
  expect(faultNamesOf(() => loadSettings(env))).toEqual(['ADMIN_TOKEN_FILE']);
});

test('a system has its own base URL, else the common one', () => {
  const { baseUrls } = loadSettings({
    CTG_BASE_URL: 'https://ctg.example.com/api/',
    CTG_ORDER_URL: 'https://order.example.com',
  });
  expect(baseUrls).toEqual({
    crm: 'https://ctg.example.com/api',
    data: 'https://ctg.example.com/api',
    order: 'https://order.example.com',
    logistics: 'https://ctg.example.com/api',
  });
});

test.each(['http://localhost:4000', 'http://127.0.0.2', 'http://[::1]:4000', 'http://ctg.localhost'])(
  'plain http to this machine is allowed: %s',
  (url) => {
    expect(loadSettings({ CTG_BASE_URL: url }).baseUrls.crm).toBe(url);
  },
);

test.each(['http://10.0.0.5', 'http://127.0.0.1.example.com', 'http://localhost.example.com'])(
  'plain http to another machine is a fault unless it is allowed: %s',
  (url) => {
    expect(faultNamesOf(() => loadSettings({ CTG_BASE_URL: url }))).toEqual(['CTG_BASE_URL']);
    expect(loadSettings({ CTG_BASE_URL: url, CTG_ALLOW_INSECURE: 'true' }).baseUrls.data).toBe(url);
  },
);

test('off loopback an admin token is required, and every token is long', () => {
  expect(faultNamesOf(() => loadSettings({ HTTP_HOST: '::' }))).toEqual(['ADMIN_TOKEN']);
  const short = {
    HTTP_HOST: '0.0.0.0',
    ADMIN_TOKEN: 'short',
    ADMIN_TOKEN_READONLY: 'short',
    INGEST_TOKEN: 'short',
  };
  expect(faultNamesOf(() => loadSettings(short))).toEqual([
    'ADMIN_TOKEN',
    'ADMIN_TOKEN_READONLY',
    'INGEST_TOKEN',
  ]);
  expect(loadSettings({ HTTP_HOST: '0.0.0.0', ADMIN_TOKEN: 'a'.repeat(16) }).syncUrl).toBe(
    'http://127.0.0.1:3000',
  );
});

test('on loopback a short token is enough, and the intake takes the admin token', () => {
  expect(loadSettings({ ADMIN_TOKEN: 'short' })).toMatchObject({ adminToken: 'short', ingestToken: 'short' });
});

test('an unknown CTG_ variable is warned of, with the name that was meant and not its value', () => {
  const { warnings } = loadSettings({
    CTG_PASWORD: 'hunter2',
    CTG_ZZZZZZZZ: 'x',
    CTG_SEC_FIEL: 'x',
    OTHER: 'x',
  });
  expect(warnings).toEqual([
    'CTG_PASWORD is not a setting and has no effect. Did you mean CTG_PASSWORD?',
    'CTG_SEC_FIEL is not a setting and has no effect. Did you mean CTG_SEC_FILE?',
    'CTG_ZZZZZZZZ is not a setting and has no effect.',
  ]);
});

test('a variable to which the accounts file refers is not warned of', () => {
  const text = '- {id: north, username: u, password: env:CTG_NORTH_PASSWORD, sec: "env:CTG_NORTH_SEC"}\n';
  const { warnings } = loadSettings({
    CTG_ACCOUNTS_FILE: temporaryFile('accounts.yaml', text),
    CTG_NORTH_PASSWORD: 'x',
    CTG_NORTH_SEC: 'x',
    CTG_NORTH_SECC: 'x',
  });
  expect(warnings).toEqual(['CTG_NORTH_SECC is not a setting and has no effect.']);
});

test('what Kubernetes sets for a service named ctg-sync is not warned of', () => {
  const env = {
    CTG_SYNC_SERVICE_HOST: '10.0.0.1',
    CTG_SYNC_SERVICE_PORT_HTTP: '3000',
    CTG_SYNC_PORT: 'tcp://10.0.0.1:3000',
    CTG_SYNC_PORT_3000_TCP_ADDR: '10.0.0.1',
  };
  expect(loadSettings(env).warnings).toEqual([]);
});

test('a .env file is read, and a real variable wins over it', () => {
  const directory = temporaryDirectory();
  writeIn(directory, '.env', 'CONCURRENCY=8\nPOLL_RATE_LIMIT=2 # two\n');
  const env = readEnvironment({ directory, variables: { POLL_RATE_LIMIT: '3' } });
  expect(loadSettings(env)).toMatchObject({ concurrency: 8, pollRateLimit: 3 });
  expect(readEnvironment({ directory: join(directory, 'none'), variables: { A: 'b' } })).toEqual({ A: 'b' });
});

const LOGIN = { CTG_USERNAME: 'erp', CTG_PASSWORD: 'p', CTG_SEC: 's' };

test('start names everything that the platform lacks', () => {
  expect(faultNamesOf(() => requirePlatform(loadSettings({ CTG_USERNAME: 'erp' })))).toEqual([
    'CTG_PASSWORD',
    'CTG_SEC',
    'CTG_BASE_URL',
  ]);
  const partial = loadSettings({ ...LOGIN, CTG_CRM_URL: 'https://a.example.com' });
  expect(faultNamesOf(() => requirePlatform(partial))).toEqual([
    'CTG_DATA_URL',
    'CTG_ORDER_URL',
    'CTG_LOGISTICS_URL',
  ]);
});

test('start is content with an address and an account, or with an accounts file', () => {
  requirePlatform(loadSettings({ ...LOGIN, CTG_BASE_URL: 'https://ctg.example.com' }));
  requirePlatform(loadSettings({ CTG_ACCOUNTS_FILE: 'accounts.yaml' }));
});
