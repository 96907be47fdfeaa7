import { setTimeout as pause } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import type { Service } from '../support/services/index.ts';
import type { Trouble } from './faults.ts';

type Ask = (statement: string) => Promise<readonly Record<string, unknown>[]>;
type Session = { readonly engine: 'postgres' | 'mariadb'; readonly ask: Ask };

/** Ends every session but its own. */
export function cutSessions(server: Service | undefined): Promise<void> {
  return withSession(server, async ({ engine, ask }) => {
    if (engine === 'postgres') {
      await ask('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
      return;
    }
    const sessions = await ask(
      "SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND user IN ('ctg', 'plain')",
    );
    for (const { id } of sessions) await ask(`KILL ${id}`).catch(() => undefined);
  });
}

/** Takes the relay's lock and the deliveries' in the opposite order, again and again. */
export function fightForLocks(server: Service | undefined, { lastsMs }: Trouble): Promise<void> {
  return withSession(server, async ({ ask }) => {
    const end = performance.now() + lastsMs;
    while (performance.now() < end) {
      await ask('START TRANSACTION');
      try {
        await ask(
          'SELECT id FROM ctg_delivery WHERE open_lane IS NOT NULL ORDER BY id DESC LIMIT 40 FOR UPDATE',
        );
        await pause(60);
        await ask("SELECT name FROM ctg_clock WHERE name = 'relay' FOR UPDATE");
        await ask('COMMIT');
      } catch {
        await ask('ROLLBACK');
      }
      await pause(20);
    }
  });
}

/** Holds the ledger's table, as a careless `ALTER TABLE` of the ERP's administrator does. */
export function lockLedger(server: Service | undefined, trouble: Trouble): Promise<void> {
  return withSession(server, async ({ engine, ask }) => {
    if (engine === 'postgres') {
      await ask('BEGIN');
      await ask('LOCK TABLE ctg_delivery IN ACCESS EXCLUSIVE MODE');
    } else await ask('LOCK TABLES ctg_delivery WRITE');
    await trouble.lasts();
    await ask(engine === 'postgres' ? 'ROLLBACK' : 'UNLOCK TABLES');
  });
}

/**
 * Refuses every write with an error, as a server does that has become a replica or whose disk is full. On MariaDB it
 * refuses those of users without privileges over the server, which the agent's is.
 */
export function refuseWrites(server: Service | undefined, trouble: Trouble): Promise<void> {
  return whileSet(server, trouble, {
    postgres: ['default_transaction_read_only', 'on'],
    mariadb: ['SET GLOBAL read_only = 1', 'SET GLOBAL read_only = 0'],
  });
}

/** Lets no transaction commit for a while. */
export function freezeCommits(server: Service | undefined, trouble: Trouble): Promise<void> {
  if (server?.url.startsWith('mysql')) {
    // A lock of the session's own: it ends with it.
    return withSession(server, async ({ ask }) => {
      await ask('FLUSH TABLES WITH READ LOCK');
      await trouble.lasts();
      await ask('UNLOCK TABLES');
    });
  }
  // A standby that does not exist must confirm each commit; taking the name away lets the waiting ones end.
  return whileSet(server, trouble, { postgres: ['synchronous_standby_names', 'nobody'], mariadb: ['', ''] });
}

/** A setting of the server outlives the session that made it: it is taken back by another one, however long that takes. */
async function whileSet(
  server: Service | undefined,
  trouble: Trouble,
  how: { readonly postgres: readonly [string, string]; readonly mariadb: readonly [string, string] },
): Promise<void> {
  const [name, value] = how.postgres;
  const [set, reset] = how.mariadb;
  await withSession(server, ({ engine, ask }) =>
    engine === 'mariadb' ? run(ask, [set]) : run(ask, [`ALTER SYSTEM SET ${name} = '${value}'`, RELOAD]),
  );
  await trouble.lasts();
  const takeBack = ({ engine, ask }: Session): Promise<void> =>
    engine === 'mariadb' ? run(ask, [reset]) : run(ask, [`ALTER SYSTEM RESET ${name}`, RELOAD]);
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      return await openSession(server, takeBack);
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(200);
    }
  }
}

const RELOAD = 'SELECT pg_reload_conf()';

async function run(ask: Ask, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await ask(statement);
}

/** A session that another fault ends in the middle has done its part. */
async function withSession(
  server: Service | undefined,
  act: (session: Session) => Promise<void>,
): Promise<void> {
  await openSession(server, act).catch(() => undefined);
}

async function openSession(
  server: Service | undefined,
  act: (session: Session) => Promise<void>,
): Promise<void> {
  if (!server) return;
  await (server.url.startsWith('mysql') ? withMariadb(server.url, act) : withPostgres(server.url, act));
}

async function withPostgres(url: string, act: (session: Session) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'trouble' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SET synchronous_commit = local');
    await act({ engine: 'postgres', ask: async (statement) => (await client.query(statement)).rows });
  } finally {
    await client.end();
  }
}

async function withMariadb(url: string, act: (session: Session) => Promise<void>): Promise<void> {
  const connection = await createConnection(url);
  connection.on('error', () => undefined);
  try {
    await act({
      engine: 'mariadb',
      ask: async (statement) => {
        const [rows] = await connection.query<RowDataPacket[]>(statement);
        return Array.isArray(rows) ? rows : [];
      },
    });
  } finally {
    connection.destroy();
  }
}
