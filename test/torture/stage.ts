import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { type Database, openDatabase } from '../../src/erp/database.ts';
import { type Balance, readSummary } from '../../src/ledger/balance.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { platformEnvironment } from '../support/running-agent.ts';
import { freePort } from '../support/services/free-port.ts';
import { type Service, startMariadb, startPostgres, startRedis } from '../support/services/index.ts';
import { type Commit, commitByIntake, commitBySql, createStepTable } from './erp-writers.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';
import { type SupervisedAgent, superviseAgent } from './supervised-agent.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { createTruth, type Truth } from './truth.ts';

export const STORES = ['postgres', 'mariadb', 'embedded', 'postgres-alone'] as const;
export type StoreName = (typeof STORES)[number];

/** An agent with the cables to its parts. */
export type Actor = {
  readonly agent: SupervisedAgent;
  readonly cables: Readonly<Record<'platform' | 'database' | 'redis', TcpProxy | undefined>>;
};

/** Servers, the platform's stand-in and the agents between them. */
export type Stage = {
  readonly store: StoreName;
  readonly sandbox: Sandbox;
  readonly truth: Truth;
  readonly redis: Service | undefined;
  readonly server: Service | undefined;
  /** The ERP's own way to its database, past the cables; none where the store is in the agent's process. */
  readonly database: Database | undefined;
  /** What the embedded store's disk is; none where the store is a server's, or nobody may mount one. */
  readonly disk: SmallDisk | undefined;
  readonly actors: readonly Actor[];
  readonly commit: Commit;
  /** What the ledger says, or undefined while nobody can be asked. */
  balance(): Promise<{ readonly balance: Balance; readonly difference: number } | undefined>;
  /** Some of what is owed still, as the agent tells it; nothing while it cannot be asked. */
  owed(): Promise<readonly string[]>;
  close(): Promise<void>;
};

/** Sets the stage for one run. */
export async function setStage(store: StoreName, agents: number): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    return { ...(await build(store, store === 'embedded' ? 1 : agents, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Closers = (() => Promise<unknown>)[];

async function build(store: StoreName, count: number, closers: Closers): Promise<Omit<Stage, 'close'>> {
  const truth = createTruth();
  const sandbox = await startSandbox({ onEffect: truth.seen });
  closers.push(() => sandbox.close());
  const server = await startServer(store);
  if (server) closers.push(() => server.stop());
  const url = server && (await plainUrl(server));
  const redis = store === 'postgres' || store === 'mariadb' ? await startRedis() : undefined;
  if (redis) closers.push(() => redis.stop());
  const database = url === undefined ? undefined : await prepare(url, closers);
  const directory = await mkdtemp(join(tmpdir(), 'ctg-torture-'));
  closers.push(() => rm(directory, { recursive: true }));
  const disk = store === 'embedded' ? await mountSmallDisk(join(directory, 'disk')) : undefined;
  if (disk) closers.push(() => disk.close());
  const actors: Actor[] = [];
  for (let index = 0; index < count; index++) {
    actors.push(
      await startActor({ sandbox, server, url, redis, directory: disk?.directory ?? directory, closers }),
    );
  }
  const first = actors[0]?.agent.url ?? '';
  return {
    store,
    sandbox,
    truth,
    redis,
    server,
    database,
    disk,
    actors,
    commit: database ? commitBySql(database) : commitByIntake(first),
    balance: () => (database ? readSummary(database) : askStatus(first)).catch(() => undefined),
    owed: () => askOwed(first).catch(() => []),
  };
}

async function startServer(store: StoreName): Promise<Service | undefined> {
  if (store === 'embedded') return undefined;
  return store === 'mariadb' ? startMariadb() : startPostgres();
}

/** The address for an ERP and its agent: on MariaDB as a user without privileges over the server, as they should be. */
async function plainUrl({ url }: Service): Promise<string> {
  if (!url.startsWith('mysql')) return url;
  const connection = await createConnection(url);
  await connection.query("CREATE USER 'plain'@'127.0.0.1' IDENTIFIED BY 'plain'");
  await connection.query("GRANT ALL PRIVILEGES ON ctg.* TO 'plain'@'127.0.0.1'");
  await connection.end();
  return url.replace('ctg:ctg@', 'plain:plain@');
}

async function prepare(url: string, closers: Closers): Promise<Database> {
  const database = await openDatabase({ url, dataDir: 'memory' });
  closers.push(() => database.close());
  await migrate(database);
  await createStepTable(database);
  return database;
}

async function startActor(parts: {
  readonly sandbox: Sandbox;
  readonly server: Service | undefined;
  readonly url: string | undefined;
  readonly redis: Service | undefined;
  readonly directory: string;
  readonly closers: Closers;
}): Promise<Actor> {
  const { sandbox, server, url, redis, directory, closers } = parts;
  const lay = async (port: number | undefined): Promise<TcpProxy | undefined> => {
    if (port === undefined) return undefined;
    const cable = await startTcpProxy(port);
    closers.push(() => cable.close());
    return cable;
  };
  const platform = await lay(Number(new URL(sandbox.url).port));
  const cables = { platform, database: await lay(server?.port), redis: await lay(redis?.port) };
  const env = {
    ...platformEnvironment(`http://127.0.0.1:${platform?.port}`),
    ...(url !== undefined && { DATABASE_URL: through(url, cables.database) }),
    ...(redis && { REDIS_URL: through(redis.url, cables.redis) }),
    DATA_DIR: join(directory, 'data'),
    CTG_TIMEOUT_MS: '1500',
    LOG_LEVEL: 'warn',
  };
  const agent = superviseAgent(env, await freePort());
  closers.push(() => agent.end());
  return { agent, cables };
}

function through(url: string, cable: TcpProxy | undefined): string {
  const changed = new URL(url);
  changed.port = String(cable?.port);
  return changed.href;
}

async function askStatus(url: string): Promise<{ balance: Balance; difference: number }> {
  const response = await fetch(`${url}/v1/status`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`/v1/status answered ${response.status}.`);
  return (await response.json()) as { balance: Balance; difference: number };
}

async function askOwed(url: string): Promise<string[]> {
  const states = 'waiting,in_doubt,blocked,queued,held';
  const response = await fetch(`${url}/v1/deliveries?state=${states}&limit=5`, {
    signal: AbortSignal.timeout(5_000),
  });
  const { deliveries } = (await response.json()) as { deliveries: readonly unknown[] };
  return deliveries.map((each) => JSON.stringify(each));
}
