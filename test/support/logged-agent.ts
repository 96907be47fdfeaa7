import { Writable } from 'node:stream';
import { type Agent, startAgent } from '../../src/agent.ts';
import { loadAccounts } from '../../src/config/accounts.ts';
import { createLogger } from '../../src/config/logger.ts';
import { loadPlatformPaths } from '../../src/config/paths.ts';
import { loadSettings } from '../../src/config/settings.ts';

/** A line of the log, read. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** An agent whose log is kept. */
export type LoggedAgent = { readonly agent: Agent; text(): string; lines(message: string): LogLine[] };

/** Starts an agent that logs at level `info` for the test to read. */
export async function startLoggedAgent(env: Record<string, string>): Promise<LoggedAgent> {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const settings = loadSettings(env);
  const agent = await startAgent({
    settings,
    accounts: loadAccounts(settings, env),
    sources: new Map(),
    platform: loadPlatformPaths(undefined),
    logger: createLogger({ level: 'info', destination }),
  });
  const read = (): LogLine[] =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return { agent, text: () => text, lines: (message) => read().filter(({ msg }) => msg === message) };
}
