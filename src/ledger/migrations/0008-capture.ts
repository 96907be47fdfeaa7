import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Dialect } from '../../erp/database.ts';
import { COLUMN_WORDS, type ColumnWords } from './column-words.ts';
import { runStatements } from './run-statements.ts';

/** What triggers could not write, what the ERP's tables are to be told, and the way from a record to its accounts. */
export function captureTables(dialect: Dialect): Migration {
  return {
    async up(database: Kysely<unknown>): Promise<void> {
      await runStatements(database, dialect, statements(COLUMN_WORDS[dialect]));
    },
  };
}

function statements({ id, momentNow: at, end }: ColumnWords): string[] {
  return [
    `CREATE TABLE ctg_capture_fault (id ${id}, at ${at}, capture VARCHAR(64) NOT NULL,
      message VARCHAR(1000) NOT NULL)${end}`,
    `CREATE TABLE ctg_write_back (id ${id}, account VARCHAR(64) NOT NULL, entity VARCHAR(32) NOT NULL,
      entity_key VARCHAR(191) NOT NULL, kind VARCHAR(16) NOT NULL, platform_id VARCHAR(128) NULL, op VARCHAR(8) NULL,
      status VARCHAR(64) NULL, message VARCHAR(1000) NULL, attempts INT NOT NULL DEFAULT 0,
      fault VARCHAR(1000) NULL, due_at ${at}, created_at ${at})${end}`,
    'CREATE INDEX ctg_write_back_due ON ctg_write_back (due_at)',
    'CREATE INDEX ctg_write_back_record ON ctg_write_back (entity, entity_key, id)',
    'CREATE INDEX ctg_binding_record ON ctg_binding (entity, entity_key)',
  ];
}
