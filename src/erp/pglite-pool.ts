import { EventEmitter } from 'node:events';
import type { PGlite } from '@electric-sql/pglite';
import type { PostgresCursor, PostgresQueryResult } from 'kysely';

/** What a query on a pg-shaped client gives. */
export type PoolResult<R> = PostgresQueryResult<R>;

/**
 * A client of {@link createPglitePool}: the part of `pg.PoolClient` that kysely and BullMQ use.
 */
export class PgliteClient extends EventEmitter {
  readonly #database: PGlite;
  readonly #release: () => void;
  readonly #unlisten: () => void;

  constructor(database: PGlite, release: () => void) {
    super();
    this.#database = database;
    this.#release = release;
    this.#unlisten = database.onNotification((channel, payload) =>
      this.emit('notification', { channel, payload }),
    );
  }

  /** Runs one statement. Cursors, which kysely uses for streams only, are not supported. */
  query<R>(text: string, parameters?: readonly unknown[]): Promise<PoolResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    text: string | PostgresCursor<R>,
    parameters?: readonly unknown[],
  ): Promise<PoolResult<R>> | PostgresCursor<R> {
    if (typeof text !== 'string') throw new Error('The embedded database has no cursors.');
    return runStatement<R>(this.#database, text, parameters);
  }

  /** Gives the client back; the next waiting one gets its turn. */
  release(): void {
    this.#unlisten();
    this.#release();
  }
}

/** A pg-shaped pool over one PGlite. */
export type PglitePool = EventEmitter & {
  readonly options: { keepAlive: true };
  query<R>(text: string, parameters?: readonly unknown[]): Promise<PoolResult<R>>;
  connect(): Promise<PgliteClient>;
  end(): Promise<void>;
};

/**
 * Makes a PGlite look like a `pg.Pool`, so that kysely's PostgreSQL dialect and BullMQ's PostgreSQL backend run on it.
 *
 * With `exclusive`, a connected client has the database to itself until it is released. PGlite has one session only:
 * without that, a statement from elsewhere would fall into somebody's open transaction and vanish with its rollback.
 * (kysely's own PGlite dialect has no such turn-taking, which is why it is not used.) BullMQ needs no turns: each of
 * its commands is one statement, and its LISTEN client is held for ever.
 */
export function createPglitePool(database: PGlite, options: { readonly exclusive: boolean }): PglitePool {
  let turn: Promise<void> = Promise.resolve();
  const takeTurn = async (): Promise<() => void> => {
    const before = turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    turn = promise;
    await before;
    return resolve;
  };
  const connect = async (): Promise<PgliteClient> => {
    const release = options.exclusive ? await takeTurn() : () => undefined;
    return new PgliteClient(database, release);
  };
  const query = async <R>(text: string, parameters?: readonly unknown[]): Promise<PoolResult<R>> => {
    const release = options.exclusive ? await takeTurn() : () => undefined;
    try {
      return await runStatement<R>(database, text, parameters);
    } finally {
      release();
    }
  };
  const end = async (): Promise<void> => {
    if (!database.closed) await database.close();
  };
  const events = new EventEmitter();
  // Every queue and worker listens for the pool's errors.
  events.setMaxListeners(0);
  return Object.assign(events, { options: { keepAlive: true as const }, query, connect, end });
}

async function runStatement<R>(
  database: PGlite,
  text: string,
  parameters?: readonly unknown[],
): Promise<PoolResult<R>> {
  if (parameters && parameters.length > 0) {
    const result = await database.query<R>(text, [...parameters]);
    return {
      rows: result.rows,
      rowCount: result.affectedRows ?? result.rows.length,
      command: commandOf(text),
    };
  }
  // Without parameters a text may hold several statements (migrations), as with pg.
  if (text.includes(';')) {
    await database.exec(text);
    return { rows: [], rowCount: 0, command: 'SELECT' };
  }
  const result = await database.query<R>(text);
  return { rows: result.rows, rowCount: result.affectedRows ?? result.rows.length, command: commandOf(text) };
}

/** The word by which kysely knows whether `rowCount` counts changed rows. */
function commandOf(text: string): PoolResult<unknown>['command'] {
  const word = /^\s*(?:with\b[\s\S]*?\)\s*)?(insert|update|delete|merge)\b/i.exec(text)?.[1]?.toUpperCase();
  return word === 'INSERT' || word === 'UPDATE' || word === 'DELETE' || word === 'MERGE' ? word : 'SELECT';
}
