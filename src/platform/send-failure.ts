import { plainText, withoutUserInfo } from './plain-text.ts';
import type { Unmeasured } from './single-sends.ts';

/** What became of one request's bytes. */
export type Flight = {
  /** The body, and with it the head, was handed over: from here on every failure leaves a doubt. */
  handedOver: boolean;
  /** Why `beforeSend` refused. */
  abortReason: string | undefined;
  /** The send has its result already: nothing may leave any more. */
  over: boolean;
};

/** A request of which nothing has happened yet. */
export function newFlight(): Flight {
  return { handedOver: false, abortReason: undefined, over: false };
}

/** Asks `beforeSend` at the last moment; one that throws refuses. */
export function askBeforeSend(beforeSend: (() => string | undefined) | undefined): string | undefined {
  try {
    return beforeSend?.();
  } catch (error) {
    return `beforeSend failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What a failed exchange came to: a doubt once bytes were handed over, and safe to repeat before. No secret is in it. */
export function failureOf(error: unknown, flight: Flight): Unmeasured {
  if (flight.abortReason !== undefined) {
    return { kind: 'not-sent', code: 'ABORTED', message: plainText(flight.abortReason) };
  }
  const code = codeOf(error);
  const text = error instanceof Error && error.message !== '' ? error.message : code;
  const message = plainText(withoutUserInfo(text));
  return { kind: flight.handedOver ? 'in-doubt' : 'not-sent', code, message };
}

/** The error of a send whose time is over. */
export function timedOut(timeoutMs: number): Error {
  return Object.assign(new Error(`No whole reply within ${timeoutMs} ms`), { code: 'ETIMEDOUT' });
}

/** A reply that was larger than it may be. */
export function tooLarge(maxBytes: number): Unmeasured {
  return { kind: 'in-doubt', code: 'TOO_LARGE', message: `The reply exceeds ${maxBytes} bytes` };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return 'UNKNOWN';
  return typeof error.code === 'string' ? error.code : 'UNKNOWN';
}
