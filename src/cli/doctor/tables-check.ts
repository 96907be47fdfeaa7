import { pendingMigrations, unknownMigrations } from '../../ledger/migrate.ts';
import { attempt } from './attempt.ts';
import type { DatabaseLook } from './database-look.ts';
import { fault, fine } from './finding.ts';

const WHAT = 'database tables';

/** Whether the agent's own tables are up to date, or will be. */
export const examineTables: DatabaseLook = async (database, { settings }) => {
  const pending = await attempt(() => pendingMigrations(database));
  if (!pending.ok) {
    const fix = 'give the user of DATABASE_URL all rights on the tables ctg_*.';
    return [fault(WHAT, `their migrations cannot be read (${pending.words}).`, fix)];
  }
  const unknown = await unknownMigrations(database);
  if (unknown.length > 0) {
    const fix = 'run the newer version, or restore the backup that was made before the upgrade.';
    return [fault(WHAT, `were changed by a newer version of ctg-sync (${unknown.join(', ')}).`, fix)];
  }
  if (pending.value.length === 0) return [fine(WHAT, 'are up to date')];
  const names = pending.value.join(', ');
  if (settings.autoMigrate) return [fine(WHAT, `lack ${names}, which start applies`)];
  return [fault(WHAT, `lack ${names}.`, 'run "ctg-sync migrate", or set AUTO_MIGRATE=true.')];
};
