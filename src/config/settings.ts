import type { z } from 'zod';
import { type Fault, throwFaults } from './fault.ts';
import { type AlertSettings, alertSettings, traceEndpoint } from './monitoring.ts';
import { fixOf } from './reading.ts';
import type { RedisTarget } from './redis-url.ts';
import { concealing, Secret } from './secret.ts';
import { type SettingValues, settingsByName, settingsSchema } from './setting-definitions.ts';
import { settingFaults } from './setting-faults.ts';
import { readSettingTexts, unknownSettings } from './setting-texts.ts';
import type { System } from './systems.ts';

export { SettingsError } from './fault.ts';
export type { RedisTarget } from './redis-url.ts';

/** The account `default`, as far as the environment gives it. */
export type DefaultLogin = { readonly username?: string; readonly password?: Secret; readonly sec?: Secret };

/** Everything that is set, parsed. `console.log` and `JSON.stringify` of it show no secret. */
export type Settings = {
  /** The ERP's database; none means the embedded PGlite under {@link Settings.dataDir}. Holds a password. */
  readonly databaseUrl?: string;
  readonly redis?: RedisTarget;
  readonly dataDir: string;
  /** Without a trailing slash. */
  readonly baseUrls: Readonly<Record<System, string | undefined>>;
  readonly allowInsecure: boolean;
  readonly defaultLogin: DefaultLogin;
  readonly accountsFile?: string;
  readonly sourcesFile?: string;
  readonly pathsFile?: string;
  readonly httpHost: string;
  readonly httpPort: number;
  readonly adminToken?: string;
  readonly adminTokenReadonly?: string;
  /** `adminToken` when it is not set by itself. */
  readonly ingestToken?: string;
  readonly bullBoardReadOnly: boolean;
  /** Whether the console may show personal data as it is. */
  readonly consoleUnmask: boolean;
  /** Where commands find the running agent. */
  readonly syncUrl: string;
  readonly concurrency: number;
  /** Sends per second per system; 0 is no limit. */
  readonly rateLimit: number;
  readonly timeoutMs: number;
  readonly pollCron: string;
  /** When what the platform holds is read; undefined: never. */
  readonly mirrorCron?: string;
  readonly reconcileCron?: string;
  readonly reconcileRepair: boolean;
  /** Records per second that a backfill hands over; 0 is no limit. */
  readonly backfillRateLimit: number;
  /** Status polls per second per system, at most. */
  readonly pollRateLimit: number;
  readonly logLevel: SettingValues['LOG_LEVEL'];
  readonly autoMigrate: boolean;
  /** Whether the ERP's statement fails when its change cannot be captured. */
  readonly captureMandatory: boolean;
  readonly senders: number;
  readonly httpClient: 'got' | 'undici';
  readonly retryMaxAgeHours: number;
  /** The longest pause between two attempts. */
  readonly retryCapMs: number;
  /** Not hash-tagged yet: on a Cluster write `{prefix}`. */
  readonly queuePrefix: string;
  readonly goodsDelete: 'stock-zero' | 'ignore';
  readonly agentId?: string;
  /** 0 keeps finished deliveries for ever. */
  readonly historyDays: number;
  readonly alerts: AlertSettings;
  /** The collector of traces, without a path; undefined: no traces. */
  readonly traceEndpoint?: string;
  /** Sentences for the log: `CTG_…` variables that nothing reads. */
  readonly warnings: readonly string[];
};

const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'databaseUrl',
  'redis',
  'adminToken',
  'adminTokenReadonly',
  'ingestToken',
]);

/** Parses the environment. Throws one `SettingsError` (`SETTINGS_INVALID`) with all faults, and no secret in it. */
export function loadSettings(env: NodeJS.ProcessEnv): Settings {
  const { texts, faults: unread } = readSettingTexts(env);
  const { values, faults: misread } = parseTexts(texts);
  const found = [...unread, ...misread];
  const named = new Set(found.map(({ name }) => name.replace(/_FILE$/, '')));
  throwFaults([...found, ...settingFaults(values).filter(({ name }) => !named.has(name))]);
  return toSettings(values, unknownSettings(env, values.CTG_ACCOUNTS_FILE));
}

/** The sound values, and the faults of the others, whose defaults stand in so that the rest can be judged too. */
function parseTexts(texts: Readonly<Record<string, string>>) {
  const parsed = settingsSchema.safeParse(texts);
  if (parsed.success) return { values: parsed.data, faults: [] };
  const faults = parsed.error.issues.map((issue) => faultOf(issue, texts));
  const faulty = new Set(faults.map(({ name }) => name));
  const sound = Object.fromEntries(Object.entries(texts).filter(([name]) => !faulty.has(name)));
  return { values: settingsSchema.parse(sound), faults };
}

function faultOf(issue: z.core.$ZodIssue, texts: Readonly<Record<string, string>>): Fault {
  const name = String(issue.path[0]);
  const fix = fixOf(issue);
  if (fix !== undefined) return { name, problem: issue.message, fix };
  const definition = settingsByName().get(name);
  const shown = definition?.secret ? 'the value' : `"${texts[name]}"`;
  return {
    name,
    problem: `${shown} is not accepted`,
    fix: `give ${definition?.accepts.en.replaceAll('`', '')}`,
  };
}

function toSettings(values: SettingValues, warnings: readonly string[]): Settings {
  const settings: Settings = {
    ...storageOf(values),
    ...platformOf(values),
    ...sendingOf(values),
    ...agentOf(values),
    alerts: alertSettings(values),
    traceEndpoint: traceEndpoint(values),
    warnings,
  };
  return Object.freeze(concealing(settings, SECRET_FIELDS));
}

function storageOf(values: SettingValues) {
  return {
    databaseUrl: values.DATABASE_URL,
    redis: values.REDIS_URL,
    queuePrefix: values.QUEUE_PREFIX,
    dataDir: values.DATA_DIR,
    autoMigrate: values.AUTO_MIGRATE,
    captureMandatory: values.CAPTURE_MANDATORY,
    historyDays: values.HISTORY_DAYS,
  };
}

function platformOf(values: SettingValues) {
  return {
    baseUrls: baseUrlsOf(values),
    allowInsecure: values.CTG_ALLOW_INSECURE,
    defaultLogin: {
      username: values.CTG_USERNAME,
      password: secretOf(values.CTG_PASSWORD),
      sec: secretOf(values.CTG_SEC),
    },
    accountsFile: values.CTG_ACCOUNTS_FILE,
    sourcesFile: values.CTG_SOURCES_FILE,
    pathsFile: values.CTG_PATHS_FILE,
    goodsDelete: values.CTG_GOODS_DELETE,
  };
}

function baseUrlsOf(values: SettingValues): Record<System, string | undefined> {
  return {
    crm: values.CTG_CRM_URL ?? values.CTG_BASE_URL,
    data: values.CTG_DATA_URL ?? values.CTG_BASE_URL,
    order: values.CTG_ORDER_URL ?? values.CTG_BASE_URL,
    logistics: values.CTG_LOGISTICS_URL ?? values.CTG_BASE_URL,
  };
}

function secretOf(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}

function sendingOf(values: SettingValues) {
  return {
    concurrency: values.CONCURRENCY,
    rateLimit: values.CTG_RATE_LIMIT,
    timeoutMs: values.CTG_TIMEOUT_MS,
    httpClient: values.CTG_HTTP_CLIENT,
    senders: values.SENDERS,
    retryMaxAgeHours: values.RETRY_MAX_AGE_HOURS,
    retryCapMs: values.RETRY_MAX_DELAY_MS,
    pollCron: values.POLL_CRON,
    mirrorCron: values.MIRROR_CRON === 'off' ? undefined : values.MIRROR_CRON,
    reconcileCron: values.RECONCILE_CRON === 'off' ? undefined : values.RECONCILE_CRON,
    reconcileRepair: values.RECONCILE_REPAIR,
    pollRateLimit: values.POLL_RATE_LIMIT,
    backfillRateLimit: values.BACKFILL_RATE_LIMIT,
  };
}

function agentOf(values: SettingValues) {
  return {
    httpHost: values.HTTP_HOST,
    httpPort: values.HTTP_PORT,
    adminToken: values.ADMIN_TOKEN,
    adminTokenReadonly: values.ADMIN_TOKEN_READONLY,
    ingestToken: values.INGEST_TOKEN ?? values.ADMIN_TOKEN,
    bullBoardReadOnly: values.BULL_BOARD_READONLY,
    consoleUnmask: values.CONSOLE_UNMASK,
    syncUrl: values.CTG_SYNC_URL ?? localUrl(values.HTTP_HOST, values.HTTP_PORT),
    agentId: values.AGENT_ID,
    logLevel: values.LOG_LEVEL,
  };
}

/** An agent that listens on every address is reached on loopback. */
function localUrl(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
