// Runs an example before your eyes: node examples/run.ts jsherp|northwind [--once]
//
// DATABASE_URL is a database that holds the ERP's dump (see the example's README); REDIS_URL is a Redis, where there is
// one. The platform is the sandbox, within this process. It makes the triggers, sends what is there, compares, and goes on
// following the ERP until Ctrl-C, or ends after the comparison with --once.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { parse } from 'yaml';
import { type Agent, startAgent } from '../src/agent.ts';
import { loadAccounts } from '../src/config/accounts.ts';
import { createLogger } from '../src/config/logger.ts';
import { loadPlatformPaths } from '../src/config/paths.ts';
import { loadSettings } from '../src/config/settings.ts';
import { loadSources } from '../src/config/sources.ts';
import { installCapture } from '../src/erp/capture/install.ts';
import { enqueueKeys, readKeys } from '../src/ledger/resync.ts';
import { INTERFACES } from '../src/mappers/registry.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts';

const [name = '', ...flags] = process.argv.slice(2);
const directory = fileURLToPath(new URL(`${name}/`, import.meta.url));
const { DATABASE_URL, REDIS_URL } = process.env;

if (name === '' || !existsSync(join(directory, 'sources.yaml')) || DATABASE_URL === undefined) {
  console.error('Use: DATABASE_URL=… [REDIS_URL=…] node examples/run.ts jsherp|northwind [--once]');
  process.exit(2);
}

const data = mkdtempSync(join(tmpdir(), 'ctg-sync-example-'));
const sandbox = await startSandbox({ accounts: sandboxAccounts() });
const agent = await start(sandbox);
try {
  const { created } = await installCapture(agent.database, { sources: agent.sources, mandatory: false });
  console.log(`${created} triggers made on the ERP's tables.`);
  await handOver(agent);
  await untilSettled(agent);
  await compare(agent);
  if (!flags.includes('--once')) await follow(agent);
} finally {
  await agent.stop();
  await sandbox.close();
  rmSync(data, { recursive: true, force: true });
}

/** The example's accounts, as the sandbox knows them. */
function sandboxAccounts() {
  const accounts: { id: string; username: string; companyId: string }[] = parse(
    readFileSync(join(directory, 'accounts.yaml'), 'utf8'),
  );
  return accounts.map(({ id, username, companyId }) => ({
    username,
    password: 'sandbox',
    companyid: companyId,
    companyName: id,
  }));
}

async function start({ url }: Sandbox): Promise<Agent> {
  const text = readFileSync(join(directory, 'accounts.yaml'), 'utf8');
  const secrets = [...text.matchAll(/env:(\w+)/g)].map(([, secret = '']) => [
    secret,
    /SEC$/.test(secret) ? 'sandbox-sec' : 'sandbox',
  ]);
  const env = {
    DATABASE_URL: DATABASE_URL ?? '',
    ...(REDIS_URL !== undefined && { REDIS_URL }),
    DATA_DIR: data,
    CTG_BASE_URL: url,
    CTG_ACCOUNTS_FILE: join(directory, 'accounts.yaml'),
    CTG_SOURCES_FILE: join(directory, 'sources.yaml'),
    QUEUE_PREFIX: `example-${name}`,
    LOG_LEVEL: 'error',
    ...Object.fromEntries(secrets),
  };
  const settings = loadSettings(env);
  return startAgent({
    settings,
    accounts: loadAccounts(settings, env),
    sources: loadSources(settings.sourcesFile),
    platform: loadPlatformPaths(undefined, INTERFACES),
    logger: createLogger({ level: settings.logLevel }),
  });
}

/** As "ctg-sync resync ENTITY --all" does, for each source map. */
async function handOver({ database, sources, relay }: Agent): Promise<void> {
  for (const [entity, map] of sources) {
    let after: string | undefined;
    do {
      const page = await readKeys(database, map, { kind: 'all' }, { after, limit: 500 });
      await enqueueKeys(database, page, { entity, account: 'default', force: false });
      after = page.next;
    } while (after !== undefined);
    relay.wake();
  }
}

async function untilSettled({ database: { kysely } }: Agent): Promise<void> {
  for (;;) {
    const waiting = await kysely.selectFrom('ctg_outbox').select('id').limit(1).executeTakeFirst();
    const open = await kysely
      .selectFrom('ctg_delivery')
      .select('id')
      .where('state', 'in', ['waiting', 'queued', 'in_doubt', 'blocked'])
      .limit(1)
      .executeTakeFirst();
    if (!waiting && !open) return;
    await pause(200);
  }
}

type Count = { entity: string; state: string; count: number | string };

async function compare({ database: { kysely } }: Agent): Promise<void> {
  const { rows } = await sql<Count>`SELECT entity, state, count(*) AS count FROM ctg_delivery
    GROUP BY entity, state ORDER BY entity, state`.execute(kysely);
  console.table(rows.map((row) => ({ ...row, count: Number(row.count) })));
  const rejected = await kysely
    .selectFrom('ctg_delivery')
    .select(['entity', 'entity_key', 'reason'])
    .where('state', '=', 'rejected')
    .limit(10)
    .execute();
  if (rejected.length > 0) console.table(rejected);
  const { goods, customers, orders, violations } = sandbox.state();
  const counts = { goods, customers, orders };
  console.log(
    `The platform holds ${Object.entries(counts)
      .map(([what, all]) => `${Object.keys(all).length} ${what}`)
      .join(', ')}; it complains of ${violations.length} things.`,
  );
}

async function follow(agent: Agent): Promise<void> {
  console.log('Change something in the ERP’s tables, and see what is sent. Ctrl-C ends it.');
  const ended = new Promise<void>((resolve) => process.once('SIGINT', resolve));
  let stopped = false;
  void ended.then(() => {
    stopped = true;
  });
  let last = await newest(agent, 0);
  while (!stopped) {
    await pause(500);
    const { kysely } = agent.database;
    const rows = await kysely
      .selectFrom('ctg_delivery')
      .select(['id', 'entity', 'entity_key', 'op', 'state', 'reason'])
      .where('id', '>', last)
      .where('open_lane', 'is', null)
      .orderBy('id')
      .execute();
    for (const { entity, entity_key: key, op, state, reason } of rows)
      console.log(`${entity} ${key}: ${op} ${state}${reason === null ? '' : ` (${reason})`}`);
    last = rows.at(-1)?.id ?? last;
  }
}

async function newest({ database: { kysely } }: Agent, none: number): Promise<number> {
  const row = await kysely
    .selectFrom('ctg_delivery')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? none;
}
