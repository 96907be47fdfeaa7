import type { FastifyRequest } from 'fastify';
import { pathOf, READING } from './actor.ts';

/** A name that only resolves to this machine for a moment (DNS rebinding) must not reach an open server. */
export function hasLoopbackHost({ headers }: FastifyRequest): boolean {
  const host = URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? '';
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);
}

/**
 * Whether another site may have made a browser send this. A browser adds basic credentials by itself, and reaches an
 * open server from any page; so whatever it sends that changes something must come from one of our pages, and carry a
 * header that no other site can set without being asked for it first. Bull Board's page sets none: for it, its origin
 * must be known. A bearer token is never added by itself.
 */
export function mayBeForged(request: FastifyRequest, scheme: 'bearer' | 'basic' | undefined): boolean {
  if (READING.has(request.method)) return false;
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin') return true;
  if (origin !== undefined && URL.parse(origin)?.host !== host) return true;
  if (scheme === 'bearer') return false;
  const isBrowser = origin !== undefined || site !== undefined;
  if (pathOf(request).startsWith('/queues/')) return !isBrowser && scheme === 'basic';
  return (isBrowser || scheme === 'basic') && !hasOwnHeader(request);
}

function hasOwnHeader({ headers }: FastifyRequest): boolean {
  return headers['hx-request'] !== undefined || headers['x-requested-with'] !== undefined;
}
