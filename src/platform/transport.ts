import type { System } from '../config/systems.ts';

/** One request, ready to leave: a `POST` of UTF-8 JSON to one of the four systems. */
export type WireRequest = {
  readonly system: System;
  readonly url: string;
  /** The JSON text, already serialised: what is stored with a delivery is what is sent, byte for byte. */
  readonly body: string;
  /** The whole send, from the call to the last byte of the reply. */
  readonly timeoutMs: number;
  /**
   * Called as late as possible, once the connection stands and right before the first byte leaves, so that a
   * worker whose lease ran out still notices. A returned text aborts: nothing is sent (`not-sent`, `ABORTED`).
   */
  readonly beforeSend?: () => string | undefined;
};

/** What an HTTP exchange gave. The status and the body are not judged here, not even a redirect or an error page. */
export type WireReply = {
  readonly kind: 'reply';
  readonly httpStatus: number;
  readonly body: string;
  /** From `Retry-After`, counted from the moment of the reply. */
  readonly retryAfterMs?: number;
  readonly durationMs: number;
};

/** Not one byte of the request left: refused, unresolved, no TLS, too slow to connect, or aborted. Safe to repeat. */
export type WireNotSent = {
  readonly kind: 'not-sent';
  readonly code: string;
  readonly message: string;
  readonly durationMs: number;
};

/** Bytes left and no whole reply came back: the platform may or may not have acted. */
export type WireInDoubt = {
  readonly kind: 'in-doubt';
  readonly code: string;
  readonly message: string;
  readonly durationMs: number;
};

/** The result of one send before its reply is read; what it means is told by `Outcome`. */
export type WireResult = WireReply | WireNotSent | WireInDoubt;

/** The one way out to the platform. */
export type Transport = {
  /** Sends once, never retries, never throws: every failure is a value. */
  send(request: WireRequest): Promise<WireResult>;
  /** Refuses new sends (`not-sent`, `CLOSED`), waits for those under way, then drops the connections. */
  close(): Promise<void>;
};
