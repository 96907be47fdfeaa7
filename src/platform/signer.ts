import { hash, timingSafeEqual } from 'node:crypto';

/** One way to fill and check `sec` (加密秘钥). A digest over the body would be another. */
export type Signer = {
  /** The body with `sec` added; the body itself is left alone. */
  sign(body: Readonly<Record<string, unknown>>, secret: string): Record<string, unknown>;
  /** Whether the reply may be trusted. */
  verify(reply: Readonly<Record<string, unknown>>, secret: string): boolean;
};

/**
 * Sends the shared secret as it is. A reply that carries a `sec` must carry the same one; one without is
 * accepted, because the document itself omits it in places.
 */
export const staticSigner: Signer = {
  sign: (body, secret) => ({ ...body, sec: secret }),
  verify: (reply, secret) => !Object.hasOwn(reply, 'sec') || isSameSecret(reply.sec, secret),
};

/** Compares digests, which are of one length, so that neither the place of a difference nor the length shows in the time. */
function isSameSecret(candidate: unknown, secret: string): boolean {
  return typeof candidate === 'string' && timingSafeEqual(digest(candidate), digest(secret));
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
