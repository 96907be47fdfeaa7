import type { Transport, WireInDoubt, WireNotSent, WireReply, WireRequest, WireResult } from './transport.ts';

/** What an exchange came to, without its time. */
export type Unmeasured =
  | Omit<WireReply, 'durationMs'>
  | Omit<WireNotSent, 'durationMs'>
  | Omit<WireInDoubt, 'durationMs'>;

/** The most bytes of a reply, after decompression, unless told: 1 MiB. */
export const MAX_RESPONSE_BYTES = 1_048_576;

/** The longest that a connection may take to stand; sending and waiting have no limits but the send's own. */
export const CONNECT_PHASE_MS = 5_000;

/**
 * Shorter than the keep-alive of common servers (Node and Tomcat 5 s or more), so that we close an idle connection and
 * not the server: a reset on a reused connection is a doubt, not a retry.
 */
export const IDLE_CONNECTION_MS = 4_000;

/**
 * Makes a transport of a function that sends once and never throws: adds the time that each send took, and an end that
 * refuses new sends, waits for those under way and then calls `disconnect`.
 */
export function transportOf(
  sendOnce: (request: WireRequest) => Promise<Unmeasured>,
  disconnect: () => Promise<void>,
): Transport {
  const underWay = new Set<Promise<WireResult>>();
  let closed = false;
  const measured = async (request: WireRequest): Promise<WireResult> => {
    const startedAt = performance.now();
    const result = closed ? CLOSED : await sendOnce(request);
    return { ...result, durationMs: Math.round(performance.now() - startedAt) };
  };
  return {
    send: (request) => {
      const sending = measured(request).finally(() => underWay.delete(sending));
      underWay.add(sending);
      return sending;
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(underWay);
      await disconnect();
    },
  };
}

const CLOSED: Unmeasured = { kind: 'not-sent', code: 'CLOSED', message: 'The transport is closed' };
