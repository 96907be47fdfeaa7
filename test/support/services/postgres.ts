import { execFile } from 'node:child_process';
import { realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { requireBinary } from './find-binary.ts';
import { onFreePort } from './on-free-port.ts';
import { startOwnProcess } from './own-process.ts';
import { makePrivateDirectory, type SystemUser, userInsteadOfRoot } from './private-directory.ts';
import type { Service } from './service.ts';

const run = promisify(execFile);

// Without fsync a power cut would lose data, a kill -9 does not: what is committed is with the system by then.
// `synchronous_commit = off` would be quicker still, but a killed server would forget what it had said was committed.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '300',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  timezone: 'UTC',
};

export interface PostgresOptions {
  /** More settings, for instance `{ wal_level: 'logical' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a PostgreSQL with the superuser `postgres`, no password, UTF-8. Its data outlives `restart()` and `kill9()`. */
export function startPostgres({ settings = {} }: PostgresOptions = {}): Promise<Service> {
  // Its other programs are beside the program itself, not beside a link to it.
  const command = realpathSync(requireBinary('postgres'));
  const user = userInsteadOfRoot(['postgres', 'nobody']);
  return onFreePort(async (port) => {
    const directory = makePrivateDirectory('postgres', { user });
    await initialise({ directory, user, initdb: join(dirname(command), 'initdb') });
    const all = { ...SETTINGS, unix_socket_directories: directory, port: String(port), ...settings };
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    return startOwnProcess({
      title: 'PostgreSQL',
      url,
      port,
      command,
      args: [
        '-D',
        join(directory, 'data'),
        ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      directory,
      user,
      endSignal: 'SIGINT',
      discardSignal: 'SIGQUIT',
      answers: () => answers(url),
    });
  });
}

interface Initialisation {
  readonly directory: string;
  readonly user: SystemUser | undefined;
  readonly initdb: string;
}

async function initialise({ directory, user, initdb }: Initialisation): Promise<void> {
  const args = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'];
  try {
    await run(initdb, ['-D', join(directory, 'data'), ...args], { cwd: directory, ...user });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

async function answers(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end();
  }
}
