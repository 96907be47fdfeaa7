import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Database } from '../erp/database.ts';
import { forgetAgents, markAlive } from '../ledger/agents.ts';

/** How often an agent says that it lives. */
const HEARTBEAT_MS = 2_000;
/** An agent that could not say so for so long stops sending. */
const SILENT_MS = 6_000;
/** What is added to that and to the longest send before another agent may take over: clocks and slow commits. */
const TAKEOVER_MARGIN_MS = 2_000;

/**
 * Tells the database every few seconds that this agent lives, and knows whether it could. `longestMs` is the longest send
 * of this agent: nobody takes over its claims before that is surely over.
 */
export async function startLease(
  database: Database,
  id: string,
  longestMs: number,
  logger: Logger,
): Promise<{ fault: () => string | undefined; stop: () => Promise<void> }> {
  const agent = {
    id,
    host: hostname(),
    pid: process.pid,
    leaseMs: SILENT_MS + longestMs + TAKEOVER_MARGIN_MS,
  };
  // The embedded store is held by one process: whoever was there before is gone.
  if (database.engine === 'pglite') await forgetAgents(database, 'all');
  let told = performance.now();
  const tell = async (): Promise<void> => {
    const asked = performance.now();
    await markAlive(database, agent);
    // Counted from the question, not the answer: the database's own moment lies between the two.
    told = asked;
  };
  await tell();
  const timer = setInterval(() => {
    tell().catch((error: unknown) => logger.warn({ error: String(error) }, 'heartbeat failed'));
  }, HEARTBEAT_MS);
  return {
    fault: () =>
      performance.now() - told > SILENT_MS
        ? 'this agent could not tell the database that it lives'
        : undefined,
    stop: async () => {
      clearInterval(timer);
      await forgetAgents(database, { id });
    },
  };
}
