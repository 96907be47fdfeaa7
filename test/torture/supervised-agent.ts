import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  /** Sets its clock, and that of those started after it, so far from the true time. */
  setClock(fromTrueMs: number): void;
  /** How often it was started. */
  launches(): number;
  /** What `/readyz` says; undefined while nobody answers. */
  ready(): Promise<{ readonly ready: boolean; readonly reasons: readonly string[] } | undefined>;
  /** Says that it may end by itself once, as it does when it can only go on as a new process. */
  mayEnd(): void;
  /** Ends that nobody asked for, after it had worked: each is a fault of the agent. */
  readonly unasked: readonly string[];
  /** Error lines of its log, the newest. */
  log(): string;
  /** Ends it for good. */
  end(): Promise<void>;
};

/** Types are stripped once, not at each start. */
const COMPILE_CACHE = join(tmpdir(), 'ctg-sync-test-compile-cache');
const RESTART_MS = 200;
const LOG_KEPT = 200_000;
const CLOCK = new URL('./clock-preload.ts', import.meta.url).href;
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
  let clockMs = 0;
  let launches = 0;
  const launch = (): void => {
    launches += 1;
    asked = false;
    worked = false;
    child = spawn(process.execPath, ['--import', CLOCK, MAIN], {
      env: {
        PATH: process.env.PATH ?? '',
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        ...env,
        HTTP_PORT: String(port),
        TORTURE_CLOCK_MS: String(clockMs),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child.on('error', () => undefined);
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
    setClock: (fromTrueMs) => {
      clockMs = fromTrueMs;
      if (child.connected) child.send({ clockMs }, () => undefined);
    },
    launches: () => launches,
    mayEnd: () => {
      asked = true;
    },
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
    const said = (await response.json()) as { ready?: boolean; reasons?: string[] };
    // While the agent is away another server may have got its port.
    return said.ready === undefined || said.reasons === undefined
      ? undefined
      : { ready: said.ready, reasons: said.reasons };
  } catch {
    return undefined;
  }
}
