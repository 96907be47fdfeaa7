import { hash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Accounts } from './config/accounts.ts';
import { readEnvironment } from './config/environment.ts';
import type { PlatformOptions } from './config/paths.ts';
import { readSecret } from './config/reference.ts';
import type { Settings } from './config/settings.ts';
import type { Sources } from './config/source-map.ts';
import { type Database, openDatabase } from './erp/database.ts';
import { openQueueStore } from './jobs/connections.ts';
import { createDeliverer, type Deliverer } from './jobs/deliver.ts';
import { createLogins, type Logins } from './jobs/logins.ts';
import { type PollContext, pollDue, pollWatch } from './jobs/poll.ts';
import { createQueues, type Queues, TICKS } from './jobs/queues.ts';
import { type RelayLoop, startRelay } from './jobs/relay-loop.ts';
import { startSchedule } from './jobs/schedule.ts';
import { sweep } from './jobs/sweep.ts';
import { forgetAgents, markAlive } from './ledger/agents.ts';
import { migrate, pendingMigrations } from './ledger/migrate.ts';
import type { ReadyDelivery } from './ledger/relay-store.ts';
import { SHARDS } from './ledger/tally.ts';
import { INTERFACES } from './mappers/registry.ts';
import { createGateway, type Gateway } from './platform/gateway.ts';
import { createGotTransport } from './platform/got-transport.ts';
import { staticSigner } from './platform/signer.ts';

/** What an agent is built from. */
export type AgentOptions = {
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly sources: Sources;
  readonly platform: PlatformOptions;
  readonly logger: Logger;
};

/** A running agent: the composition of all parts, and what the admin server and the commands reach. */
export type Agent = {
  readonly id: string;
  readonly settings: Settings;
  readonly sources: Sources;
  readonly logger: Logger;
  readonly database: Database;
  readonly queues: Queues;
  readonly gateway: Gateway;
  readonly logins: Logins;
  readonly relay: RelayLoop;
  readonly deliverer: Deliverer;
  readonly pollContext: PollContext;
  /** Whether this agent may send: it has told the database lately that it lives. */
  readonly leaseFault: () => string | undefined;
  /** Ends in order: takes nothing new, lets what is under way end, closes. */
  stop(): Promise<void>;
};

/** How often an agent says that it lives. */
const HEARTBEAT_MS = 2_000;
/** An agent that could not say so for so long stops sending. */
const SILENT_MS = 6_000;
/** What is added to that and to the longest send before another agent may take over: clocks and slow commits. */
const TAKEOVER_MARGIN_MS = 2_000;
/** How long a due delivery is left to its job before the sweep puts it back. */
const SWEEP_GRACE_MS = 8_000;
const EMPTIED_CHECK_MS = 1_000;

/**
 * Builds an agent from top to bottom and starts it. Everything that is opened gives a closer; they run in reverse
 * order, at the end and when the start fails.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) {
      await Promise.resolve(close()).catch((error: unknown) =>
        options.logger.warn({ error: String(error) }, 'a part did not close cleanly'),
      );
    }
  };
  try {
    return await build(options, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  { settings, accounts, sources, platform, logger }: AgentOptions,
  closers: (() => Promise<unknown> | unknown)[],
  stop: () => Promise<void>,
): Promise<Agent> {
  const id =
    settings.agentId ?? `${hostname().slice(0, 32)}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const shard = hash('sha256', id, 'buffer').readUInt16BE(0) % SHARDS;

  const database = await openDatabase({
    url: settings.databaseUrl,
    dataDir: settings.dataDir,
    connections: 12,
  });
  closers.push(() => database.close());
  await bringUpToDate(database, settings.autoMigrate, logger);

  const isPostgres = database.engine === 'postgres';
  const store = await openQueueStore({
    redis: settings.redis,
    postgresUrl: isPostgres ? settings.databaseUrl : undefined,
    prefix: settings.queuePrefix,
  });
  const names = INTERFACES.filter((each) => each.push || each.poll).map((each) => each.name);
  const queues = createQueues(store, names, logger);
  closers.push(() => queues.close());

  const gateway = createGateway({
    transport: createGotTransport({
      concurrency: settings.concurrency,
      allowInsecure: settings.allowInsecure,
    }),
    signer: staticSigner,
    baseUrls: settings.baseUrls,
    platform,
    timeoutMs: settings.timeoutMs,
    rateLimit: settings.rateLimit,
    onCircuitChange: (system, snapshot) => logger.warn({ system, ...snapshot }, 'circuit'),
  });
  closers.push(() => gateway.close());

  const lease = await startLease(database, id, longestSendMs(settings, platform), logger);
  closers.push(() => lease.stop());

  const logins = createLogins({ accounts, database, gateway, logger, onAccepted: () => relay.wake() });
  await logins.load();

  const mapperOptions = {
    goodsDelete: settings.goodsDelete,
    opTypes: Object.fromEntries(
      Object.entries(platform.interfaces).map(([name, each]) => [name, each.opTypes ?? {}]),
    ),
  };
  const enqueue = (ready: readonly ReadyDelivery[]): Promise<void> => queues.enqueueDeliveries(ready);
  const deliverer = createDeliverer({
    database,
    gateway,
    accounts,
    logins,
    logger,
    agent: { id, shard },
    leaseFault: lease.fault,
    mapperOptions,
    readSecret: (reference) => readSecret(reference, { variables: readEnvironment(), directory: '.' }),
    retryCapMs: settings.retryCapMs,
    retryMaxAgeMs: settings.retryMaxAgeHours * 3_600_000,
    concurrency: settings.concurrency,
    onReady: (ready) => void enqueue(ready).catch(() => undefined),
    onOutbox: () => relay.wake(),
  });
  const relay = startRelay({
    database,
    sources,
    keyFormat: platform.key,
    shard,
    logger,
    companyOf: logins.companyOf,
    enqueue,
    depth: (name) => queues.depth(name),
    refusedAccounts: () => logins.refused(),
    polls: database.engine === 'mysql',
  });
  closers.push(() => deliverer.settled());
  closers.push(() => relay.stop());
  const listening = await database.listen('ctg_outbox', () => relay.wake());
  if (listening) closers.push(listening);

  const pollContext: PollContext = {
    database,
    gateway,
    accounts,
    logins,
    logger,
    mapperOptions,
    enqueue: (watches) => queues.enqueueWatches(watches),
  };
  const sweepContext = {
    database,
    enqueue,
    requeue: (overdue: readonly ReadyDelivery[]) => queues.requeueDeliveries(overdue),
  };
  await sweep(sweepContext, 0);
  startWorkers({
    queues,
    deliverer,
    pollContext,
    logins,
    concurrency: settings.concurrency,
    sweep: () => sweep(sweepContext, SWEEP_GRACE_MS),
  });
  closers.push(() => queues.stopWorkers());
  closers.push(() => deliverer.stop());
  closers.push(watchForEmptiedQueue(queues, () => sweep(sweepContext, 0), logger));
  closers.push(startSchedule({ queues, pollCron: settings.pollCron, logger }));

  return {
    id,
    settings,
    sources,
    logger,
    database,
    queues,
    gateway,
    logins,
    relay,
    deliverer,
    pollContext,
    leaseFault: lease.fault,
    stop,
  };
}

async function bringUpToDate(database: Database, autoMigrate: boolean, logger: Logger): Promise<void> {
  if (autoMigrate) {
    const { applied } = await migrate(database);
    if (applied.length > 0) logger.info({ applied }, 'database brought up to date');
    return;
  }
  const pending = await pendingMigrations(database);
  if (pending.length > 0) {
    throw new Error(
      `The database lacks ${pending.join(', ')}. Run "ctg-sync migrate", or set AUTO_MIGRATE=true.`,
    );
  }
}

function longestSendMs(settings: Settings, platform: PlatformOptions): number {
  const own = Object.values(platform.interfaces).map((each) => each.timeoutMs ?? 0);
  return Math.max(settings.timeoutMs, ...own);
}

/** Tells the database every few seconds that this agent lives, and knows whether it could. */
async function startLease(
  database: Database,
  id: string,
  longestMs: number,
  logger: Logger,
): Promise<{ fault: () => string | undefined; stop: () => Promise<void> }> {
  const agent = {
    id,
    host: hostname(),
    pid: process.pid,
    leaseMs: SILENT_MS + longestMs + TAKEOVER_MARGIN_MS,
  };
  // The embedded store is held by one process: whoever was there before is gone.
  if (database.engine === 'pglite') await forgetAgents(database, 'all');
  let told = performance.now();
  const tell = async (): Promise<void> => {
    const asked = performance.now();
    await markAlive(database, agent);
    // Counted from the question, not the answer: the database's own moment lies between the two.
    told = asked;
  };
  await tell();
  const timer = setInterval(() => {
    tell().catch((error: unknown) => logger.warn({ error: String(error) }, 'heartbeat failed'));
  }, HEARTBEAT_MS);
  return {
    fault: () =>
      performance.now() - told > SILENT_MS
        ? 'this agent could not tell the database that it lives'
        : undefined,
    stop: async () => {
      clearInterval(timer);
      await forgetAgents(database, { id });
    },
  };
}

type WorkersContext = {
  readonly queues: Queues;
  readonly deliverer: Deliverer;
  readonly pollContext: PollContext;
  readonly logins: Logins;
  readonly concurrency: number;
  readonly sweep: () => Promise<number>;
};

function startWorkers({ queues, deliverer, pollContext, logins, concurrency, sweep }: WorkersContext): void {
  for (const target of INTERFACES) {
    if (!target.push && !target.poll) continue;
    queues.work(target.name, concurrency, async ({ data }) => {
      if ('delivery' in data) return deliverer.deliver(target, data.delivery);
      if ('watch' in data) return pollWatch(pollContext, data.watch);
      return { kind: 'done', summary: 'nothing to do' };
    });
  }
  const ticks: Record<string, () => Promise<unknown>> = {
    poll: () => pollDue(pollContext),
    sweep,
    logins: () => logins.check(),
  };
  queues.work(TICKS, 3, async ({ data }) => {
    const tick = 'tick' in data ? ticks[data.tick] : undefined;
    await tick?.();
    return { kind: 'done', summary: 'tick' };
  });
}

/** Looks every second whether the queues were lost (a flushed or restarted Redis), and fills them again at once. */
function watchForEmptiedQueue(queues: Queues, refill: () => Promise<number>, logger: Logger): () => void {
  let busy = false;
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      if (await queues.wasEmptied()) {
        const count = await refill();
        logger.info({ deliveries: count }, 'queues filled from the ledger');
      }
    } catch (error) {
      logger.warn({ error: String(error) }, 'the queue store does not answer');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void look(), EMPTIED_CHECK_MS);
  void look();
  return () => clearInterval(timer);
}
