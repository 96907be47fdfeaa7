import type { Gateway, GatewayResult } from '../platform/gateway.ts';

/** How long a send may wait for others to begin with, milliseconds. */
const LONGEST_WAIT_MS = 2;

/**
 * A gateway's `send` with at most `concurrency` requests at once. While all places are taken, those that become free are
 * given away a quarter at a time, or after 2 ms: requests that begin together are answered together, and an HTTP client
 * does much less for each when many sockets are ready in one turn of the event loop. What still waits for its place when
 * `stopping` is aborted is not sent any more: its outcome is `not-sent`, and its leave of the circuit goes back.
 */
export function limitSends(
  gateway: Pick<Gateway, 'send' | 'giveBack'>,
  concurrency: number,
  stopping: AbortSignal,
): Gateway['send'] {
  const together = Math.max(1, Math.floor(concurrency / 4));
  const waiting: (() => void)[] = [];
  let free = concurrency;
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const taken = waiting.splice(0, free);
    free -= taken.length;
    for (const start of taken) start();
  };
  const look = (): void => {
    if (waiting.length === 0 || free === 0) return;
    if (free >= together) begin();
    else timer ??= setTimeout(begin, LONGEST_WAIT_MS);
  };
  const send: Gateway['send'] = async (request) => {
    if (!stopping.aborted) return gateway.send(request);
    if (request.permit) gateway.giveBack(request.endpoint.system, request.permit);
    return STOPPED;
  };
  return async (request) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      look();
    });
    try {
      return await send(request);
    } finally {
      free += 1;
      look();
    }
  };
}

const STOPPED: GatewayResult = {
  outcome: { kind: 'not-sent', code: 'ABORTED', message: 'The agent is stopping' },
  durationMs: 0,
};
