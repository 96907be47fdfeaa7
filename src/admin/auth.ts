import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Actor, pathOf, READING, type Role } from './actor.ts';
import { type Credentials, readCredentials, rolesOf, type Tokens } from './credentials.ts';
import { createFailedTokens, type FailedTokens } from './failed-tokens.ts';
import { Problem } from './problem.ts';
import { hasLoopbackHost, mayBeForged } from './request-origin.ts';

/** Routes that orchestrators ask; they say nothing but whether the agent works. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * Guards every route. With tokens: bearer, or basic with any user. Without any (loopback only) the server is open to
 * this machine alone: a request that a web page elsewhere makes the browser send is refused.
 */
export function addAuth(app: FastifyInstance, tokens: Tokens): void {
  const isOpen = [tokens.adminToken, tokens.adminTokenReadonly, tokens.ingestToken].every(
    (token) => token === undefined,
  );
  const failed = createFailedTokens();
  app.decorateRequest('actor', undefined);
  app.addHook('onRequest', async (request, reply) => {
    const known = await identify(request, { tokens, isOpen, failed });
    if (!(known instanceof Problem)) {
      request.actor = known;
      return;
    }
    if (known.status === 401) reply.header('www-authenticate', 'Basic realm="ctg-sync", charset="UTF-8"');
    if (known.status === 429) reply.header('retry-after', String(known.extra.retryAfterSeconds));
    // Answered here rather than thrown: Bull Board answers the errors of its routes in its own way.
    return reply.code(known.status).send({ error: known.text, ...known.extra });
  });
}

type Guard = { readonly tokens: Tokens; readonly isOpen: boolean; readonly failed: FailedTokens };

/** Who asks, or why that is not allowed; undefined for routes that are open to everybody. */
async function identify(request: FastifyRequest, guard: Guard): Promise<Actor | Problem | undefined> {
  if (OPEN_PATHS.has(pathOf(request))) return undefined;
  if (guard.isOpen && !hasLoopbackHost(request)) return FORBIDDEN_HOST;
  const credentials = readCredentials(request.headers.authorization);
  if (mayBeForged(request, credentials?.scheme)) return CROSS_SITE;
  if (guard.isOpen) return { role: 'local', name: 'local', address: request.ip };
  return credentials ? checkToken(request, credentials, guard) : UNAUTHORIZED;
}

async function checkToken(
  request: FastifyRequest,
  credentials: Credentials,
  { tokens, failed }: Guard,
): Promise<Actor | Problem> {
  const waitSeconds = await failed.waitSeconds(request.ip);
  if (waitSeconds > 0) return tooManyFailures(waitSeconds);
  const roles = rolesOf(credentials.token, tokens);
  if (roles.length === 0) await failed.add(request.ip);
  const role = roles.find((each) => isAllowed(each, request));
  if (role === undefined) return roles.includes('readonly') ? READ_ONLY : UNAUTHORIZED;
  return { role, name: nameOf(role, credentials), address: request.ip };
}

function isAllowed(role: Role, request: FastifyRequest): boolean {
  if (role === 'ingest') return request.method === 'POST' && pathOf(request) === '/v1/changes';
  return role === 'admin' || READING.has(request.method);
}

/** `admin`, or `admin (zhang)`: the user is what somebody typed into the browser's question. */
function nameOf(role: Role, { user }: Credentials): string {
  const shown = user.replaceAll(/[^\p{L}\p{N}@._-]/gu, '').slice(0, 40);
  return shown === '' ? role : `${role} (${shown})`;
}

const UNAUTHORIZED = new Problem(401, {
  code: 'UNAUTHORIZED',
  message: 'The token is missing, wrong, or not one for this request.',
  fix: 'Send "authorization: Bearer …" with ADMIN_TOKEN (INGEST_TOKEN for POST /v1/changes).',
});

const READ_ONLY = new Problem(403, {
  code: 'READ_ONLY',
  message: 'This token (ADMIN_TOKEN_READONLY) may look, and change nothing.',
  fix: 'Use ADMIN_TOKEN.',
});

const FORBIDDEN_HOST = new Problem(403, {
  code: 'FORBIDDEN_HOST',
  message: 'Without ADMIN_TOKEN this server only answers to this machine, by its loopback address.',
  fix: 'Use http://127.0.0.1 and its port, or set ADMIN_TOKEN.',
});

const CROSS_SITE = new Problem(403, {
  code: 'CROSS_SITE',
  message: 'A page of another site may have made this browser send this.',
  fix: 'Use the pages of this server, a bearer token, or send the header "x-requested-with" with the request.',
});

function tooManyFailures(retryAfterSeconds: number): Problem {
  const text = {
    code: 'TOO_MANY_FAILURES',
    message: 'Too many wrong tokens came from this address.',
    fix: `Wait ${retryAfterSeconds} s, then send the right one.`,
  };
  return new Problem(429, text, { retryAfterSeconds });
}
