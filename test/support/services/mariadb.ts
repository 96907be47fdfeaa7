import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { requireBinary } from './find-binary.ts';
import { onFreePort } from './on-free-port.ts';
import { startOwnProcess } from './own-process.ts';
import { makePrivateDirectory, type SystemUser, userInsteadOfRoot } from './private-directory.ts';
import type { Service } from './service.ts';

const run = promisify(execFile);

// Run at every start; read by the server itself, so one statement a line.
const ACCOUNT = [
  `CREATE DATABASE IF NOT EXISTS ctg;`,
  `CREATE USER IF NOT EXISTS 'ctg'@'127.0.0.1' IDENTIFIED BY 'ctg';`,
  `GRANT ALL PRIVILEGES ON *.* TO 'ctg'@'127.0.0.1' WITH GRANT OPTION;`,
  '',
].join('\n');

// The log is written at every commit (2) but not flushed: a kill -9 loses nothing that was committed, as it would with 0.
const SETTINGS = [
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_unicode_ci',
  '--default-time-zone=+00:00',
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-log-file-size=48M',
  '--max-connections=300',
];

export interface MariadbOptions {
  /** More for the command line, for instance `['--innodb-lock-wait-timeout=1']`. */
  readonly args?: readonly string[];
}

/**
 * Starts a MariaDB with the account `ctg` (password `ctg`, every privilege) and an empty database `ctg`, utf8mb4.
 * Its data outlives `restart()` and `kill9()`.
 */
export function startMariadb({ args = [] }: MariadbOptions = {}): Promise<Service> {
  const command = requireBinary('mariadbd');
  const user = userInsteadOfRoot(['mysql', 'nobody']);
  return onFreePort(async (port) => {
    const directory = makePrivateDirectory('mariadb', { user, files: { 'account.sql': ACCOUNT } });
    await initialise(directory, user);
    const url = `mysql://ctg:ctg@127.0.0.1:${port}/ctg`;
    const place = [
      `--datadir=${join(directory, 'data')}`,
      `--socket=${join(directory, 'socket')}`,
      `--pid-file=${join(directory, 'pid')}`,
      `--tmpdir=${directory}`,
      `--init-file=${join(directory, 'account.sql')}`,
    ];
    return startOwnProcess({
      title: 'MariaDB',
      url,
      port,
      command,
      args: ['--no-defaults', ...place, `--port=${port}`, ...SETTINGS, ...args],
      directory,
      user,
      endSignal: 'SIGTERM',
      discardSignal: 'SIGKILL',
      answers: () => answers(url),
    });
  });
}

async function initialise(directory: string, user: SystemUser | undefined): Promise<void> {
  const settings = ['--no-defaults', '--auth-root-authentication-method=normal', '--skip-test-db'];
  const data = `--datadir=${join(directory, 'data')}`;
  try {
    const command = requireBinary('mariadb-install-db');
    await run(command, [...settings, data, '--innodb-log-file-size=48M'], { cwd: directory, ...user });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

async function answers(url: string): Promise<void> {
  const connection = await createConnection({ uri: url, connectTimeout: 2_000 });
  try {
    await connection.query('select 1');
  } finally {
    await connection.end();
  }
}
