import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import {
  Kysely,
  MysqlDialect,
  PostgresDialect,
  type RawBuilder,
  type SqlBool,
  sql,
  type Transaction,
} from 'kysely';
import mysql from 'mysql2';
import pg from 'pg';
import { beginOnce, lockDirectory } from './directory-lock.ts';
import { createPglitePool } from './pglite-pool.ts';
import type { Tables } from './tables.ts';

/** The two SQL families that the agent speaks. PGlite is PostgreSQL; MySQL and MariaDB are one. */
export type Dialect = 'postgres' | 'mysql';

/** Where the tables are: a server, or the embedded store. */
export type Engine = 'postgres' | 'mysql' | 'pglite';

/** A running query context: the pool itself or one transaction of it. */
export type Executor = Kysely<Tables> | Transaction<Tables>;

/** The ERP's database, which also holds the agent's own tables. */
export type Database = {
  readonly engine: Engine;
  readonly dialect: Dialect;
  readonly kysely: Kysely<Tables>;
  /** Runs `work` in one transaction; a deadlock or serialisation failure runs it again (at most five times). */
  transact<T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Runs one statement, which is a transaction of its own; repeated as {@link Database.transact} is. */
  once<T>(work: (executor: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Calls back on every NOTIFY on `channel` (PostgreSQL only, else undefined). The result stops listening. */
  listen(channel: string, onNotify: () => void): Promise<(() => Promise<void>) | undefined>;
  close(): Promise<void>;
};

/** How {@link openDatabase} reaches the tables. */
export type DatabaseOptions = {
  /** `postgres://…` or `mysql://…`; without it the embedded store is opened. */
  readonly url?: string | undefined;
  /** Directory of the embedded store; `memory` keeps nothing. */
  readonly dataDir: string;
  /** Gives an empty embedded store (`PGlite.dumpDataDir`) that a new one begins as; else it initialises itself. */
  readonly template?: (() => Promise<Blob>) | undefined;
  /** Connections of the pool. Default 10. */
  readonly connections?: number;
};

const RETRYABLE = new Set(['40001', '40P01', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD']);

/** Opens the ERP's database. Throws when the address is unusable; a server that is down shows with the first query. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.url === undefined) return openEmbedded(options);
  return /^(mysql|mariadb):/.test(options.url)
    ? openMysql(options.url, options)
    : openPostgres(options.url, options);
}

/** Opens the embedded PostgreSQL (PGlite) under `dataDir`. One process at a time may hold it. */
async function openEmbedded({ dataDir, template }: DatabaseOptions): Promise<Database> {
  const directory = join(dataDir, 'erp');
  const inMemory = dataDir === 'memory';
  const unlock = inMemory ? () => undefined : lockDirectory(dataDir);
  const parsers = { 20: readBigint, 1082: (day: string) => day };
  const open = async (): Promise<PGlite> => {
    const begin = async () => ({ parsers, ...(template && { loadDataDir: await template() }) });
    if (inMemory) return PGlite.create('memory://', await begin());
    return beginOnce(directory, async (isNew) =>
      PGlite.create(directory, isNew ? await begin() : { parsers }),
    );
  };
  const store = await open().catch((cause: unknown) => {
    unlock();
    throw cause;
  });
  await store.exec("SET TIME ZONE 'UTC'");
  const kysely = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: createPglitePool(store, { exclusive: true }) }),
  });
  return {
    engine: 'pglite',
    dialect: 'postgres',
    kysely,
    ...transactors(kysely),
    listen: async (channel, onNotify) => store.listen(channel, onNotify),
    close: async () => {
      await kysely.destroy();
      unlock();
    },
  };
}

function readBigint(text: string): number | string {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  // bigint ids come as numbers, as the agent's own need them; an ERP's that are beyond 2^53 stay text.
  const types = new pg.TypeOverrides();
  types.setTypeParser(20, readBigint);
  // A day stays a day: as a Date it would be another one in another time zone.
  types.setTypeParser(1082, (day) => day);
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 10,
    keepAlive: true,
    types,
    application_name: 'ctg-sync',
    // A process that is stopped in the middle of a transaction must not keep its locks for ever.
    options: '-c timezone=UTC -c idle_in_transaction_session_timeout=30000',
    connectionTimeoutMillis: 10_000,
  });
  // An idle client that drops must not end the process; the next query reports it.
  pool.on('error', () => undefined);
  // Nor must one that drops between two statements of a transaction: nobody else listens to it then.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    engine: 'postgres',
    dialect: 'postgres',
    kysely,
    ...transactors(kysely),
    listen: (channel, onNotify) => listenForever(url, channel, onNotify),
    close: () => kysely.destroy(),
  };
}

/**
 * LISTEN on a connection of its own. A dropped connection is opened again after a second; a notification that was
 * missed meanwhile costs only time, since the relay also ticks.
 */
async function listenForever(
  url: string,
  channel: string,
  onNotify: () => void,
): Promise<() => Promise<void>> {
  let client: pg.Client | undefined;
  let stopped = false;
  const open = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: url,
      keepAlive: true,
      application_name: 'ctg-sync listen',
    });
    next.on('notification', onNotify);
    next.on('error', () => undefined);
    next.once('end', () => {
      if (!stopped) setTimeout(() => void open().catch(() => undefined), 1000).unref();
    });
    try {
      await next.connect();
      await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      client = next;
      onNotify();
    } catch (cause) {
      await next.end().catch(() => undefined);
      throw cause;
    }
  };
  await open();
  return async () => {
    stopped = true;
    await client?.end();
  };
}

async function openMysql(url: string, options: DatabaseOptions): Promise<Database> {
  const pool = mysql.createPool({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    connectionLimit: options.connections ?? 10,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    bigNumberStrings: false,
    // DECIMAL comes as text, so that money stays exact; JSON too, as on MariaDB, where it is text anyway.
    decimalNumbers: false,
    jsonStrings: true,
    dateStrings: ['DATE'],
    connectTimeout: 10_000,
    enableKeepAlive: true,
    multipleStatements: false,
  });
  // Every session works in UTC, and at READ COMMITTED: under MySQL's REPEATABLE READ the relay's locking read of the
  // newest outbox rows would lock the gap behind them, and so block the ERP's own inserts.
  pool.on('connection', (connection) => {
    for (const setting of [
      "SET time_zone = '+00:00'",
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      // The driver escapes with backslashes, whatever the mode: without them a value could end its own quotes.
      "SET SESSION sql_mode = REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '')",
    ]) {
      connection.query(setting, (error) => {
        if (error) connection.destroy();
      });
    }
  });
  const kysely = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
  return {
    engine: 'mysql',
    dialect: 'mysql',
    kysely,
    ...transactors(kysely),
    listen: async () => undefined,
    close: () => kysely.destroy(),
  };
}

function transactors(kysely: Kysely<Tables>): Pick<Database, 'transact' | 'once'> {
  return {
    transact: (work) => repeat(() => kysely.transaction().execute(work)),
    once: (work) => repeat(() => work(kysely)),
  };
}

async function repeat<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 5 || !isRetryable(error)) throw error;
    }
  }
}

function isRetryable(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && RETRYABLE.has(error.code)
  );
}

/** The database's own present time, to the millisecond. */
export function now(dialect: Dialect): RawBuilder<Date> {
  return dialect === 'postgres' ? sql`now()` : sql`NOW(3)`;
}

/**
 * A text column in a form that no index serves. For conditions that only confirm what another condition has found by its
 * key: a planner without statistics (a new table, filled by its first backfill) may else read every row of a state in
 * order to find thirty by their ids.
 */
export function unindexed(column: string): RawBuilder<string> {
  return sql`CONCAT(${sql.ref(column)})`;
}

/**
 * A condition that `column` is one of `ids`. PostgreSQL gets them as one parameter, so that a statement's text is the
 * same for one id and for many.
 */
export function isOneOf(dialect: Dialect, column: string, ids: readonly number[]): RawBuilder<SqlBool> {
  if (dialect === 'postgres') return sql`${sql.ref(column)} = ANY(${`{${ids.join(',')}}`}::bigint[])`;
  return ids.length === 0 ? sql`FALSE` : sql`${sql.ref(column)} IN (${sql.join(ids)})`;
}

/** `milliseconds` (a number or a column) from the database's present time. */
export function fromNow(dialect: Dialect, milliseconds: number | RawBuilder<unknown>): RawBuilder<Date> {
  return dialect === 'postgres'
    ? sql`now() + (${milliseconds})::double precision * interval '1 millisecond'`
    : sql`NOW(3) + INTERVAL (${milliseconds}) * 1000 MICROSECOND`;
}
