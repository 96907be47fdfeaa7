import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { settingsByName } from '../../config/setting-definitions.ts';
import type { Settings } from '../../config/settings.ts';
import { type Check, type Finding, warning } from './finding.ts';

const READABLE_BY_ALL = 0o004;

/** Whether others on this machine can read files that hold secrets. Windows keeps rights otherwise. */
export function secretFilesCheck({ accountsFile }: Settings): Check {
  return {
    what: 'secret files',
    examine: async () =>
      process.platform === 'win32'
        ? []
        : [...new Set([resolve('.env'), ...namedFiles(), ...accountFiles(accountsFile)])].flatMap(
            examineFile,
          ),
  };
}

/** The files that `NAME_FILE` variables name. */
function namedFiles(): readonly string[] {
  const variables = readEnvironment();
  return [...settingsByName().values()]
    .filter(({ secret }) => secret)
    .flatMap(({ name }) => variables[`${name}_FILE`]?.trim() || [])
    .map((file) => resolve(file));
}

/** The accounts file and those that its `file:PATH` references name. */
function accountFiles(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  const named = [...textOf(file).matchAll(/\bfile:([^\s"',}\]]+)/g)].map(([, path = '']) => path);
  return [resolve(file), ...named.map((path) => resolve(dirname(file), path))];
}

/** What cannot be read is a fault of the settings, which say so themselves. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function examineFile(file: string): readonly Finding[] {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats || (stats.mode & READABLE_BY_ALL) === 0) return [];
  return [
    warning('secret files', `${file} can be read by every user of this machine.`, `chmod o-rwx ${file}`),
  ];
}
