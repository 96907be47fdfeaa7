import pLimit from 'p-limit';
import type { Gateway, GatewayResult } from '../platform/gateway.ts';

/**
 * A gateway's `send` with at most `concurrency` requests at once. What still waits for its turn when `stopping` is
 * aborted is not sent any more: its outcome is `not-sent`, and its leave of the circuit goes back.
 */
export function limitSends(
  gateway: Pick<Gateway, 'send' | 'giveBack'>,
  concurrency: number,
  stopping: AbortSignal,
): Gateway['send'] {
  const slots = pLimit(concurrency);
  return (request) =>
    slots(async () => {
      if (!stopping.aborted) return gateway.send(request);
      if (request.permit) gateway.giveBack(request.endpoint.system, request.permit);
      return STOPPED;
    });
}

const STOPPED: GatewayResult = {
  outcome: { kind: 'not-sent', code: 'ABORTED', message: 'The agent is stopping' },
  durationMs: 0,
};
