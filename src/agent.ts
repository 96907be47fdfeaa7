import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { createMetrics, type Metrics } from './admin/metrics/metrics.ts';
import { readVersion } from './admin/version.ts';
import { withinTime } from './admin/within-time.ts';
import { createAccountBook } from './config/account-book.ts';
import type { Accounts } from './config/accounts.ts';
import { readEnvironment } from './config/environment.ts';
import type { PlatformOptions } from './config/paths.ts';
import { readSecret } from './config/reference.ts';
import type { Settings } from './config/settings.ts';
import type { Sources } from './config/source-map.ts';
import { type Database, openDatabase } from './erp/database.ts';
import { emptyStore } from './erp/empty-store.ts';
import { watchAlerts } from './jobs/alerts/watch-alerts.ts';
import { type Backfills, startBackfills } from './jobs/backfill.ts';
import { watchClock } from './jobs/clock-steps.ts';
import { openQueueStore } from './jobs/connections.ts';
import { createDeliverer, type Deliverer } from './jobs/deliver.ts';
import { startLease } from './jobs/lease.ts';
import { createLogins, type Logins } from './jobs/logins.ts';
import { createLooksPast } from './jobs/looks-past.ts';
import { createMirror, type Mirror } from './jobs/mirror.ts';
import { watchForNewerTables } from './jobs/newer-tables.ts';
import { openTracer } from './jobs/open-tracer.ts';
import type { PollContext } from './jobs/poll.ts';
import { createQueues, type Queues } from './jobs/queues.ts';
import { createReconciler, type Reconciler } from './jobs/reconcile.ts';
import { watchForEmptiedQueue } from './jobs/refill.ts';
import { type RelayLoop, startRelay } from './jobs/relay-loop.ts';
import { type Schedule, startSchedule } from './jobs/schedule.ts';
import { sweep } from './jobs/sweep.ts';
import type { Tracer } from './jobs/tracing.ts';
import { startWorkers } from './jobs/workers.ts';
import { startWriteBack, writesBackOf } from './jobs/write-back.ts';
import { bringUpToDate } from './ledger/bring-up-to-date.ts';
import { keyFormatFault } from './ledger/clock.ts';
import { bringForward } from './ledger/clock-set.ts';
import { clearHistory } from './ledger/housekeeping.ts';
import type { ReadyDelivery } from './ledger/relay-store.ts';
import { retryDelivery } from './ledger/retry.ts';
import { shardOf } from './ledger/tally.ts';
import { INTERFACES } from './mappers/registry.ts';
import { createGateway, type Gateway } from './platform/gateway.ts';
import { createGotTransport } from './platform/got-transport.ts';
import { staticSigner } from './platform/signer.ts';
import { createUndiciTransport } from './platform/undici-transport.ts';

/** What an agent is built from. */
export type AgentOptions = {
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly sources: Sources;
  readonly platform: PlatformOptions;
  readonly logger: Logger;
  /** An empty embedded store (`PGlite.dumpDataDir`), which saves the initialisation of new ones. */
  readonly template?: Blob;
  /** Told why this agent must end, when a newer version has changed the tables under it. */
  readonly onNewerTables?: (reason: string) => void;
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
  readonly mirror: Mirror;
  readonly reconciler: Reconciler;
  readonly backfills: Backfills;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly schedule: Pick<Schedule, 'next'>;
  /** Whether this agent may send: it has told the database lately that it lives. */
  readonly leaseFault: () => string | undefined;
  /** Takes over accounts whose secrets were changed, without losing a send. */
  replaceAccounts(next: Accounts): Promise<void>;
  /** Ends in order: takes nothing new, lets what is under way end, closes. */
  stop(): Promise<void>;
};

const TRANSPORTS = { got: createGotTransport, undici: createUndiciTransport };

/** How long a due delivery is left to its job before the sweep puts it back. */
const SWEEP_GRACE_MS = 8_000;

/**
 * A stop may take the longest send and so much longer. A part that does not close by then is left: BullMQ's workers wait for
 * ever where their Redis went away in the middle. The ledger knows what was under way, whatever the end.
 */
const STOP_MARGIN_MS = 5_000;
/** What a part gets when the others have used up the time. */
const LEAST_CLOSE_MS = 1_000;

/**
 * Builds an agent from top to bottom and starts it. Everything that is opened gives a closer; they run in reverse
 * order, at the end and when the start fails. A long file, since it is the one place where everything is put together.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  const stop = async (): Promise<void> => {
    const end = performance.now() + longestSendMs(options.settings, options.platform) + STOP_MARGIN_MS;
    for (const close of closers.splice(0).reverse()) {
      const leftMs = Math.max(LEAST_CLOSE_MS, end - performance.now());
      await withinTime(leftMs, Promise.resolve(close())).catch((error: unknown) =>
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
  { settings, accounts: initialAccounts, sources, platform, logger, template, onNewerTables }: AgentOptions,
  closers: (() => Promise<unknown> | unknown)[],
  stop: () => Promise<void>,
): Promise<Agent> {
  const id =
    settings.agentId ?? `${hostname().slice(0, 32)}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const shard = shardOf(id);
  const metrics = createMetrics();
  const { observer } = metrics;
  const tracer = await openTracer({ endpoint: settings.traceEndpoint, agentId: id, version: readVersion() });
  closers.push(() => tracer.stop());

  const book = createAccountBook(initialAccounts);
  const { accounts } = book;
  const replaceAccounts = async (next: Accounts): Promise<void> => {
    const changed = book.replace(next);
    if (changed.length > 0) logger.info({ accounts: changed }, 'accounts have new credentials');
    for (const account of changed) await logins.renew(account);
  };
  const database = await openDatabase({
    url: settings.databaseUrl,
    dataDir: settings.dataDir,
    connections: 12,
    template: template ? async () => template : emptyStore,
  });
  closers.push(() => database.close());
  await bringUpToDate(database, settings.autoMigrate, logger);
  if (onNewerTables) closers.push(watchForNewerTables(database, onNewerTables));
  const keyFault = await keyFormatFault(database.kysely, platform.key);
  if (keyFault !== undefined) logger.warn(keyFault);

  const isPostgres = database.engine === 'postgres';
  const store = await openQueueStore({
    redis: settings.redis,
    postgresUrl: isPostgres ? settings.databaseUrl : undefined,
    prefix: settings.queuePrefix,
    dataDir: settings.dataDir,
    template,
  });
  const names = INTERFACES.filter((each) => each.push || each.poll).map((each) => each.name);
  const queues = createQueues(store, names, logger);
  closers.push(() => queues.close());

  const gateway = createGateway({
    transport: TRANSPORTS[settings.httpClient]({
      concurrency: settings.concurrency,
      allowInsecure: settings.allowInsecure,
    }),
    signer: staticSigner,
    baseUrls: settings.baseUrls,
    platform,
    timeoutMs: settings.timeoutMs,
    rateLimit: settings.rateLimit,
    onCircuitChange: (system, snapshot) => logger.warn({ system, ...snapshot }, 'circuit'),
    onSend: observer.sent,
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
  const writesBack = writesBackOf(sources);
  const enqueue = (ready: readonly ReadyDelivery[]): Promise<void> => queues.enqueueDeliveries(ready);
  const deliverer = createDeliverer({
    database,
    gateway,
    accounts,
    logins,
    logger,
    agent: { id, shard, writesBack },
    leaseFault: lease.fault,
    mapperOptions,
    readSecret: (reference) => readSecret(reference, { variables: readEnvironment(), directory: '.' }),
    retryCapMs: settings.retryCapMs,
    retryMaxAgeMs: settings.retryMaxAgeHours * 3_600_000,
    concurrency: settings.concurrency,
    longestSendMs: longestSendMs(settings, platform),
    tracer,
    onReady: (ready) => void enqueue(ready).catch(() => undefined),
    onOutbox: () => relay.wake(),
  });
  const relay = startRelay({
    database,
    sources,
    writesBack,
    keyFormat: platform.key,
    shard,
    logger,
    companyOf: logins.companyOf,
    enqueue,
    depth: (name) => queues.depth(name),
    refusedAccounts: () => logins.refused(),
    polls: database.engine === 'mysql',
    observer,
    tracer,
    looksPast: createLooksPast(),
  });
  closers.push(() => deliverer.settled());
  closers.push(() => relay.stop());
  const backfills = startBackfills({
    database,
    sources,
    agent: id,
    logger,
    depth: (name) => queues.depth(name),
    rateLimit: settings.backfillRateLimit,
    onOutbox: () => relay.wake(),
  });
  closers.push(() => backfills.stop());
  const listening = await database.listen('ctg_outbox', () => relay.wake());
  if (listening) closers.push(listening);

  const pollContext: PollContext = {
    database,
    gateway,
    accounts,
    logins,
    logger,
    mapperOptions,
    writesBack,
    pollRateLimit: settings.pollRateLimit,
    enqueue: (watches) => queues.enqueueWatches(watches),
    observer,
  };
  const claimMs = 2 * longestSendMs(settings, platform) + 30_000;
  const mirror = createMirror({ ...pollContext, claimMs });
  closers.push(() => mirror.settled());
  const reconciler = createReconciler({
    sources,
    ...pollContext,
    companyOf: logins.companyOf,
    mirror,
    wake: () => relay.wake(),
    agentId: id,
  });
  closers.push(() => reconciler.settled());
  const sweepContext = {
    database,
    enqueue,
    requeue: (overdue: readonly ReadyDelivery[], orphaned: boolean) =>
      queues.requeueDeliveries(overdue, orphaned),
    waiting: async (name: string) => {
      const { waiting, again } = await queues.depth(name);
      return waiting + again;
    },
    blocked: { after: '' },
  };
  await bringForward(database, false);
  await sweep(sweepContext, 0);
  startWorkers({
    queues,
    deliverer,
    pollContext,
    logins,
    concurrency: settings.concurrency,
    sweep: () => sweep(sweepContext, SWEEP_GRACE_MS),
    housekeeping: () => clearHistory(database, settings.historyDays),
    mirror: () => mirror.run(),
    reconcile: () => reconciler.runAll({ repair: settings.reconcileRepair }),
    retry: async (delivery) => {
      const retried = await retryDelivery(database, delivery, { sources });
      if (retried.kind === 'resumed') await enqueue([retried.ready]);
      if (retried.kind === 'requeued') relay.wake();
    },
  });
  closers.push(() => queues.stopWorkers());
  closers.push(() => deliverer.stop());
  closers.push(() => mirror.stop());
  closers.push(startWriteBack({ database, sources, logger }));
  closers.push(() => reconciler.stop());
  closers.push(watchForEmptiedQueue(queues, () => sweep(sweepContext, 0), logger));
  const { pollCron, mirrorCron, reconcileCron } = settings;
  const schedule = startSchedule({ queues, pollCron, mirrorCron, reconcileCron, logger });
  closers.push(() => schedule.stop());
  closers.push(watchClock({ database, queues, schedule, refill: () => sweep(sweepContext, 0), logger }));
  const watched = { database, gateway, logins, relay, queues, observer, logger };
  closers.push(watchAlerts({ ...watched, agentId: id, settings: settings.alerts }));

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
    mirror,
    reconciler,
    backfills,
    metrics,
    tracer,
    schedule,
    leaseFault: lease.fault,
    replaceAccounts,
    stop,
  };
}

function longestSendMs(settings: Settings, platform: PlatformOptions): number {
  const own = Object.values(platform.interfaces).map((each) => each.timeoutMs ?? 0);
  return Math.max(settings.timeoutMs, ...own);
}
