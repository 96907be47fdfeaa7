import { setTimeout as pause } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import type { Service } from '../support/services/index.ts';

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
      "SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND user = 'ctg'",
    );
    for (const { id } of sessions) await ask(`KILL ${id}`).catch(() => undefined);
  });
}

/** Takes the relay's lock and the deliveries' in the opposite order, again and again. */
export function fightForLocks(server: Service | undefined, lastsMs: number): Promise<void> {
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
export function lockLedger(server: Service | undefined, lastsMs: number): Promise<void> {
  return withSession(server, async ({ engine, ask }) => {
    if (engine === 'postgres') {
      await ask('BEGIN');
      await ask('LOCK TABLE ctg_delivery IN ACCESS EXCLUSIVE MODE');
    } else await ask('LOCK TABLES ctg_delivery WRITE');
    await pause(lastsMs);
    await ask(engine === 'postgres' ? 'ROLLBACK' : 'UNLOCK TABLES');
  });
}

/** Refuses every write, as a server does that has become a replica or whose disk is full. */
export function refuseWrites(server: Service | undefined, lastsMs: number): Promise<void> {
  return withSession(server, async ({ engine, ask }) => {
    if (engine === 'mariadb') return freeze(ask, lastsMs);
    await ask('ALTER SYSTEM SET default_transaction_read_only = on');
    await ask('SELECT pg_reload_conf()');
    await pause(lastsMs);
    await ask('ALTER SYSTEM RESET default_transaction_read_only');
    await ask('SELECT pg_reload_conf()');
  });
}

/** Lets no transaction commit for a while. */
export function freezeCommits(server: Service | undefined, lastsMs: number): Promise<void> {
  return withSession(server, async ({ engine, ask }) => {
    if (engine === 'mariadb') return freeze(ask, lastsMs);
    // A standby that does not exist must confirm each commit; taking the name away lets the waiting ones end.
    await ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    await ask('SELECT pg_reload_conf()');
    await pause(lastsMs);
    await ask('ALTER SYSTEM RESET synchronous_standby_names');
    await ask('SELECT pg_reload_conf()');
  });
}

async function freeze(ask: Ask, lastsMs: number): Promise<void> {
  await ask('FLUSH TABLES WITH READ LOCK');
  await pause(lastsMs);
  await ask('UNLOCK TABLES');
}

/** A session that another fault ends in the middle has done its part. */
async function withSession(
  server: Service | undefined,
  act: (session: Session) => Promise<void>,
): Promise<void> {
  if (!server) return;
  const isMariadb = server.url.startsWith('mysql');
  await (isMariadb ? withMariadb(server.url, act) : withPostgres(server.url, act)).catch(() => undefined);
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
