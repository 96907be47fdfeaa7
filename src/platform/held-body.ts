import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { askBeforeSend, type Flight } from './send-failure.ts';

/** What a `HeldBody` needs. */
export type HeldBodyParts = {
  readonly bytes: Uint8Array;
  /** Settles when a connection stands ready for this request. */
  readonly connected: Promise<void>;
  readonly beforeSend: (() => string | undefined) | undefined;
  readonly flight: Flight;
};

/**
 * A request body that is given out only when the connection stands. Node writes the head together with the first
 * piece of the body, so until then not one byte has left: that is what makes "not sent" a fact and not a guess
 * from error codes, and lets `beforeSend` be the last thing that happens.
 *
 * A class with a private field, and no plain generator: got runs `structuredClone` over every body, which throws, and
 * is slow in throwing, on a generator, and finds nothing to copy here. And an iterator by hand: a generator that waits
 * for its connection cannot be ended, and a send whose time is over would wait with it.
 */
export class HeldBody {
  readonly #parts: HeldBodyParts;

  constructor(parts: HeldBodyParts) {
    this.#parts = parts;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const { flight } = this.#parts;
    return {
      next: () => this.#next(),
      return: async () => {
        flight.over = true;
        return END;
      },
    };
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { bytes, connected, beforeSend, flight } = this.#parts;
    await connected;
    if (flight.over || flight.handedOver) return END;
    flight.abortReason = askBeforeSend(beforeSend);
    if (flight.abortReason !== undefined) throw new Error('Aborted before the first byte');
    flight.handedOver = true;
    return { done: false, value: bytes };
  }
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Calls back once the request has a connection that stands: TCP, and TLS where there is TLS. */
export function onConnected(request: ClientRequest, callback: () => void): void {
  request.once('socket', (socket: Socket) => {
    if (!socket.connecting) callback();
    else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', callback);
  });
}
