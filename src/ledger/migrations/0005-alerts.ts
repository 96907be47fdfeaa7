import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Dialect } from '../../erp/database.ts';
import { runStatements } from './run-statements.ts';

/** Alerts, kept so that several agents and restarts do not repeat them; and the trace that a change belongs to. */
export function alertsAndTraces(dialect: Dialect): Migration {
  const isPostgres = dialect === 'postgres';
  const moment = isPostgres ? 'TIMESTAMP(3) WITH TIME ZONE' : 'TIMESTAMP(3)';
  const end = isPostgres ? '' : ' ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin';
  return {
    async up(database: Kysely<unknown>): Promise<void> {
      const statements = [
        `CREATE TABLE ctg_alert (rule VARCHAR(32) NOT NULL, subject VARCHAR(64) NOT NULL,
          state VARCHAR(16) NOT NULL, value DOUBLE PRECISION NULL, detail VARCHAR(500) NULL,
          since ${moment} NOT NULL DEFAULT CURRENT_TIMESTAMP(3), clear_since ${moment} NULL DEFAULT NULL,
          notified_state VARCHAR(16) NULL, notified_at ${moment} NULL DEFAULT NULL,
          PRIMARY KEY (rule, subject))${end}`,
        "INSERT INTO ctg_clock (name, value) VALUES ('alerts', 0)",
        // Nullable and without a value: the ERP's own inserts stay as they are, and no row is written anew.
        'ALTER TABLE ctg_outbox ADD COLUMN trace VARCHAR(64) NULL',
        'ALTER TABLE ctg_delivery ADD COLUMN trace VARCHAR(64) NULL',
      ];
      await runStatements(database, dialect, statements);
    },
  };
}
