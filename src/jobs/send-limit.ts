import type { System } from '../config/systems.ts';
import type { Gateway, GatewayRequest, GatewayResult } from '../platform/gateway.ts';

/** How long a send may wait for others to begin with, milliseconds. */
const LONGEST_WAIT_MS = 2;

/** The sends of one system. */
type Line = {
  readonly waiting: (() => void)[];
  active: number;
  /** How many may be under way at once, as far as the system keeps up. */
  window: number;
  /** Counts how often the window was made smaller. */
  cuts: number;
};

/**
 * A gateway's `send` with at most `concurrency` requests at once, over all systems.
 *
 * A system that is too slow for so many gets fewer: when a send outlasts its time limit, its system's window is halved
 * (once for all that were sent before), and each answer widens it by one. Without that a platform on its knees would get the
 * full number again after each recovery, answer none in time, and leave nothing but doubts.
 *
 * While all places are taken, those that become free are given away a quarter at a time, or after 2 ms: requests that
 * begin together are answered together, and an HTTP client does much less for each when many sockets are ready in one
 * turn of the event loop.
 *
 * What still waits for its place when `stopping` is aborted is not sent any more: its outcome is `not-sent`, and its
 * leave of the circuit goes back.
 */
export function limitSends(
  gateway: Pick<Gateway, 'send' | 'giveBack'>,
  concurrency: number,
  stopping: AbortSignal,
): Gateway['send'] {
  const lines = new Map<System, Line>();
  let free = concurrency;
  let isPlanned = false;
  const lineOf = (system: System): Line => {
    const line = lines.get(system) ?? { waiting: [], active: 0, window: concurrency, cuts: 0 };
    lines.set(system, line);
    return line;
  };
  const begin = (line: Line): void => {
    const taken = line.waiting.splice(0, Math.min(free, line.window - line.active));
    free -= taken.length;
    line.active += taken.length;
    for (const start of taken) start();
  };
  const look = (): void => {
    for (const line of lines.values()) {
      const room = Math.min(free, line.window - line.active);
      if (line.waiting.length === 0 || room <= 0) continue;
      if (room >= Math.max(1, Math.floor(line.window / 4))) begin(line);
      else planBegin();
    }
  };
  const planBegin = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    setTimeout(() => {
      isPlanned = false;
      for (const line of lines.values()) if (line.window > line.active) begin(line);
    }, LONGEST_WAIT_MS);
  };
  const send = async (request: GatewayRequest): Promise<GatewayResult> => {
    if (!stopping.aborted) return gateway.send(request);
    if (request.permit) gateway.giveBack(request.endpoint.system, request.permit);
    return STOPPED;
  };
  return async (request) => {
    const line = lineOf(request.endpoint.system);
    await new Promise<void>((resolve) => {
      line.waiting.push(resolve);
      look();
    });
    const { cuts } = line;
    try {
      const result = await send(request);
      if (isLate(result)) {
        if (cuts === line.cuts) cut(line);
      } else if (isAnswer(result)) line.window = Math.min(concurrency, line.window + 1);
      return result;
    } finally {
      free += 1;
      line.active -= 1;
      // The line that was served goes behind the others, so that one system does not take every place that becomes free.
      lines.delete(request.endpoint.system);
      lines.set(request.endpoint.system, line);
      look();
    }
  };
}

function cut(line: Line): void {
  line.cuts += 1;
  line.window = Math.max(1, Math.floor(line.window / 2));
}

function isLate({ outcome }: GatewayResult): boolean {
  return (outcome.kind === 'in-doubt' || outcome.kind === 'not-sent') && outcome.code === 'ETIMEDOUT';
}

function isAnswer({ outcome: { kind } }: GatewayResult): boolean {
  return kind === 'accepted' || kind === 'duplicate' || kind === 'rejected';
}

const STOPPED: GatewayResult = {
  outcome: { kind: 'not-sent', code: 'ABORTED', message: 'The agent is stopping' },
  durationMs: 0,
};
