import type { Logger } from 'pino';
import type { Database } from '../erp/database.ts';
import { migrate, pendingMigrations, refuseNewerTables } from './migrate.ts';

/**
 * Brings the agent's tables up to date, or, where that is not wanted, throws when they are not. Tables that a newer
 * version has changed are refused either way.
 */
export async function bringUpToDate(database: Database, autoMigrate: boolean, logger: Logger): Promise<void> {
  if (autoMigrate) {
    const { applied } = await migrate(database);
    if (applied.length > 0) logger.info({ applied }, 'database brought up to date');
    return;
  }
  await refuseNewerTables(database);
  const pending = await pendingMigrations(database);
  if (pending.length > 0) {
    throw new Error(
      `The database lacks ${pending.join(', ')}. Run "ctg-sync migrate", or set AUTO_MIGRATE=true.`,
    );
  }
}
