import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { decodeBody } from './encoded-body.ts';
import { parseRetryAfter } from './retry-after.ts';
import { askBeforeSend, type Flight, failureOf, newFlight, timedOut, tooLarge } from './send-failure.ts';
import type { Unmeasured } from './single-sends.ts';
import type { WireRequest } from './transport.ts';

type Head = { readonly status: number; readonly headers: IncomingHttpHeaders };

/** One exchange under way, and what it ends with. */
type Exchange = {
  readonly request: WireRequest;
  readonly maxBytes: number;
  readonly flight: Flight;
  /** Gives the result; only the first one counts. */
  readonly finish: (result: Unmeasured) => void;
  readonly pieces: Buffer[];
  size: number;
  head: Head | undefined;
  running: Dispatcher.DispatchController | undefined;
};

/**
 * Runs one exchange: `dispatch` hands undici the handler, and the result comes when the reply is whole or the exchange has
 * failed. A time-out gives the result at once, even while undici still has the request in its queue: it is refused
 * when its turn comes.
 */
export function exchange(
  request: WireRequest,
  maxBytes: number,
  dispatch: (handler: Dispatcher.DispatchHandler) => void,
): Promise<Unmeasured> {
  return new Promise((resolve) => {
    const flight = newFlight();
    const finish = (result: Unmeasured): void => {
      if (flight.over) return;
      flight.over = true;
      clearTimeout(timer);
      resolve(result);
    };
    const under: Exchange = {
      request,
      maxBytes,
      flight,
      finish,
      pieces: [],
      size: 0,
      head: undefined,
      running: undefined,
    };
    const timer = setTimeout(() => timeOut(under), request.timeoutMs);
    try {
      dispatch(handlerOf(under));
    } catch (error) {
      finish(failureOf(error, flight));
    }
  });
}

function handlerOf(under: Exchange): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller) => start(under, controller),
    onResponseStart: (_controller, status, headers) => {
      // A 1xx comes before the reply itself.
      if (status >= 200) under.head = { status, headers };
    },
    onResponseData: (controller, piece) => take(under, controller, piece),
    onResponseEnd: () => void end(under),
    onResponseError: (_controller, error) => under.finish(failureOf(error, under.flight)),
  };
}

/**
 * undici calls this when a connection stands and is free, and writes head and body in the same turn: it is the last
 * moment to refuse, and the line between "not sent" and "in doubt". Refusing by a throw leaves the connection usable,
 * as nothing was written to it.
 */
function start(under: Exchange, controller: Dispatcher.DispatchController): void {
  const { flight, request } = under;
  // It is documented as "may be called again for a retry"; a request that was handed over must never go twice.
  if (flight.handedOver || flight.over) throw new Error('Must not be sent any more');
  flight.abortReason = askBeforeSend(request.beforeSend);
  if (flight.abortReason !== undefined) throw new Error('Aborted before the first byte');
  flight.handedOver = true;
  under.running = controller;
}

function take(under: Exchange, controller: Dispatcher.DispatchController, piece: Buffer): void {
  under.size += piece.byteLength;
  under.pieces.push(piece);
  if (under.size <= under.maxBytes) return;
  under.finish(tooLarge(under.maxBytes));
  controller.abort(new Error('The reply is too large'));
}

/**
 * The result is given a turn of the event loop later: undici frees the connection in the next turn, and who sends again
 * at once would else open another.
 */
async function end(under: Exchange): Promise<void> {
  const result = await readWhole(under).catch((error: unknown) => failureOf(error, under.flight));
  setImmediate(under.finish, result);
}

async function readWhole({ head, pieces, size, maxBytes }: Exchange): Promise<Unmeasured> {
  if (head === undefined)
    return { kind: 'in-doubt', code: 'NO_RESPONSE', message: 'The reply has no status' };
  const encoding = head.headers['content-encoding'];
  const body = await decodeBody(Buffer.concat(pieces, size), encoding, maxBytes);
  if (body === undefined) return tooLarge(maxBytes);
  const retryAfterMs = parseRetryAfter(head.headers['retry-after'], Date.now());
  return {
    kind: 'reply',
    httpStatus: head.status,
    body,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function timeOut({ request, flight, finish, running }: Exchange): void {
  const error = timedOut(request.timeoutMs);
  finish(failureOf(error, flight));
  running?.abort(error);
}
