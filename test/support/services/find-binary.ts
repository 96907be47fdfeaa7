import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Gives the path of a server's program, from PATH or from where Debian's packages put it (newest PostgreSQL first),
 * or `undefined`.
 */
export function findBinary(name: string): string | undefined {
  const postgres = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => majorIn(b) - majorIn(a));
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...postgres, '/usr/sbin', '/usr/bin'];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

/** As `findBinary`, but throws where there is none. */
export function requireBinary(name: string): string {
  const found = findBinary(name);
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

function majorIn(directory: string): number {
  return Number(/postgresql\/(\d+)/.exec(directory)?.[1] ?? 0);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
