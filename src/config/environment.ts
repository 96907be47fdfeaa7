import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';

/** Where the environment is read from; by default the working directory and the real environment. */
export type EnvironmentOptions = { readonly directory?: string; readonly variables?: NodeJS.ProcessEnv };

/**
 * The environment, with what `.env` in the directory adds to it. A real variable always wins over the file, and
 * `process.env` is not changed.
 */
export function readEnvironment(options: EnvironmentOptions = {}): NodeJS.ProcessEnv {
  const { directory = process.cwd(), variables = process.env } = options;
  return { ...readEnvFile(join(directory, '.env')), ...variables };
}

/** An absent file is normal; an unreadable one is thrown, or the agent would run on half of its settings. */
function readEnvFile(file: string): Record<string, string> {
  try {
    return parse(readFileSync(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
}

/** Sets a variable for this process and those that it starts: what the command line says wins over every file. */
export function setVariable(name: string, value: string): void {
  process.env[name] = value;
}
