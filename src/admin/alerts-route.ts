import type { FastifyInstance } from 'fastify';
import { alertBody } from '../jobs/alerts/webhook-request.ts';
import { activeAlerts } from '../ledger/alert-store.ts';
import type { AdminContext } from './context.ts';
import { describes } from './openapi.ts';

const ACTIVE = describes({ summary: 'The alerts that are on, each with what to do' });

/** `GET /v1/alerts`: the alerts that are on, the longest first, each with what to do. */
export function addAlertsRoute(app: FastifyInstance, { database }: AdminContext): void {
  app.get('/v1/alerts', ACTIVE, async () => ({ alerts: (await activeAlerts(database)).map(alertBody) }));
}
