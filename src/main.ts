import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startAdmin } from './admin/server.ts';
import { withinTime } from './admin/within-time.ts';
import { startAgent } from './agent.ts';
import { type Accounts, loadAccounts } from './config/accounts.ts';
import { readEnvironment } from './config/environment.ts';
import { createLogger, type Logger } from './config/logger.ts';
import { loadPlatformPaths } from './config/paths.ts';
import { requirePlatform } from './config/require-platform.ts';
import { loadSettings, SettingsError } from './config/settings.ts';
import { loadSources } from './config/sources.ts';
import { startReloading } from './jobs/reload.ts';
import { INTERFACES } from './mappers/registry.ts';
import { partOf, type SenderOrder, senderNumber, startSenders } from './senders.ts';
import { endOnStandstill } from './standstill.ts';

const ADMIN_CLOSE_MS = 5_000;
/** Longer than any statement of the embedded store, which holds up everything else. */
const STANDSTILL_SECONDS = 30;

/**
 * Runs one of the other sending processes of an agent (setting `SENDERS`): all of an agent but its admin server. It ends
 * when the main process says so, or is gone.
 */
async function runSender(number: number): Promise<void> {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  process.on('disconnect', resolve);
  process.on('SIGTERM', resolve);
  // Ctrl-C reaches the whole group of processes; the main process tells what it means.
  process.on('SIGINT', () => undefined);
  let reload = (): void => undefined;
  process.on('message', (order: SenderOrder) => (order === 'stop' ? resolve() : reload()));
  const sender = await startOrExit(async () => {
    const parts = await startParts(number);
    parts.logger.info({ agentId: parts.agent.id }, 'sending');
    return parts;
  });
  reload = () => void sender.reloading.reload();
  const reason = await Promise.race([end, sender.outdated]);
  if (reason !== undefined) sender.logger.fatal(reason);
  sender.reloading.stop();
  await sender.agent.stop();
  process.exit(reason === undefined ? 0 : 1);
}

/**
 * Runs an agent with its admin server until SIGTERM or SIGINT, and then ends the process: with 0 once everything under
 * way has ended, with 1 at a second signal, a failed start, an error that nobody caught, or when a newer version has
 * changed the tables: an older agent must not work on them.
 */
export async function runDaemon(): Promise<void> {
  const signals = watchSignals();
  const daemon = await startOrExit(startDaemon);
  const reason = await Promise.race([signals.first, daemon.outdated]);
  if (reason !== undefined) daemon.logger.fatal(reason);
  daemon.logger.info('stopping: takes nothing new, and lets what is under way end');
  await daemon.stop();
  daemon.logger.info('stopped');
  process.exit(reason === undefined ? 0 : 1);
}

type Daemon = {
  readonly logger: Logger;
  /** Resolves with the reason when this version must not go on. */
  readonly outdated: Promise<string>;
  stop(): Promise<void>;
};

/** The first signal asks for an orderly end, even one that comes during the start; the second one does not wait. */
function watchSignals(): { readonly first: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const onSignal = (): void => {
    count += 1;
    if (count > 1) process.exit(1);
    resolve();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return { first: promise };
}

async function startOrExit<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    process.stderr.write(`${explainStart(error)}\n`);
    process.exit(1);
  }
}

/** The accounts as the environment, its `…_FILE` secrets and the accounts file give them now. */
function readAccounts(): Accounts {
  const environment = readEnvironment();
  return loadAccounts(loadSettings(environment), environment);
}

/** The agent of this process, and what keeps its accounts up to date. */
async function startParts(sender: number | undefined) {
  const environment = readEnvironment();
  const settings = partOf(loadSettings(environment), sender);
  const accounts = loadAccounts(settings, environment);
  const sources = loadSources(settings.sourcesFile);
  const platform = loadPlatformPaths(settings.pathsFile, INTERFACES);
  requirePlatform(settings, accounts);
  const common = createLogger({ level: settings.logLevel, pretty: process.stdout.isTTY === true });
  const logger = sender === undefined ? common : common.child({ sender });
  exitOnUnforeseen(logger);
  if (settings.databaseUrl === undefined) endOnStandstill(STANDSTILL_SECONDS);
  if (sender === undefined) for (const warning of settings.warnings) logger.warn(warning);
  const outdated = Promise.withResolvers<string>();
  const onNewerTables = outdated.resolve;
  const agent = await startAgent({ settings, accounts, sources, platform, logger, onNewerTables });
  const reloading = startReloading({
    read: readAccounts,
    replace: (next) => agent.replaceAccounts(next),
    logger,
  });
  return { agent, logger, reloading, outdated: outdated.promise };
}

async function startDaemon(): Promise<Daemon> {
  const { agent, logger, reloading, outdated } = await startParts(undefined);
  const admin = await startAdmin(agent).catch(async (error: unknown) => {
    await agent.stop();
    throw error;
  });
  const senders = startSenders(fileURLToPath(import.meta.url), agent.settings.senders, logger);
  process.on('SIGHUP', () => {
    void reloading.reload();
    senders.reload();
  });
  const { url } = admin;
  logger.info(
    { url, console: `${url}/`, queues: `${url}/queues`, status: `${url}/v1/status`, agentId: agent.id },
    'ready',
  );
  return {
    logger,
    outdated,
    stop: async () => {
      reloading.stop();
      const sending = senders.stop();
      // A request that waits for a database that is away must not keep the agent from ending.
      await withinTime(ADMIN_CLOSE_MS, admin.close()).catch(() => undefined);
      await agent.stop();
      await sending;
    },
  };
}

/** After an error that nobody caught the process is in a state that nobody thought of: another one takes over. */
function exitOnUnforeseen(logger: Logger): void {
  const exit = (error: unknown): void => {
    logger.fatal({ err: error }, 'unforeseen error');
    process.exit(1);
  };
  process.on('unhandledRejection', exit);
  process.on('uncaughtException', exit);
}

function explainStart(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const words = wordsOf(error);
  switch (code) {
    case 'EADDRINUSE':
      return `The admin server cannot listen: ${words}. Fix: end what uses the port, or set HTTP_PORT to another one.`;
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'ETIMEDOUT':
      return `The database or the queue store does not answer: ${words}. Fix: check DATABASE_URL and REDIS_URL ("ctg-sync doctor" tells which).`;
    default:
      return `The agent could not start: ${words}`;
  }
}

/** A refused connection to several addresses carries its words inside. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) {
  const sender = senderNumber(process.argv);
  await (sender === undefined ? runDaemon() : runSender(sender));
}
