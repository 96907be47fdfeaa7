import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics } from 'prom-client';
import type { AdminContext } from '../context.ts';
import { readVersion } from '../version.ts';
import { createFactsReader } from './facts.ts';
import { createGauges } from './gauges.ts';

/** `GET /metrics`: everything for Prometheus. It answers in time also when the database or the queue store does not. */
export function addMetricsRoute(app: FastifyInstance, context: AdminContext): void {
  const { registry } = context.metrics;
  collectDefaultMetrics({ register: registry });
  const gauges = createGauges(registry, readVersion());
  const readFacts = createFactsReader(context);
  const scrape = async (): Promise<string> => {
    gauges.show(context, await readFacts());
    return registry.metrics();
  };
  // One at a time: another scrape would empty gauges that this one is writing out.
  let running: Promise<string> | undefined;
  app.get('/metrics', async (_request, reply) => {
    running ??= scrape().finally(() => {
      running = undefined;
    });
    return reply.type(registry.contentType).send(await running);
  });
}
