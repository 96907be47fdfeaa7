import { chownSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A user of this system, as `spawn` takes it. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Gives the first of these users that exists, when this process is root, else `undefined` (run as oneself).
 * PostgreSQL and MariaDB refuse to run as root.
 */
export function userInsteadOfRoot(names: readonly string[]): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = names.flatMap((name) => entries.filter((fields) => fields[0] === name))[0];
  if (entry === undefined)
    throw new Error(`root must not run it, and none of the users ${names.join(', ')} exists`);
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

export interface DirectoryContent {
  readonly user?: SystemUser | undefined;
  /** Content by file name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Makes a directory that only this user can enter. Its path is short: a UNIX socket's has 107 characters at most. */
export function makePrivateDirectory(name: string, { user, files = {} }: DirectoryContent = {}): string {
  const base = user === undefined || anyoneCanEnter(tmpdir()) ? tmpdir() : '/tmp';
  const directory = mkdtempSync(join(base, `ctg-${name}-`));
  for (const [file, content] of Object.entries(files)) writeFileSync(join(directory, file), content);
  if (user !== undefined) {
    for (const path of [directory, ...Object.keys(files).map((file) => join(directory, file))]) {
      chownSync(path, user.uid, user.gid);
    }
  }
  return directory;
}

function anyoneCanEnter(directory: string): boolean {
  if ((statSync(directory).mode & 0o001) === 0) return false;
  return directory === dirname(directory) || anyoneCanEnter(dirname(directory));
}
