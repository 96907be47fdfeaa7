import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.ts';
import { Problem } from './problem.ts';

/** Routes that orchestrators ask; they say nothing but whether the agent works. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** The tokens that are set. */
export type Tokens = Pick<Settings, 'adminToken' | 'adminTokenReadonly' | 'ingestToken'>;

/**
 * Guards every route. With tokens: bearer, or basic with any user. Without any (loopback only) the server is open to
 * this machine alone: a request that a web page elsewhere makes the browser send is refused.
 */
export function addAuth(app: FastifyInstance, tokens: Tokens): void {
  const isOpen = Object.values(pick(tokens)).every((token) => token === undefined);
  app.addHook('onRequest', async (request, reply) => {
    const problem = problemWith(request, tokens, isOpen);
    if (!problem) return;
    if (problem.status === 401) reply.header('www-authenticate', 'Basic realm="ctg-sync", charset="UTF-8"');
    // Answered here rather than thrown: Bull Board answers the errors of its routes in its own way.
    return reply.code(problem.status).send({ error: problem.text });
  });
}

function problemWith(request: FastifyRequest, tokens: Tokens, isOpen: boolean): Problem | undefined {
  const path = request.url.split('?', 1)[0] ?? '';
  if (OPEN_PATHS.has(path)) return undefined;
  if (isOpen && !hasLoopbackHost(request)) return FORBIDDEN_HOST;
  if (!isSameSite(request)) return CROSS_SITE;
  return isOpen || isAllowed(request, path, tokens) ? undefined : UNAUTHORIZED;
}

const UNAUTHORIZED = new Problem(401, {
  code: 'UNAUTHORIZED',
  message: 'The token is missing, wrong, or not one for this request.',
  fix: 'Send "authorization: Bearer …" with ADMIN_TOKEN (INGEST_TOKEN for POST /v1/changes).',
});

const FORBIDDEN_HOST = new Problem(403, {
  code: 'FORBIDDEN_HOST',
  message: 'Without ADMIN_TOKEN this server only answers to this machine, by its loopback address.',
  fix: 'Use http://127.0.0.1 and its port, or set ADMIN_TOKEN.',
});

const CROSS_SITE = new Problem(403, {
  code: 'CROSS_SITE',
  message: 'This request was made by a page of another site.',
  fix: 'Use the pages of this server, or a client that is no browser.',
});

function pick({ adminToken, adminTokenReadonly, ingestToken }: Tokens): Tokens {
  return {
    ...(adminToken !== undefined && { adminToken }),
    ...(adminTokenReadonly !== undefined && { adminTokenReadonly }),
    ...(ingestToken !== undefined && { ingestToken }),
  };
}

function isAllowed(request: FastifyRequest, path: string, tokens: Tokens): boolean {
  const candidate = tokenOf(request.headers.authorization);
  if (candidate === undefined) return false;
  const accepted = [tokens.adminToken];
  if (READING.has(request.method)) accepted.push(tokens.adminTokenReadonly);
  if (request.method === 'POST' && path === '/v1/changes') accepted.push(tokens.ingestToken);
  // Every token is compared, so that the time tells nothing of which one came near.
  return accepted.map((token) => token !== undefined && isSame(candidate, token)).includes(true);
}

/** `Bearer token`, or `Basic base64(user:token)`. */
function tokenOf(header: string | undefined): string | undefined {
  const [scheme = '', value = ''] = (header ?? '').trim().split(/\s+/, 2);
  if (/^bearer$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const [, ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return password.join(':');
}

function isSame(candidate: string, token: string): boolean {
  return timingSafeEqual(hash('sha256', candidate, 'buffer'), hash('sha256', token, 'buffer'));
}

/** A name that only resolves to this machine for a moment (DNS rebinding) must not reach an open server. */
function hasLoopbackHost({ headers }: FastifyRequest): boolean {
  const host = URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? '';
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);
}

/** A browser tells where a request comes from; it also adds remembered basic credentials to those of other sites. */
function isSameSite({ method, headers }: FastifyRequest): boolean {
  if (READING.has(method)) return true;
  const { origin, host, 'sec-fetch-site': site } = headers;
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none';
  return isOwnSite && (origin === undefined || URL.parse(origin)?.host === host);
}
