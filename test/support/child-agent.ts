import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPILE_CACHE = join(tmpdir(), 'ctg-sync-test-compile-cache');

/** An agent in a process of its own. */
export type ChildAgent = {
  /** Ends it like a power cut. */
  kill(): Promise<void>;
  /** Asks it to end (SIGTERM); gives its exit code. */
  terminate(): Promise<number | null>;
};

/** Starts an agent in a child process and waits until it works. */
export async function startChildAgent(env: Record<string, string>): Promise<ChildAgent> {
  const file = fileURLToPath(new URL('./agent-process.ts', import.meta.url));
  const child = fork(file, {
    // Types are stripped once, not in each process.
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => Promise.reject(new Error(`The agent ended with ${code}.`))),
  ]);
  return {
    kill: () => end(child, exited, 'SIGKILL').then(() => undefined),
    terminate: () => end(child, exited, 'SIGTERM'),
  };
}

async function end(
  child: ChildProcess,
  exited: Promise<unknown[]>,
  signal: NodeJS.Signals,
): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  const [code] = await exited;
  return typeof code === 'number' ? code : null;
}
