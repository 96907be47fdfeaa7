import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startAdmin } from './admin/server.ts';
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

/**
 * Runs an agent with its admin server until SIGTERM or SIGINT, and then ends the process: with 0 once everything under
 * way has ended, with 1 at a second signal, a failed start, an error that nobody caught, or when a newer version has
 * changed the tables: an older agent must not work on them.
 */
export async function runDaemon(): Promise<void> {
  const signals = watchSignals();
  const daemon = await startOrExit();
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

async function startOrExit(): Promise<Daemon> {
  try {
    return await startDaemon();
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

async function startDaemon(): Promise<Daemon> {
  const environment = readEnvironment();
  const settings = loadSettings(environment);
  const accounts = loadAccounts(settings, environment);
  const sources = loadSources(settings.sourcesFile);
  const platform = loadPlatformPaths(settings.pathsFile, INTERFACES);
  requirePlatform(settings, accounts);
  const logger = createLogger({ level: settings.logLevel, pretty: process.stdout.isTTY === true });
  exitOnUnforeseen(logger);
  for (const warning of settings.warnings) logger.warn(warning);
  const outdated = Promise.withResolvers<string>();
  const onNewerTables = outdated.resolve;
  const agent = await startAgent({ settings, accounts, sources, platform, logger, onNewerTables });
  const admin = await startAdmin(agent).catch(async (error: unknown) => {
    await agent.stop();
    throw error;
  });
  const reloading = startReloading({
    read: readAccounts,
    replace: (next) => agent.replaceAccounts(next),
    logger,
  });
  process.on('SIGHUP', () => void reloading.reload());
  const { url } = admin;
  logger.info(
    { url, console: `${url}/`, queues: `${url}/queues`, status: `${url}/v1/status`, agentId: agent.id },
    'ready',
  );
  return {
    logger,
    outdated: outdated.promise,
    stop: async () => {
      reloading.stop();
      await admin.close();
      await agent.stop();
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
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) await runDaemon();
