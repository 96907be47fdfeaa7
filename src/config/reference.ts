import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { misread, type Reading, understood } from './reading.ts';
import { Secret } from './secret.ts';

/** Where references lead: the variables for `env:NAME`, the directory that a relative `file:PATH` starts from. */
export type ReferenceScope = { readonly variables: NodeJS.ProcessEnv; readonly directory: string };

/** Reads a secret: `env:NAME`, `file:PATH` (its trimmed content), or else the text itself. */
export function readSecret(text: string, scope: ReferenceScope): Reading<Secret> {
  if (text.startsWith('env:')) return readVariable(text.slice('env:'.length), scope.variables);
  if (text.startsWith('file:')) return readSecretFile(resolve(scope.directory, text.slice('file:'.length)));
  return text === ''
    ? misread('is empty', 'give a value, env:NAME or file:PATH')
    : understood(new Secret(text));
}

function readVariable(name: string, variables: NodeJS.ProcessEnv): Reading<Secret> {
  const text = variables[name];
  if (text === undefined || text === '') {
    return misread(`refers to the variable ${name}, which is not set`, `set ${name}`);
  }
  return understood(new Secret(text));
}

/** Reads a file whose trimmed content is a secret. */
export function readSecretFile(file: string): Reading<Secret> {
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (text === '') return misread(`the file ${file} is empty`, 'write the secret into it');
    return understood(new Secret(text));
  } catch (error) {
    return misread(
      `the file ${file} cannot be read (${reasonOf(error)})`,
      'check the path and its permissions',
    );
  }
}

/** The short reason of a file system error, such as `ENOENT`. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return 'unknown reason';
}
