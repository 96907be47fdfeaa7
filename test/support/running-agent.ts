import { type Agent, startAgent } from '../../src/agent.ts';
import { loadAccounts } from '../../src/config/accounts.ts';
import { createLogger } from '../../src/config/logger.ts';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';
import type { Sources } from '../../src/config/source-map.ts';
import { type OutboxEntry, writeOutbox } from '../../src/erp/outbox.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { emptyStore } from './empty-store.ts';
import type { OpenStore, Store } from './stores.ts';
import { until } from './until.ts';

/** A sandbox, a store and the agents that work between them. */
export type Setup = {
  readonly sandbox: Sandbox;
  readonly agent: Agent;
  readonly env: Record<string, string>;
  /** Another agent on the same store. */
  startAnother(overrides?: Record<string, string>): Promise<Agent>;
  /** The ERP commits changes. */
  change(...entries: (Partial<OutboxEntry> & Pick<OutboxEntry, 'entity' | 'key'>)[]): Promise<void>;
  /** The deliveries of a record, oldest first. */
  deliveries(entity: string, key?: string): Promise<DeliveryRow[]>;
  /** Waits until a record's newest delivery is in this state, and gives it. */
  untilState(entity: string, key: string, state: string): Promise<DeliveryRow>;
  /** Waits until nothing is owed any more. */
  untilSettled(): Promise<void>;
  stop(): Promise<void>;
};

export type DeliveryRow = Awaited<ReturnType<typeof readDeliveries>>[number];

export type SetupOptions = {
  readonly sandbox?: SandboxOptions;
  readonly env?: Record<string, string>;
  readonly sources?: Sources;
};

/** Starts everything for one test. `store` comes from `describeOnEachStore`. */
export async function startSetup(store: Store, options: SetupOptions = {}): Promise<Setup> {
  const sandbox = await startSandbox(options.sandbox);
  const opened = await store.open();
  const env = { ...platformEnvironment(sandbox.url), ...opened.env, ...options.env };
  const agents: Agent[] = [];
  const start = async (overrides: Record<string, string> = {}): Promise<Agent> => {
    const agent = await startOn({ ...env, ...overrides }, options.sources ?? new Map());
    agents.push(agent);
    return agent;
  };
  const agent = await start().catch(async (error: unknown) => {
    await opened.drop();
    throw error;
  });
  return {
    sandbox,
    agent,
    env,
    startAnother: start,
    ...tools(agent),
    stop: () => stopAll(agents, sandbox, opened),
  };
}

/** The settings of an agent that talks to the sandbox at `url`. */
export function platformEnvironment(url: string): Record<string, string> {
  return {
    CTG_BASE_URL: url,
    CTG_USERNAME: '13800000000',
    CTG_PASSWORD: 'sandbox',
    CTG_SEC: 'sandbox-sec',
    CTG_TIMEOUT_MS: '2000',
    RETRY_MAX_DELAY_MS: '300',
    POLL_CRON: '*/1 * * * * *',
    MIRROR_CRON: 'off',
    LOG_LEVEL: 'silent',
  };
}

async function startOn(env: Record<string, string>, sources: Sources): Promise<Agent> {
  const settings = loadSettings(env);
  return startAgent({
    settings,
    accounts: loadAccounts(settings, env),
    sources,
    platform: loadPlatformPaths(settings.pathsFile),
    ...(settings.databaseUrl === undefined && { template: await emptyStore() }),
    logger: createLogger({ level: settings.logLevel }),
  });
}

async function stopAll(agents: readonly Agent[], sandbox: Sandbox, opened: OpenStore): Promise<void> {
  sandbox.clearFaults();
  for (const agent of agents) await agent.stop();
  await sandbox.close();
  await opened.drop();
}

function tools(agent: Agent): Omit<Setup, 'sandbox' | 'agent' | 'env' | 'startAnother' | 'stop'> {
  const { kysely } = agent.database;
  const deliveries: Setup['deliveries'] = (entity, key) => readDeliveries(agent, entity, key);
  return {
    change: async (...entries) => {
      const full = entries.map((each) => ({ account: 'default', op: 'upsert' as const, ...each }));
      await kysely.transaction().execute((transaction) => writeOutbox(transaction, full));
    },
    deliveries,
    untilState: (entity, key, state) =>
      until(`${entity} ${key} is ${state}`, async () => {
        const last = (await deliveries(entity, key)).at(-1);
        return last?.state === state ? last : undefined;
      }),
    untilSettled: () => untilSettled(agent),
  };
}

async function readDeliveries(agent: Agent, entity: string, key?: string) {
  const query = agent.database.kysely
    .selectFrom('ctg_delivery')
    .selectAll()
    .where('entity', '=', entity)
    .orderBy('id');
  return (key === undefined ? query : query.where('entity_key', '=', key)).execute();
}

async function untilSettled(agent: Agent): Promise<void> {
  const { kysely } = agent.database;
  await until('nothing is owed any more', async () => {
    const outbox = await kysely.selectFrom('ctg_outbox').select('id').limit(1).executeTakeFirst();
    const open = await kysely
      .selectFrom('ctg_delivery')
      .select('id')
      .where('state', 'in', ['waiting', 'queued', 'in_doubt'])
      .limit(1)
      .executeTakeFirst();
    return !outbox && !open;
  });
}

/** A goods record, as an ERP writes it. */
export function goods(
  key: string,
  fields: Record<string, unknown> = {},
): { entity: string; key: string; payload: unknown } {
  const record = {
    goodsId: key,
    name: '机油滤清器',
    brand: 'MANN',
    oeNumber: '06A115561B',
    stock: 10,
    price: '38.50',
    quality: '原厂',
  };
  return { entity: 'goods', key, payload: { ...record, ...fields } };
}

/** An order with one line per seller. */
export function order(
  key: string,
  sellers: readonly string[] = ['S1'],
  fields: Record<string, unknown> = {},
): { entity: string; key: string; payload: unknown } {
  const lines = sellers.map((seller, index) => ({
    goodsId: `G-${index + 1}`,
    sellerId: seller,
    sellerCompanyName: `卖家${seller}`,
    goodsName: '火花塞',
    price: '12.10',
    amount: 3,
    discount: '98.50',
    totalPrice: '35.76',
  }));
  return { entity: 'order', key, payload: { companyId: '88', lines, ...fields } };
}

/** A customer. */
export function customer(
  key: string,
  fields: Record<string, unknown> = {},
): { entity: string; key: string; payload: unknown } {
  const record = { name: `汽修厂${key}`, phone: '13900001111', address: '上海市', trade: '汽修' };
  return { entity: 'customer', key, payload: { ...record, ...fields } };
}
