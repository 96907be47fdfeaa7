import Fastify, { type FastifyInstance } from 'fastify';
import { addAlertsRoute } from './alerts-route.ts';
import { addAuditTrail } from './audit-trail.ts';
import { addAuth } from './auth.ts';
import { addBackfillsRoutes } from './backfills-routes.ts';
import { addBindingsRoute } from './bindings-route.ts';
import { addBoard } from './board.ts';
import { addChangesRoute } from './changes-route.ts';
import { addConsole } from './console/console.ts';
import { backfillReports, reconcileReports } from './console/report-sources.ts';
import type { AdminContext } from './context.ts';
import { addDeliveriesRoutes } from './deliveries-routes.ts';
import { addEntitiesRoute } from './entities-route.ts';
import { addHealthRoutes } from './health-routes.ts';
import { addMetricsRoute } from './metrics/metrics-route.ts';
import { addOpenApi } from './openapi.ts';
import { addPollsRoute } from './polls-route.ts';
import { answerError, Problem } from './problem.ts';
import { addRatesRoute } from './rates-route.ts';
import { addReconcileRoutes } from './reconcile-routes.ts';
import { addResyncRoute } from './resync-route.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { addStatusRoute } from './status-route.ts';

export type { AdminContext } from './context.ts';

/** The admin server, listening. */
export type Admin = {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
};

const BODY_LIMIT_BYTES = 1024 * 1024;
const LONGEST_REQUEST_MS = 120_000;

/**
 * Starts the admin server of a running agent on `HTTP_HOST` and `HTTP_PORT` (or `port`; 0 takes a free one). Throws
 * when the address is taken.
 */
export async function startAdmin(
  agent: AdminContext,
  options: { readonly port?: number } = {},
): Promise<Admin> {
  const app = createServer(agent);
  const { httpHost, httpPort } = agent.settings;
  await app.listen({ host: httpHost, port: options.port ?? httpPort });
  return { url: urlOf(app, httpHost), close: () => app.close() };
}

function createServer(agent: AdminContext): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: LONGEST_REQUEST_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 1200 },
  });
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler(answerError(agent.logger));
  app.setNotFoundHandler((request) => {
    throw new Problem(404, {
      code: 'NOT_FOUND',
      message: `There is nothing at ${request.method} ${request.url.split('?', 1)[0]}.`,
      fix: 'See docs/http-api.md.',
    });
  });
  addSecurityHeaders(app);
  addAuth(app, agent.settings);
  addAuditTrail(app, agent);
  addHealthRoutes(app, agent);
  addOpenApi(app);
  addChangesRoute(app, agent);
  addStatusRoute(app, agent);
  addMetricsRoute(app, agent);
  addAlertsRoute(app, agent);
  addDeliveriesRoutes(app, agent);
  addEntitiesRoute(app, agent);
  addResyncRoute(app, agent);
  addReconcileRoutes(app, agent);
  addBackfillsRoutes(app, agent);
  addBindingsRoute(app, agent);
  addPollsRoute(app, agent);
  addRatesRoute(app, agent);
  addBoard(app, agent);
  const { database } = agent;
  addConsole(app, agent, {
    reconcile: reconcileReports(database),
    backfills: backfillReports(database),
  });
  return app;
}

function urlOf(app: FastifyInstance, host: string): string {
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
