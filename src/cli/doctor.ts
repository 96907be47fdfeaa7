import type { Command } from 'commander';
import { sql } from 'kysely';
import type { Accounts } from '../config/accounts.ts';
import { requirePlatform } from '../config/require-platform.ts';
import { SettingsError } from '../config/settings.ts';
import type { SourceMap } from '../config/source-map.ts';
import { SYSTEMS, type System } from '../config/systems.ts';
import { type Database, openDatabase } from '../erp/database.ts';
import { readRecords } from '../erp/records.ts';
import { openQueueStore } from '../jobs/connections.ts';
import { pendingMigrations } from '../ledger/migrate.ts';
import { prepareChange } from '../ledger/prepare.ts';
import { readKeys } from '../ledger/resync.ts';
import { login } from '../mappers/login.ts';
import { interfaceFor } from '../mappers/registry.ts';
import type { Gateway } from '../platform/gateway.ts';
import { connectAgent } from './agent-client.ts';
import { openGateway } from './call.ts';
import { print } from './output.ts';
import { type Configuration, readConfiguration } from './settings.ts';

/** One thing that was looked at. */
type Finding = {
  readonly ok: boolean;
  readonly what: string;
  readonly detail: string;
  readonly fix?: string;
};

const PATIENCE_MS = 8_000;
const SAMPLE = 5;

/** `ctg-sync doctor` */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'check settings, database, queues, the platform and the source maps; each fault with its fix',
    )
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const findings: Finding[] = [];
      const note = (found: readonly Finding[]): void => {
        findings.push(...found);
        if (json !== true) for (const finding of found) process.stdout.write(`${describe(finding)}\n`);
      };
      await examine(note);
      if (json === true) print(json, { ok: findings.every(({ ok }) => ok), findings }, () => '');
      if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
    });
}

function describe({ ok, what, detail, fix }: Finding): string {
  const line = `${ok ? '✓' : '✗'} ${what}: ${detail}`;
  return fix === undefined ? line : `${line} Fix: ${fix}`;
}

async function examine(note: (found: readonly Finding[]) => void): Promise<void> {
  const read = readSoundly();
  note(read.findings);
  if (!read.configuration) return;
  const { configuration } = read;
  const isHeld =
    configuration.settings.databaseUrl === undefined &&
    (await connectAgent(configuration.settings).isThere());
  if (isHeld) {
    const detail = `embedded, and held by the agent at ${configuration.settings.syncUrl}; not looked into`;
    note([{ ok: true, what: 'database', detail }]);
  } else {
    await examineDatabase(configuration, note);
  }
  note([await examineQueues(configuration)]);
  const gateway = openGateway(configuration);
  try {
    note(await examineSystems(configuration));
    for (const id of configuration.accounts.keys())
      note([await examineLogin(gateway, configuration.accounts, id)]);
  } finally {
    await gateway.close();
  }
}

function readSoundly(): { readonly findings: readonly Finding[]; readonly configuration?: Configuration } {
  try {
    const configuration = readConfiguration();
    const { settings, accounts, sources } = configuration;
    const warnings = settings.warnings.map(
      (detail): Finding => ({ ok: false, what: 'settings', detail, fix: 'correct or remove it.' }),
    );
    const detail = `sound; ${accounts.size} accounts, ${sources.size} source maps`;
    return {
      findings: [{ ok: true, what: 'settings', detail }, ...warnings, ...platformFaults(configuration)],
      configuration,
    };
  } catch (error) {
    return { findings: settingFindings(error) };
  }
}

function platformFaults({ settings, accounts }: Configuration): readonly Finding[] {
  try {
    requirePlatform(settings, accounts);
    return [];
  } catch (error) {
    return settingFindings(error);
  }
}

function settingFindings(error: unknown): Finding[] {
  if (!(error instanceof SettingsError)) throw error;
  return error.faults.map(({ name, where, problem, fix }) => ({
    ok: false,
    what: where === undefined ? name : `${name} (${where})`,
    detail: `${problem}.`,
    fix: `${fix}.`,
  }));
}

async function examineDatabase(
  configuration: Configuration,
  note: (found: readonly Finding[]) => void,
): Promise<void> {
  const { databaseUrl: url, dataDir } = configuration.settings;
  const opened = await attempt(() => openDatabase({ url, dataDir, connections: 2 }));
  if (!opened.ok) return note([databaseFault(opened.words)]);
  const database = opened.value;
  try {
    const answer = await attempt(() => patiently(sql`SELECT 1`.execute(database.kysely)));
    if (!answer.ok) return note([databaseFault(answer.words)]);
    note([await examineMigrations(database, configuration)]);
    for (const map of configuration.sources.values()) note([await examineSource(database, map)]);
  } finally {
    await database.close().catch(() => undefined);
  }
}

function databaseFault(words: string): Finding {
  const fix = 'check DATABASE_URL, and that the database runs and is reachable from here.';
  return { ok: false, what: 'database', detail: `does not answer (${words}).`, fix };
}

async function examineMigrations(database: Database, { settings }: Configuration): Promise<Finding> {
  const what = `database (${database.engine})`;
  const pending = await attempt(() => pendingMigrations(database));
  if (!pending.ok) {
    const fix = 'give its user the right to create tables.';
    return { ok: false, what, detail: `its migrations cannot be read (${pending.words}).`, fix };
  }
  if (pending.value.length === 0) return { ok: true, what, detail: 'answers; its tables are up to date' };
  const lacks = `answers; lacks ${pending.value.join(', ')}`;
  if (settings.autoMigrate) return { ok: true, what, detail: `${lacks}, which start applies` };
  return { ok: false, what, detail: `${lacks}.`, fix: 'run "ctg-sync migrate".' };
}

/** Runs a source map for a few records, and checks these as the relay would. */
async function examineSource(database: Database, map: SourceMap): Promise<Finding> {
  const what = `source map ${map.entity}`;
  const tried = await attempt(async () => {
    if (map.selectAll === undefined) {
      await readRecords(database.kysely, map, ['']);
      return undefined;
    }
    const page = await readKeys(database, map, { kind: 'all' }, { after: undefined, limit: SAMPLE });
    return readRecords(database.kysely, map, page.keys);
  });
  if (!tried.ok) {
    return {
      ok: false,
      what,
      detail: `does not run (${tried.words}).`,
      fix: 'correct it in CTG_SOURCES_FILE.',
    };
  }
  if (tried.value === undefined)
    return { ok: true, what, detail: 'runs; without selectAll no record was tried' };
  const refused = [...tried.value.values()].flatMap((source) => {
    const row = {
      id: 0,
      account: '',
      entity: map.entity,
      key: source.key,
      op: 'upsert',
      payload: undefined,
      capturedAt: new Date(),
    };
    const { content } = prepareChange(row, interfaceFor(map.entity), source, { companyId: 'of the account' });
    return content.kind === 'invalid' ? [`${source.key}: ${content.reason}`] : [];
  });
  const count = tried.value.size;
  if (refused.length === 0)
    return { ok: true, what, detail: `runs; ${count} of ${count} records tried are sound` };
  const detail = `${refused.length} of ${count} records tried would be rejected (${refused[0]}).`;
  return { ok: false, what, detail, fix: 'correct the SELECT, add a conversion, or correct the records.' };
}

async function examineQueues({ settings }: Configuration): Promise<Finding> {
  const what = 'queues';
  const { redis } = settings;
  if (!redis) {
    const where = settings.databaseUrl?.startsWith('postgres')
      ? 'on the PostgreSQL of DATABASE_URL'
      : 'in the process';
    return { ok: true, what, detail: `run ${where}; no REDIS_URL is set` };
  }
  const tried = await attempt(async () => {
    const store = await openQueueStore({ redis, postgresUrl: undefined, prefix: settings.queuePrefix });
    try {
      await patiently(store.ping());
    } finally {
      await store.close();
    }
  });
  if (tried.ok) return { ok: true, what, detail: `Redis (${redis.kind}) answers` };
  const fix = 'check REDIS_URL, and that Redis runs and is reachable from here.';
  return { ok: false, what, detail: `Redis does not answer (${tried.words}).`, fix };
}

/** Any HTTP answer shows that a system is there; what it says matters at the log-in. */
async function examineSystems({ settings, accounts }: Configuration): Promise<Finding[]> {
  const urls = new Map<string, Set<System>>();
  for (const system of SYSTEMS) {
    const own = [...accounts.values()].map((account) => account.urls[system] ?? settings.baseUrls[system]);
    for (const url of own) if (url !== undefined) urls.set(url, (urls.get(url) ?? new Set()).add(system));
  }
  return Promise.all([...urls].map(([url, systems]) => examineAddress(url, [...systems].join(', '))));
}

async function examineAddress(url: string, systems: string): Promise<Finding> {
  const what = `platform ${systems}`;
  const { host } = new URL(url);
  const tried = await attempt(async () => {
    const reply = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await reply.body?.cancel();
  });
  if (tried.ok) return { ok: true, what, detail: `${host} answers` };
  const fix = 'check CTG_BASE_URL (CTG_CRM_URL, …), the network, the proxy and the certificate.';
  return { ok: false, what, detail: `${host} does not answer (${tried.words}).`, fix };
}

async function examineLogin(gateway: Gateway, accounts: Accounts, id: string): Promise<Finding> {
  const what = `account ${id}`;
  const account = accounts.get(id);
  if (!account) return { ok: false, what, detail: 'is not set.' };
  const { outcome } = await gateway.send({ endpoint: login, account, body: {} });
  const message = 'message' in outcome ? ` ${outcome.message}` : '';
  switch (outcome.kind) {
    case 'accepted':
      return { ok: true, what, detail: 'the platform takes its log-in' };
    case 'login-refused':
    case 'rejected':
    case 'duplicate':
      return {
        ok: false,
        what,
        detail: `the platform refuses its log-in:${message}.`,
        fix: 'check username, password and sec; too many tries may lock the account.',
      };
    default:
      return {
        ok: false,
        what,
        detail: `its log-in could not be tried (${outcome.kind}).${message}`,
        fix: 'see the line of the system crm; check the path of "login" (CTG_PATHS_FILE).',
      };
  }
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly words: string };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, words: wordsOf(error) };
  }
}

/** The innermost cause says what happened; a refused connection has several, and no words of its own. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return wordsOf(error.cause);
  return error.message || error.name;
}

async function patiently<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
