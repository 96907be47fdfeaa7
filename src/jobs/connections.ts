import {
  type BackendFactory,
  createPostgresBackend,
  type Job,
  type PgPool,
  type PgPoolClient,
  Queue,
  type QueueOptions,
  runMigrations,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import pg from 'pg';
import type { RedisTarget } from '../config/settings.ts';
import { openInMemory } from '../erp/empty-store.ts';
import { createPglitePool } from '../erp/pglite-pool.ts';

/** A delivery of a batch; the label is what its own job would be called. */
export type BatchedDelivery = { readonly id: number; readonly version: number; readonly label: string };

/** What a job is for: a delivery (and, once it was refused, why), a batch of them, a watch, or a tick of the schedule. Never more than ids. */
export type JobData =
  | { readonly delivery: number; readonly ended?: true; readonly refusal?: string }
  | { readonly deliveries: readonly BatchedDelivery[] }
  | { readonly watch: number }
  | { readonly tick: string };

/** A queue and a worker, whatever they run on. */
export type JobQueue = Queue<JobData, string, string>;
export type JobWorker = Worker<JobData, string, string>;

/** Where BullMQ keeps its jobs. */
export type QueueStore = {
  readonly kind: 'redis' | 'postgres' | 'pglite';
  createQueue(name: string, options: Partial<QueueOptions>): JobQueue;
  createWorker(
    name: string,
    processor: (job: Job<JobData, string, string>, token?: string) => Promise<string>,
    options: Partial<WorkerOptions>,
  ): JobWorker;
  /**
   * Whether the jobs are gone since the last call: a Redis that was flushed or came back empty. The embedded queue and
   * PostgreSQL lose nothing while they run.
   */
  wasEmptied(): Promise<boolean>;
  /** Whether the store answers. Throws its error when it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** What decides where the jobs are: Redis where there is one, else the PostgreSQL of the ERP, else in the process. */
export type QueueStoreOptions = {
  readonly redis: RedisTarget | undefined;
  readonly postgresUrl: string | undefined;
  readonly prefix: string;
  /** Where the embedded store keeps its beginning; without it, nowhere. */
  readonly dataDir?: string;
  /** An empty embedded store, which saves a new one's initialisation. */
  readonly template?: Blob | undefined;
};

/** Opens the job store. */
export async function openQueueStore(options: QueueStoreOptions): Promise<QueueStore> {
  if (options.redis) return openRedis(options.redis, options.prefix);
  return options.postgresUrl === undefined ? openPglite(options) : openPostgres(options.postgresUrl);
}

function openRedis(target: RedisTarget, prefix: string): QueueStore {
  // On a cluster all keys of a queue must be in one slot, which a hash tag in the prefix sees to.
  const tagged = target.kind === 'cluster' && !prefix.includes('{') ? `{${prefix}}` : prefix;
  // Producers give up soon, so that the relay goes on and the sweep puts back what was not queued; workers never do.
  const producer = connectRedis(target, { maxRetriesPerRequest: 3 });
  const consumer = connectRedis(target, { maxRetriesPerRequest: null });
  const marker = `${tagged}:alive`;
  return {
    kind: 'redis',
    createQueue: (name, options) => new Queue(name, { prefix: tagged, ...options, connection: producer }),
    createWorker: (name, processor, options) =>
      new Worker(name, processor, { prefix: tagged, ...options, connection: consumer }),
    wasEmptied: async () => (await producer.set(marker, '1', 'NX')) === 'OK',
    ping: async () => {
      await producer.ping();
    },
    close: async () => {
      for (const connection of [producer, consumer]) connection.disconnect();
    },
  };
}

/** Connects to Redis, of whatever kind. Its errors are heard: with a listener of one's own they can be told. */
export function connectRedis(target: RedisTarget, common: RedisOptions): Redis | Cluster {
  const connection = newRedis(target, { ...common, enableReadyCheck: true });
  // The workers and queues report errors themselves; an unheard 'error' event would end the process.
  connection.on('error', () => undefined);
  return connection;
}

function newRedis(target: RedisTarget, common: RedisOptions): Redis | Cluster {
  switch (target.kind) {
    case 'single':
      return new Redis(target.url, common);
    case 'sentinel':
      return new Redis({
        ...common,
        sentinels: [...target.sentinels],
        name: target.name,
        ...(target.username !== undefined && { username: target.username }),
        ...(target.password !== undefined && { password: target.password }),
        ...(target.db !== undefined && { db: target.db }),
      });
    case 'cluster':
      return new Cluster([...target.nodes], {
        redisOptions: {
          ...common,
          ...(target.username !== undefined && { username: target.username }),
          ...(target.password !== undefined && { password: target.password }),
          ...(target.tls && { tls: {} }),
        },
      });
  }
}

/** BullMQ's own schema beside the ERP's tables. */
const QUEUE_SCHEMA = 'bullmq';

async function openPostgres(url: string): Promise<QueueStore> {
  const pool = new pg.Pool({
    connectionString: url,
    // Each worker holds one connection for LISTEN.
    max: 40,
    keepAlive: true,
    application_name: 'ctg-sync queues',
    options: `-c search_path=${QUEUE_SCHEMA},public`,
  });
  pool.setMaxListeners(0);
  // Idle or in use, a client that drops must not end the process; the next query reports it.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const client = await pool.connect();
  try {
    await runMigrations(client, QUEUE_SCHEMA);
  } finally {
    client.release();
  }
  return onPostgres('postgres', pool);
}

/**
 * The embedded queue lives in memory: the ledger knows every delivery that is owed, and the first sweep puts them back
 * into the queues at the next start.
 */
async function openPglite({ dataDir, template }: QueueStoreOptions): Promise<QueueStore> {
  const database = await openInMemory(dataDir, template);
  const pool: PgPool = adaptPool(createPglitePool(database, { exclusive: false }));
  await runMigrations(await pool.connect(), QUEUE_SCHEMA);
  await database.exec(`SET search_path TO ${QUEUE_SCHEMA}, public`);
  return onPostgres('pglite', pool);
}

function adaptPool(pool: ReturnType<typeof createPglitePool>): PgPool {
  // BullMQ types the client's events more narrowly than EventEmitter does; the calls are the same.
  return pool as unknown as PgPool & { connect(): Promise<PgPoolClient> };
}

function onPostgres(kind: 'postgres' | 'pglite', pool: PgPool): QueueStore {
  const connection = { connection: pool };
  const factory: BackendFactory<ReturnType<typeof createPostgresBackend>, PgPool> = createPostgresBackend;
  return {
    kind,
    createQueue: (name, options) =>
      new Queue(name, { ...options, ...connection }, factory) as unknown as JobQueue,
    createWorker: (name, processor, options) =>
      new Worker(name, processor, { ...options, ...connection }, factory) as unknown as JobWorker,
    wasEmptied: async () => false,
    ping: async () => {
      await pool.query('SELECT 1');
    },
    close: () => pool.end(),
  };
}
