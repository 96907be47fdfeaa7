import { spawnSync } from 'node:child_process';
import { requireBinary } from './services/find-binary.ts';
import { createDatabase, type TestDatabase } from './services/index.ts';

/** A database at one moment, as its own tools write it. */
export type Dump = {
  /** Reads it into a new database on the same server. */
  restore(): Promise<TestDatabase>;
};

/** Dumps a database of PostgreSQL or MariaDB. */
export function dumpDatabase(url: string): Dump {
  const text = run(toolsOf(url).dump(url), '');
  return {
    restore: async () => {
      const database = await createDatabase(url);
      run(toolsOf(url).read(database.url), text);
      return database;
    },
  };
}

type Tool = { readonly program: string; readonly args: readonly string[]; readonly password?: string };

function toolsOf(url: string): { dump(from: string): Tool; read(into: string): Tool } {
  if (url.startsWith('postgres')) {
    return {
      dump: (from) => ({ program: 'pg_dump', args: ['--no-owner', from] }),
      read: (into) => ({ program: 'psql', args: ['--quiet', '--set=ON_ERROR_STOP=1', into] }),
    };
  }
  return {
    dump: (from) => mariadb('mariadb-dump', from, ['--single-transaction', '--triggers']),
    read: (into) => mariadb('mariadb', into, []),
  };
}

function mariadb(program: string, url: string, more: readonly string[]): Tool {
  const { hostname, port, username, password, pathname } = new URL(url);
  const where = ['--protocol=tcp', `--host=${hostname}`, `--port=${port}`, `--user=${username}`];
  return { program, args: ['--no-defaults', ...where, ...more, pathname.slice(1)], password };
}

function run({ program, args, password = '' }: Tool, input: string): string {
  const { status, stdout, stderr } = spawnSync(requireBinary(program), [...args], {
    input,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { PATH: process.env.PATH, MYSQL_PWD: decodeURIComponent(password) },
  });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stdout;
}
