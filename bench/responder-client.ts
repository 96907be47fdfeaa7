import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ResponderMessage, ResponderReport } from './responder.ts';

/** The responder, as the bench sees it. */
export type Responder = {
  readonly url: string;
  reset(options: { readonly latencyMs: number; readonly faultRate: number }): Promise<void>;
  /** Resolves when `count` different things were taken. */
  reached(count: number): Promise<void>;
  report(): Promise<ResponderReport>;
  stop(): void;
};

/** Starts the responder on a processor core of its own, where there is `taskset`. */
export async function startResponder(prefix: readonly string[]): Promise<Responder> {
  const [command = '', ...args] = [
    ...prefix,
    process.execPath,
    fileURLToPath(new URL('./responder.ts', import.meta.url)),
  ];
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ port }] = await once(child, 'message');
  return {
    url: `http://127.0.0.1:${port}`,
    reset: async (options) => {
      await ask(child, { kind: 'reset', ...options });
    },
    reached: async (count) => {
      await ask(child, { kind: 'await', count });
    },
    report: () => ask(child, { kind: 'report' }),
    stop: () => child.kill(),
  };
}

async function ask(child: ChildProcess, message: ResponderMessage) {
  const answer = once(child, 'message');
  child.send(message);
  const [value] = await answer;
  return value;
}
