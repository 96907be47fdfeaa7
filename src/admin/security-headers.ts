import type { FastifyInstance } from 'fastify';
import { pathOf } from './actor.ts';

/** The console has no inline script and no inline style, and loads nothing from elsewhere. */
const CONSOLE_POLICY = policy({
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self'",
  'connect-src': "'self'",
});

/** Bull Board's page has inline styles. It asks for a font from elsewhere, is refused, and uses the system's. */
const BOARD_POLICY = policy({
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data:",
  'font-src': "'self' data:",
  'connect-src': "'self'",
});

function policy(own: Readonly<Record<string, string>>): string {
  const common = { 'form-action': "'self'", 'base-uri': "'self'", 'frame-ancestors': "'none'" };
  return Object.entries({ ...own, ...common })
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}

/** Files that are the same for everybody and hold no data. */
const ASSETS = /^\/(queues\/static|assets)\//;

/** Sends the headers that keep pages to themselves, with every answer. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request);
    reply.headers({
      'content-security-policy': /^\/queues(\/|$)/.test(path) ? BOARD_POLICY : CONSOLE_POLICY,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    });
    if (!ASSETS.test(path)) reply.header('cache-control', 'no-store');
  });
}
