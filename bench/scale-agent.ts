// An agent in a process of its own, so that its processor time and its memory are its own.
import { once } from 'node:events';
import { startAgent } from '../src/agent.ts';
import { loadAccounts } from '../src/config/accounts.ts';
import { createLogger } from '../src/config/logger.ts';
import { loadPlatformPaths } from '../src/config/paths.ts';
import { loadSettings } from '../src/config/settings.ts';
import type { Client } from './contender.ts';
import { startCounting } from './counting.ts';

/** What the process is to work on. */
export type ScaleTask = {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly url: string;
  readonly client: Client;
  readonly concurrency: number;
};

/** What it measured between "begin" and "end". */
export type ScaleMeasured = {
  readonly cpuMs: number;
  readonly peakRssMb: number;
  readonly statements: number;
};

const [task] = (await once(process, 'message')) as [ScaleTask];
process.on('disconnect', () => process.exit(1));
const env = {
  CTG_BASE_URL: task.url,
  CTG_USERNAME: '13800000000',
  CTG_PASSWORD: 'bench',
  CTG_SEC: 'bench-sec',
  CTG_HTTP_CLIENT: task.client,
  CONCURRENCY: String(task.concurrency),
  DATABASE_URL: task.databaseUrl,
  REDIS_URL: task.redisUrl,
  LOG_LEVEL: 'warn',
  POLL_CRON: '0 0 0 1 1 *',
  MIRROR_CRON: 'off',
};
const asked = startCounting(new Set());
const settings = loadSettings(env);
const agent = await startAgent({
  settings,
  accounts: loadAccounts(settings, env),
  sources: new Map(),
  platform: loadPlatformPaths(undefined),
  logger: createLogger({ level: settings.logLevel }),
});
process.send?.('ready');
await once(process, 'message');
const [before, cpuBefore] = [asked(), process.cpuUsage()];
process.send?.('begun');
await once(process, 'message');
const cpu = process.cpuUsage(cpuBefore);
const measured: ScaleMeasured = {
  cpuMs: (cpu.user + cpu.system) / 1000,
  peakRssMb: process.resourceUsage().maxRSS / 1024,
  statements: asked().statements - before.statements,
};
await agent.stop();
process.send?.(measured, () => process.exit(0));
