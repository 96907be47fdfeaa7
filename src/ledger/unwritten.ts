import { sql } from 'kysely';
import type { Database } from '../erp/database.ts';

/** What could not be written on the ERP's side: changes that triggers missed, and tables that could not be told. */
export type Unwritten = {
  /** Rows of `ctg_capture_fault`; 1,000 at most are counted. */
  readonly missedChanges: number;
  /** Rows of `ctg_write_back` that were tried in vain; 1,000 at most. */
  readonly failingWriteBacks: number;
};

/** Counts them. Both tables are empty as long as all is well. */
export async function readUnwritten({ kysely }: Database): Promise<Unwritten> {
  const { rows } = await sql<{ missed: number | string; failing: number | string }>`SELECT
    (SELECT count(*) FROM (SELECT id FROM ctg_capture_fault LIMIT 1000) AS f) AS missed,
    (SELECT count(*) FROM (SELECT id FROM ctg_write_back WHERE attempts > 0 LIMIT 1000) AS w) AS failing`.execute(
    kysely,
  );
  return { missedChanges: Number(rows[0]?.missed ?? 0), failingWriteBacks: Number(rows[0]?.failing ?? 0) };
}
