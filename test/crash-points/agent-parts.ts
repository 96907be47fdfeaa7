import { loadAccounts } from '../../src/config/accounts.ts';
import { createLogger } from '../../src/config/logger.ts';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import type { Sources } from '../../src/config/source-map.ts';
import type { Database } from '../../src/erp/database.ts';
import { createDeliverer } from '../../src/jobs/deliver.ts';
import { createLogins } from '../../src/jobs/logins.ts';
import { createLooksPast } from '../../src/jobs/looks-past.ts';
import { pollDue, pollWatch } from '../../src/jobs/poll.ts';
import { relayOutbox } from '../../src/jobs/relay.ts';
import { sweep } from '../../src/jobs/sweep.ts';
import { noTracer } from '../../src/jobs/tracing.ts';
import { forgetAgents, markAlive } from '../../src/ledger/agents.ts';
import { type BoundByPerson, bindRecord } from '../../src/ledger/bind.ts';
import type { ReadyDelivery } from '../../src/ledger/relay-store.ts';
import { enqueueKeys, type ResyncSelection, readKeys } from '../../src/ledger/resync.ts';
import type { Lane } from '../../src/ledger/states.ts';
import { interfaceFor, interfaceNamed } from '../../src/mappers/registry.ts';
import { createGateway } from '../../src/platform/gateway.ts';
import { staticSigner } from '../../src/platform/signer.ts';
import type { Transport } from '../../src/platform/transport.ts';
import { platformEnvironment } from '../support/running-agent.ts';
import { type Life, mortalTransport, openMortalDatabase } from './mortal.ts';
import type { MortalStore } from './mortal-store.ts';

/** The parts of one agent, worked by hand, so that it is known which statement follows which. */
export type AgentParts = {
  readonly database: Database;
  /** Announces itself, as an agent does that finds its predecessor gone. */
  begin(): Promise<void>;
  relay(): Promise<number>;
  /** Sends what is owed and due, one after the other; gives how many. */
  deliver(most?: number): Promise<number>;
  /** Works until nothing is owed that does not wait for a person: not in the outbox, not in the ledger. */
  finish(): Promise<void>;
  /** Puts back what lost its job. */
  sweep(): Promise<number>;
  /** Asks for every status that is due. */
  poll(): Promise<number>;
  /** Sends records of the ERP's tables again. */
  resync(selection: ResyncSelection, force: boolean): Promise<void>;
  /** A person says which id the platform has for a record. */
  bind(lane: Lane, platformId: string): Promise<BoundByPerson>;
};

const platform = loadPlatformPaths(undefined);
const logger = createLogger({ level: 'silent' });
let agents = 0;

/** Builds the parts of a new agent on this store. */
export function buildAgent(parts: {
  readonly store: MortalStore;
  readonly life: Life;
  readonly transport: Transport;
  readonly platformUrl: string;
  readonly sources?: Sources;
}): AgentParts {
  const { store, life, platformUrl, sources = new Map() } = parts;
  const environment = platformEnvironment(platformUrl);
  const settings = loadSettings(environment);
  const accounts = loadAccounts(settings, environment);
  const database = openMortalDatabase(store, life);
  const gateway = createGateway({
    transport: mortalTransport(parts.transport, life),
    signer: staticSigner,
    baseUrls: settings.baseUrls,
    platform,
    timeoutMs: settings.timeoutMs,
    rateLimit: 0,
    onCircuitChange: () => undefined,
  });
  const logins = createLogins({ accounts, database, gateway, logger, onAccepted: () => undefined });
  const id = `agent-${++agents}`;
  const writesBack = (): boolean => false;
  const mapperOptions = { goodsDelete: settings.goodsDelete, opTypes: {} };
  const deliverer = createDeliverer({
    database,
    gateway,
    accounts,
    logins,
    logger,
    agent: { id, shard: 0, writesBack },
    leaseFault: () => undefined,
    mapperOptions,
    readSecret: () => ({ kind: 'fault', problem: 'there is none', fix: 'none' }),
    retryCapMs: 1,
    retryMaxAgeMs: 3_600_000,
    concurrency: 4,
    longestSendMs: 0,
    tracer: noTracer,
    onReady: () => undefined,
    onOutbox: () => undefined,
  });
  const relayContext = {
    database,
    sources,
    keyFormat: platform.key,
    shard: 0,
    writesBack,
    logger,
    companyOf: () => undefined,
    tracer: noTracer,
    looksPast: createLooksPast(),
  };
  const deliver = async (most = 1_000): Promise<number> => {
    const due: ReadyDelivery[] = [];
    const keep = async (ready: readonly ReadyDelivery[]): Promise<void> => void due.push(...ready);
    await sweep(
      { database, enqueue: keep, requeue: keep, waiting: async () => 0, blocked: { after: '' } },
      0,
    );
    for (const each of due.slice(0, most)) {
      const target = interfaceNamed(each.interface);
      if (target) await deliverer.deliver(target, each.id);
    }
    return due.length;
  };
  const relay = async (): Promise<number> => {
    const filter = { onlyEntities: undefined, unreadableEntities: [], refusedAccounts: [] };
    return (await relayOutbox(relayContext, 500, filter)).claimed;
  };
  return {
    database,
    relay,
    finish: async () => {
      do {
        await relay();
        await deliver();
      } while (await isOwing(database));
    },
    begin: async () => {
      await forgetAgents(database, 'all');
      await markAlive(database, { id, host: 'here', pid: 1, leaseMs: 600_000 });
    },
    deliver,
    sweep: () =>
      sweep(
        {
          database,
          enqueue: async () => undefined,
          requeue: async () => undefined,
          waiting: async () => 0,
          blocked: { after: '' },
        },
        0,
      ),
    poll: async () => {
      const due: number[] = [];
      const context = {
        database,
        gateway,
        accounts,
        logins,
        logger,
        mapperOptions,
        writesBack,
        pollRateLimit: 1_000,
        enqueue: async (watches: readonly { readonly id: number }[]) =>
          void due.push(...watches.map((watch) => watch.id)),
      };
      await pollDue(context, 1);
      for (const watch of due) await pollWatch(context, watch);
      return due.length;
    },
    resync: async (selection, force) => {
      const map = sources.get('goods');
      if (!map) throw new Error('There is no source map of goods.');
      let after: string | undefined;
      do {
        const page = await readKeys(database, map, selection, { after, limit: 2 });
        await enqueueKeys(database, page, { entity: 'goods', account: 'default', force });
        after = page.next;
      } while (after !== undefined);
    },
    bind: async (lane, platformId) => {
      const target = interfaceFor(lane.entity);
      if (!target?.push) throw new Error(`Nothing takes ${lane.entity}.`);
      const agent = { id, shard: 0, writesBack };
      const context = { target, push: target.push, mapperOptions, agent, sourceRecord: undefined };
      return bindRecord(database, { lane, platformId, replace: false }, context);
    },
  };
}

async function isOwing({ kysely }: Database): Promise<boolean> {
  const outbox = await kysely.selectFrom('ctg_outbox').select('id').limit(1).executeTakeFirst();
  // What waits for a person, and what waits for that, is not owed by an agent.
  const ledger = kysely.selectFrom('ctg_delivery').select('id').where('due_at', 'is not', null);
  return outbox !== undefined || (await ledger.limit(1).executeTakeFirst()) !== undefined;
}
