import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The daemon in a process of its own, started again whenever it ends, as systemd or Kubernetes would. */
export type SupervisedAgent = {
  readonly url: string;
  /** A power cut. */
  kill(): void;
  /** SIGTERM: it ends in order, and is started again. */
  terminate(): void;
  /** Stops its clock and its work, as a machine that is moved: SIGSTOP, then SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** What `/readyz` says; undefined while nobody answers. */
  ready(): Promise<{ readonly ready: boolean; readonly reasons: readonly string[] } | undefined>;
  /** Ends that nobody asked for, after it had worked: each is a fault of the agent. */
  readonly unasked: readonly string[];
  /** Error lines of its log, the newest. */
  log(): string;
  /** Ends it for good. */
  end(): Promise<void>;
};

const RESTART_MS = 200;
const LOG_KEPT = 200_000;
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Starts the daemon and keeps it running until `end`. */
export function superviseAgent(env: Readonly<Record<string, string>>, port: number): SupervisedAgent {
  const url = `http://127.0.0.1:${port}`;
  const unasked: string[] = [];
  let child: ChildProcess;
  let ended = false;
  let asked = false;
  let worked = false;
  let log = '';
  const launch = (): void => {
    asked = false;
    worked = false;
    child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env.PATH ?? '', ...env, HTTP_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keepLog = (chunk: Buffer): void => {
      log = (log + chunk.toString()).slice(-LOG_KEPT);
    };
    child.stdout?.on('data', keepLog);
    child.stderr?.on('data', keepLog);
    child.once('exit', (code, signal) => {
      if (!asked && worked) unasked.push(`ended with ${signal ?? code}: ${log.slice(-1500)}`);
      if (!ended) setTimeout(() => !ended && launch(), RESTART_MS);
    });
  };
  const signal = (name: NodeJS.Signals): void => {
    asked = true;
    child.kill(name);
  };
  launch();
  return {
    url,
    unasked,
    kill: () => signal('SIGKILL'),
    terminate: () => signal('SIGTERM'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    ready: async () => {
      const answer = await askReady(url);
      if (answer?.ready) worked = true;
      return answer;
    },
    log: () => log,
    end: async () => {
      ended = true;
      child.kill('SIGCONT');
      signal('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function askReady(url: string): Promise<{ ready: boolean; reasons: string[] } | undefined> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(8_000) });
    return (await response.json()) as { ready: boolean; reasons: string[] };
  } catch {
    return undefined;
  }
}
