import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SystemUser } from './private-directory.ts';
import type { Service } from './service.ts';

const GUARD = fileURLToPath(new URL('guard.sh', import.meta.url));
const READY_WITHIN_MS = 60_000;
const ENDS_WITHIN_MS = 30_000;

export interface OwnProcessSettings {
  /** For messages: "Redis". */
  readonly title: string;
  readonly url: string;
  readonly port: number;
  readonly command: string;
  readonly args: readonly string[];
  /** Removed when the process is stopped for good. Its log is in it. */
  readonly directory: string;
  readonly user?: SystemUser | undefined;
  /** Ends it in good order, its data kept. */
  readonly endSignal: NodeJS.Signals;
  /** Ends it at once, when its data is no longer wanted. */
  readonly discardSignal: NodeJS.Signals;
  /** Resolves when the server answers, throws while it does not. */
  readonly answers: () => Promise<void>;
}

/**
 * Starts a server process, known by its pid alone, and resolves when it answers; throws with the end of its log when
 * it does not. The process and its directory are gone when this process is, however that ends.
 */
export async function startOwnProcess(settings: OwnProcessSettings): Promise<Service> {
  const guard = startGuard(settings);
  let child: ChildProcess | undefined;

  const launch = async () => {
    child = spawnServer(settings);
    const launched = child;
    guard.watch(String(launched.pid ?? '-'));
    launched.once('exit', () => {
      if (child === launched) guard.watch('-');
    });
    await untilAnswers(settings, launched);
  };
  const stop = async () => {
    await guard.finish();
    if (child !== undefined) await exited(child);
  };

  try {
    await launch();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: settings.url,
    port: settings.port,
    directory: settings.directory,
    get pid() {
      return child?.pid ?? 0;
    },
    async restart() {
      if (child !== undefined) await end(child, settings.endSignal);
      await relaunch(launch);
    },
    async kill9() {
      if (child !== undefined) await end(child, 'SIGKILL');
    },
    stop,
  };
}

/** A killed PostgreSQL's children hold its memory until they notice, and a new server refuses to share it. */
async function relaunch(launch: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await launch();
      return;
    } catch (error) {
      if (tries === 50 || !(error instanceof Error) || !/still in use/i.test(error.message)) throw error;
    }
    await pause(100);
  }
}

/** Detached, as the server is: Ctrl-C in the terminal must reach neither before the tests have ended. */
function startGuard({ directory, discardSignal }: OwnProcessSettings) {
  const guard = spawn('/bin/sh', [GUARD, directory, discardSignal.replace('SIG', '')], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  guard.unref();
  guard.stdin.on('error', () => {});
  return {
    watch: (pid: string) => guard.stdin.write(`${pid}\n`),
    finish: async () => {
      guard.stdin.end();
      await exited(guard);
    },
  };
}

function spawnServer({ command, args, directory, user }: OwnProcessSettings): ChildProcess {
  const log = openSync(join(directory, 'log'), 'a');
  const child = spawn(command, args, {
    cwd: directory,
    stdio: ['ignore', log, log],
    detached: true,
    ...user,
    env: { PATH: process.env.PATH, LC_ALL: 'C', HOME: directory },
  });
  closeSync(log);
  child.on('error', () => {});
  child.unref();
  return child;
}

async function untilAnswers(settings: OwnProcessSettings, child: ChildProcess): Promise<void> {
  const giveUpAt = Date.now() + READY_WITHIN_MS;
  let fault: unknown;
  while (Date.now() < giveUpAt && child.pid !== undefined && !hasExited(child)) {
    try {
      await settings.answers();
      return;
    } catch (error) {
      fault = error;
    }
    await pause(20);
  }
  throw new Error(`${settings.title} did not start (its log is below)\n${logOf(settings)}`, { cause: fault });
}

function logOf({ directory }: OwnProcessSettings): string {
  return readFileSync(join(directory, 'log'), 'utf8').trimEnd().split('\n').slice(-25).join('\n');
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasExited(child)) return;
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
  await exited(child);
  clearTimeout(late);
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasExited(child)) return;
  child.ref();
  await once(child, 'exit');
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
