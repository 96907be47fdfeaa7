import { type Agent, startAgent } from '../agent.ts';
import { loadAccounts } from '../config/accounts.ts';
import { createLogger } from '../config/logger.ts';
import { loadPlatformPaths } from '../config/paths.ts';
import { loadSettings } from '../config/settings.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts';
import { COMPANY_ID } from './erp.ts';
import { createErpTables, type ErpDatabase } from './erp-tables.ts';
import { DEMO_SOURCES } from './sources.ts';

/** The admin server of an agent, as far as the demo needs it. */
export type StartAdmin = (
  agent: Agent,
  options: { readonly port: number },
) => Promise<{ readonly url: string; close(): Promise<unknown> }>;

/** What the demo is built from. */
export type StageOptions = {
  /** Of the admin server; 0 takes a free one. */
  readonly port: number;
  readonly startAdmin: StartAdmin;
  /** Puts another stand-in in the place of the sandbox. */
  readonly startPlatform?: (options: SandboxOptions) => Promise<Sandbox>;
};

/** Everything that runs during the demo, in this one process. */
export type Stage = {
  readonly sandbox: Sandbox;
  readonly agent: Agent;
  readonly erp: ErpDatabase;
  readonly adminUrl: string;
  close(): Promise<void>;
};

const LOGIN = { username: '13800000000', password: 'sandbox', sec: 'sandbox-sec' };

/** How long the stand-in takes to answer: about what the internet and a busy server cost. */
const PLATFORM_LATENCY_MS = 60;

/**
 * Starts the stand-in for the platform, the agent on an empty embedded database, the ERP's tables in that database,
 * and the admin server. The environment is not read: no real ERP and no real platform can be met by accident.
 */
export async function openStage(options: StageOptions): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await build(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  options: StageOptions,
  closers: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Stage> {
  const sandbox = await (options.startPlatform ?? startSandbox)({
    sec: LOGIN.sec,
    accounts: [{ ...LOGIN, companyid: COMPANY_ID, companyName: '祎讯示例汽配' }],
  });
  closers.push(() => sandbox.close());
  // The first order's answer is lost on its way back, after the platform has stored it.
  sandbox.setFaults([
    { kind: 'latency', ms: PLATFORM_LATENCY_MS },
    { kind: 'drop-after', interface: 'place-order', times: 1 },
  ]);
  const agent = await startDemoAgent(sandbox.url);
  closers.push(() => agent.stop());
  const erp: ErpDatabase = agent.database.kysely.withTables();
  await createErpTables(erp);
  const admin = await startAdminServer(agent, options);
  closers.push(() => admin.close());
  return { sandbox, agent, erp, adminUrl: admin.url, close };
}

async function startAdminServer(agent: Agent, { startAdmin, port }: StageOptions) {
  try {
    return await startAdmin(agent, { port });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The console cannot listen on port ${port} (${reason}). Fix: give another one with --port.`,
      { cause },
    );
  }
}

async function startDemoAgent(platformUrl: string): Promise<Agent> {
  const variables = {
    CTG_BASE_URL: platformUrl,
    CTG_USERNAME: LOGIN.username,
    CTG_PASSWORD: LOGIN.password,
    CTG_SEC: LOGIN.sec,
    DATA_DIR: 'memory',
    POLL_CRON: '*/1 * * * * *',
    // Few at a time, so that the bars can be watched.
    CONCURRENCY: '4',
  };
  const settings = loadSettings(variables);
  return startAgent({
    settings,
    accounts: loadAccounts(settings, variables),
    sources: DEMO_SOURCES,
    platform: loadPlatformPaths(undefined),
    logger: createLogger({ level: 'error', pretty: true, destination: process.stderr }),
  });
}
