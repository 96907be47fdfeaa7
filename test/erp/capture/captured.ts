import { sql } from 'kysely';
import type { SourceMap, Sources } from '../../../src/config/source-map.ts';
import { installCapture } from '../../../src/erp/capture/install.ts';
import { migrate } from '../../../src/ledger/migrate.ts';
import type { ErpDatabase } from '../databases.ts';

/** A source map for capturing: what reads the record does not matter here. */
export function watching(map: Partial<SourceMap> & Pick<SourceMap, 'entity' | 'table'>): SourceMap {
  return { key: ['id'], keySeparator: '|', select: 'SELECT 1 AS entity_key WHERE 1 IN (:keys)', ...map };
}

/** The sources of some maps. */
export function sourcesOf(...maps: readonly SourceMap[]): Sources {
  return new Map(maps.map((map) => [map.entity, map]));
}

/** Brings the agent's tables and the triggers into the database. */
export async function capture(erp: ErpDatabase, ...maps: readonly SourceMap[]) {
  await migrate(erp.database());
  return installCapture(erp.database(), { sources: sourcesOf(...maps), mandatory: false });
}

/** Takes what the outbox holds: `entity key`, sorted, and counts repetitions by leaving them in. */
export async function takeCaptured(erp: ErpDatabase): Promise<string[]> {
  const { kysely } = erp.database();
  const rows = await kysely
    .selectFrom('ctg_outbox')
    .select(['entity', 'entity_key', 'op', 'payload'])
    .execute();
  await kysely.deleteFrom('ctg_outbox').execute();
  return rows.map((row) => `${row.entity} ${row.entity_key}`).sort();
}

/** The same without repetitions: MySQL's triggers write one for each row. */
export async function takeKeys(erp: ErpDatabase): Promise<string[]> {
  return [...new Set(await takeCaptured(erp))];
}

/** Runs statements in one transaction of the ERP's; `ROLLBACK` as the last one takes them back. */
export async function inTransaction(erp: ErpDatabase, ...statements: readonly string[]): Promise<void> {
  await erp
    .database()
    .kysely.transaction()
    .execute(async (transaction) => {
      for (const statement of statements) {
        if (statement === 'ROLLBACK') throw new RolledBack();
        await sql.raw(statement).execute(transaction);
      }
    })
    .catch((error: unknown) => {
      if (!(error instanceof RolledBack)) throw error;
    });
}

class RolledBack extends Error {}
