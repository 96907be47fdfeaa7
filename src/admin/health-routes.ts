import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import type { AdminContext } from './context.ts';
import { withinTime } from './within-time.ts';

const ANSWER_MS = 3_000;
const PROGRESS_MS = 30_000;

/** `GET /healthz`: the process lives. `GET /readyz`: it can work, and has made progress. Neither wants a token. */
export function addHealthRoutes(app: FastifyInstance, context: AdminContext): void {
  app.get('/healthz', async () => ({ alive: true }));
  app.get('/readyz', async (_request, reply) => {
    const reasons = await reasonsAgainst(context);
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
  });
}

/** Why this agent cannot work at present; none when it can. Without a token, so without addresses and names. */
async function reasonsAgainst(context: AdminContext): Promise<string[]> {
  const reasons: string[] = [];
  const ask = async (name: string, work: Promise<unknown>): Promise<void> => {
    await withinTime(ANSWER_MS, work).catch(() => reasons.push(`${name} does not answer`));
  };
  await Promise.all([
    ask('the database', sql`SELECT 1`.execute(context.database.kysely)),
    ask('the queue store', context.queues.ping()),
  ]);
  const stillMs = performance.now() - context.relay.lastProgress();
  if (stillMs > PROGRESS_MS)
    reasons.push(`the relay has made no progress for ${Math.round(stillMs / 1000)} s`);
  const lease = context.leaseFault();
  if (lease !== undefined) reasons.push(lease);
  return reasons;
}
