import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Dialect } from '../../erp/database.ts';
import { COLUMN_WORDS, type ColumnWords } from './column-words.ts';
import { runStatements } from './run-statements.ts';

/** What comparing the ERP with the platform found, and which rows of the mirror a comparison has met. */
export function reconcileTables(dialect: Dialect): Migration {
  return {
    async up(database: Kysely<unknown>): Promise<void> {
      await runStatements(database, dialect, statements(COLUMN_WORDS[dialect]));
    },
  };
}

function statements({ id, moment, momentNow, text, end }: ColumnWords): string[] {
  return [
    `CREATE TABLE ctg_reconcile (id ${id}, entity VARCHAR(32) NOT NULL, account VARCHAR(64) NULL,
      mode VARCHAR(16) NOT NULL, state VARCHAR(16) NOT NULL, open_entity VARCHAR(32) NULL,
      requested_by VARCHAR(16) NOT NULL, agent VARCHAR(64) NOT NULL, phase VARCHAR(16) NOT NULL,
      checked BIGINT NOT NULL DEFAULT 0, counts ${text} NOT NULL, platform ${text} NULL, reason VARCHAR(1000) NULL,
      started_at ${momentNow}, alive_until ${momentNow}, ended_at ${moment})${end}`,
    `CREATE TABLE ctg_reconcile_finding (id ${id}, reconcile_id BIGINT NOT NULL, kind VARCHAR(32) NOT NULL,
      account VARCHAR(64) NOT NULL, entity_key VARCHAR(191) NULL, identity VARCHAR(191) NULL,
      reason VARCHAR(1000) NULL, changes ${text} NULL, repair VARCHAR(8) NULL)${end}`,
    'CREATE UNIQUE INDEX ctg_reconcile_open ON ctg_reconcile (open_entity)',
    'CREATE INDEX ctg_reconcile_finding_run ON ctg_reconcile_finding (reconcile_id, kind, id)',
    'ALTER TABLE ctg_mirror ADD COLUMN matched_by BIGINT NULL',
  ];
}
