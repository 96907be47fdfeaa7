import { randomBytes } from 'node:crypto';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';

/** An empty database of its own, for one test or one file of tests. */
export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Removes it, and ends whatever is still connected to it. */
  drop(): Promise<void>;
}

/**
 * Makes an empty database in the PostgreSQL or MariaDB of this URL (or of this service).
 *
 * @example
 * const database = await createDatabase(inject('postgresUrl'));
 */
export async function createDatabase(server: string | { readonly url: string }): Promise<TestDatabase> {
  const serverUrl = typeof server === 'string' ? server : server.url;
  const name = `test_${process.pid}_${randomBytes(5).toString('hex')}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const isPostgres = url.protocol.startsWith('postgres');
  await (isPostgres ? createInPostgres(serverUrl, name) : createInMariadb(serverUrl, name));
  return {
    url: url.href,
    name,
    drop: () => (isPostgres ? dropFromPostgres(serverUrl, name) : dropFromMariadb(serverUrl, name)),
  };
}

async function createInPostgres(url: string, name: string): Promise<void> {
  await withPostgres(url, (client) => client.query(`create database ${name} template template0`));
}

async function dropFromPostgres(url: string, name: string): Promise<void> {
  await withPostgres(url, (client) => client.query(`drop database if exists ${name} with (force)`));
}

async function withPostgres(url: string, act: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await act(client);
  } finally {
    await client.end();
  }
}

async function createInMariadb(url: string, name: string): Promise<void> {
  await withMariadb(url, (connection) => connection.query(`create database ${name} character set utf8mb4`));
}

async function dropFromMariadb(url: string, name: string): Promise<void> {
  await withMariadb(url, async (connection) => {
    // A transaction that a test left open would hold the drop up for ever.
    const users = 'select id from information_schema.processlist where db = ?';
    const [rows] = await connection.query<RowDataPacket[]>(users, [name]);
    for (const { id } of rows) await connection.query('kill ?', [id]).catch(() => {});
    await connection.query(`drop database if exists ${name}`);
  });
}

async function withMariadb(url: string, act: (connection: Connection) => Promise<unknown>): Promise<void> {
  const connection = await createConnection(url);
  try {
    await act(connection);
  } finally {
    await connection.end();
  }
}
