import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What became of one request's bytes. */
export type Flight = {
  /** The body, and with it the head, was handed over: from here on every failure leaves a doubt. */
  handedOver: boolean;
  /** Why `beforeSend` refused. */
  abortReason: string | undefined;
  /** The send has its result already: nothing may leave any more. */
  over: boolean;
};

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
 * is slow in throwing, on a generator, and finds nothing to copy here.
 */
export class HeldBody {
  readonly #parts: HeldBodyParts;

  constructor(parts: HeldBodyParts) {
    this.#parts = parts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { bytes, connected, beforeSend, flight } = this.#parts;
    await connected;
    if (flight.over) return;
    flight.abortReason = askBeforeSend(beforeSend);
    if (flight.abortReason !== undefined) throw new Error('Aborted before the first byte');
    flight.handedOver = true;
    yield bytes;
  }
}

function askBeforeSend(beforeSend: (() => string | undefined) | undefined): string | undefined {
  try {
    return beforeSend?.();
  } catch (error) {
    return `beforeSend failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Calls back once the request has a connection that stands: TCP, and TLS where there is TLS. */
export function onConnected(request: ClientRequest, callback: () => void): void {
  request.once('socket', (socket: Socket) => {
    if (!socket.connecting) callback();
    else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', callback);
  });
}
