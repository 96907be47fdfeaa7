import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Dialect } from '../../erp/database.ts';
import { COLUMN_WORDS } from './column-words.ts';
import { runStatements } from './run-statements.ts';

/** `ctg_backfill`: re-syncs of many records, which the agent works through page by page. */
export function backfillTable(dialect: Dialect): Migration {
  const { id, moment, momentNow, end } = COLUMN_WORDS[dialect];
  return {
    async up(database: Kysely<unknown>): Promise<void> {
      await runStatements(database, dialect, [
        `CREATE TABLE ctg_backfill (id ${id}, account VARCHAR(64) NOT NULL, entity VARCHAR(32) NOT NULL,
          since VARCHAR(40) NULL, forced SMALLINT NOT NULL, open_name VARCHAR(191) NULL,
          state VARCHAR(16) NOT NULL, reason VARCHAR(1000) NULL, after_key VARCHAR(2000) NULL,
          pages INT NOT NULL DEFAULT 0, records BIGINT NOT NULL DEFAULT 0, total BIGINT NULL,
          agent VARCHAR(64) NULL, next_at ${moment}, started_at ${momentNow}, updated_at ${momentNow},
          ended_at ${moment})${end}`,
        'CREATE UNIQUE INDEX ctg_backfill_open ON ctg_backfill (open_name)',
        'CREATE INDEX ctg_backfill_state ON ctg_backfill (state, id)',
      ]);
    },
  };
}
