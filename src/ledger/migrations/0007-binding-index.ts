import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Dialect } from '../../erp/database.ts';
import { runStatements } from './run-statements.ts';

/**
 * The unique index over platform ids begins with the platform id. While it began with account and entity, a planner
 * without statistics (a new table, filled by its first backfill) took it for as good as the primary key when it looked
 * for one record, and read every binding of the entity instead of one.
 */
export function bindingIndex(dialect: Dialect): Migration {
  return {
    async up(database: Kysely<unknown>): Promise<void> {
      const table = dialect === 'mysql' ? ' ON ctg_binding' : '';
      await runStatements(database, dialect, [
        `DROP INDEX ctg_binding_platform${table}`,
        'CREATE UNIQUE INDEX ctg_binding_platform ON ctg_binding (platform_id, account, entity)',
      ]);
    },
  };
}
