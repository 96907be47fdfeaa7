import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../erp/database.ts';
import { newerTables, unknownMigrations } from '../ledger/migrate.ts';

const LOOK_MS = 2_000;

/**
 * Looks every two seconds whether a newer version has changed the tables under this agent, and says so once, in words.
 * What a database that does not answer means is seen elsewhere.
 */
export function watchForNewerTables(
  database: Database,
  onNewer: (reason: string) => void,
): () => Promise<void> {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await pause(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      const unknown = await unknownMigrations(database).catch(() => []);
      if (unknown.length > 0) return onNewer(newerTables(unknown));
    }
  };
  const running = run();
  return async () => {
    stopping.abort();
    await running;
  };
}
