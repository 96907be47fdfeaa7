import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Logger } from 'pino';
import type { Settings } from './config/settings.ts';

/** The other sending processes of an agent (setting `SENDERS`). */
export type Senders = {
  /** Makes them read accounts and secrets again. */
  reload(): void;
  /** Lets each end what it has under way. */
  stop(): Promise<void>;
};

/** What a sender is told by the process that it belongs to. */
export type SenderOrder = 'stop' | 'reload';

/** How a process is told that it is a sender, and which: the main process is the first. */
const FLAG = '--sender=';
const RESTART_PAUSE_MS = 2_000;

/** Which sender this process is, or undefined for the main process. */
export function senderNumber(args: readonly string[]): number | undefined {
  const flag = args.find((each) => each.startsWith(FLAG));
  return flag === undefined ? undefined : Number(flag.slice(FLAG.length));
}

/**
 * What one of an agent's sending processes may do: the limits are the whole agent's, so each has its part of them. A
 * sender has a name of its own, since claims are made in it.
 */
export function partOf(settings: Settings, sender: number | undefined): Settings {
  const { senders, concurrency, rateLimit, agentId } = settings;
  return {
    ...settings,
    concurrency: Math.ceil(concurrency / senders),
    rateLimit: rateLimit / senders,
    ...(agentId !== undefined && sender !== undefined && { agentId: `${agentId}-${sender}` }),
  };
}

/** Starts processes of `file` as senders 2 to `count`. One that ends unasked is started again. */
export function startSenders(file: string, count: number, logger: Logger): Senders {
  const children = new Set<ChildProcess>();
  const pauses = new Set<NodeJS.Timeout>();
  let stopping = false;
  const start = (number: number): void => {
    const child = fork(file, [`${FLAG}${number}`], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.add(child);
    child.once('exit', (code, signal) => {
      children.delete(child);
      if (stopping) return;
      logger.error({ sender: number, code, signal }, 'a sender has ended and is started again');
      const pause = setTimeout(() => {
        pauses.delete(pause);
        start(number);
      }, RESTART_PAUSE_MS);
      pauses.add(pause);
    });
  };
  for (let number = 2; number <= count; number += 1) start(number);
  const tell = (child: ChildProcess, order: SenderOrder): void => {
    if (child.connected) child.send(order);
  };
  return {
    reload: () => {
      for (const child of children) tell(child, 'reload');
    },
    stop: async () => {
      stopping = true;
      for (const pause of pauses) clearTimeout(pause);
      await Promise.all(
        [...children].map(async (child) => {
          const ended = once(child, 'exit');
          tell(child, 'stop');
          await ended;
        }),
      );
    },
  };
}
